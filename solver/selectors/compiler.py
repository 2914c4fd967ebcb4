"""Compiles a typed expression to nested Python functions.

Constant lists and constant conversions are computed once, here; Kubernetes does the same and refuses an
expression whose constant conversion fails.
"""

from solver.selectors import access, calls, folds, syntax
from solver.selectors.checker import Checked
from solver.selectors.faults import CompileError, EvaluationError, no_such_overload
from solver.selectors.frame import Constant, Frame, Run
from solver.selectors.syntax import Node
from solver.selectors.values import MISSING, CelMap, Optional, key_of

_CONVERSIONS = frozenset({"bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "uint"})
_LIST_COST, _MAP_COST = 10, 30


class Compiler:
    """Compiles the parts of one typed expression."""

    def __init__(self, checked: Checked, text: str) -> None:
        self._checked = checked
        self._text = text
        #: Values of ``cel.bind`` by the number of their variable.
        self._bound: dict[int, Run] = {}

    def compile(self, node: Node) -> Run:
        """The function that evaluates *node*.

        Raises:
            CompileError: a constant part has no value.
        """
        if node in self._checked.constants:
            return Constant(self._checked.constants[node])
        match node:
            case syntax.Literal(value=value):
                return Constant(value)
            case syntax.Identifier() | syntax.Select():
                return self._path(node)
            case syntax.Call():
                return self._call(node)
            case syntax.Logic(operator=operator, operands=operands):
                runs = tuple(self.compile(operand) for operand in operands)
                return folds.conjunction(runs, decides=operator == "||")
            case syntax.ListLiteral():
                return self._list(node)
            case syntax.MapLiteral():
                return self._map(node)
            case _:
                return self._macro(node)

    def _path(self, node: Node, *, discount: int = 0) -> Run:
        """A chain of selections and constant keys; a branch of a conditional gets its root for free."""
        keys: list[object] = []
        root = node
        while (step := _step(root)) is not None and root not in self._checked.constants:
            root, key = step
            keys.append(key)
        keys.reverse()
        if not isinstance(root, syntax.Identifier) or root in self._checked.constants:
            return self._access(node, self.compile(root), tuple(keys)) if keys else self._single(node)
        number = self._checked.variables[root][0]
        if number in self._bound:
            start = folds.bound(number, self._bound[number])
            return self._access(node, start, tuple(keys)) if keys else start
        return _variable_path(number, tuple(keys), 1 + len(keys) - discount)

    def _single(self, node: Node) -> Run:
        if isinstance(node, syntax.Select):
            operand, field = self.compile(node.operand), node.field
            if node.tests:
                return lambda frame: access.is_there(operand(frame), field)
            return _charged(operand, field, access.optional_at)
        raise TypeError(type(node))

    def _access(self, _: Node, start: Run, keys: tuple[object, ...]) -> Run:
        cost = len(keys)

        def run(frame: Frame) -> object:
            value = start(frame)
            frame.cost += cost
            for key in keys:
                value = access.value_at(value, key)
            return value

        return run

    def _call(self, node: syntax.Call) -> Run:
        arguments = self._checked.calls[node].arguments
        match node.function:
            case "_?_:_":
                return self._conditional(arguments)
            case "_[_]":
                if _step(node) is not None:
                    return self._path(node)
                return _charged_pair(self.compile(arguments[0]), self.compile(arguments[1]), access.value_at)
            case "_[?_]":
                return _charged_pair(
                    self.compile(arguments[0]), self.compile(arguments[1]), access.optional_at
                )
            case "or" | "orValue":
                return _alternative(
                    self.compile(arguments[0]), self.compile(arguments[1]), unwraps=node.function == "orValue"
                )
            case "@in" if isinstance(values := self.compile(arguments[1]), Constant):
                if (membership := calls.membership(self.compile(arguments[0]), values.value)) is not None:
                    return membership
        runs = tuple(map(self.compile, arguments))
        run = calls.call(node.function, self._checked.calls[node], self._checked.types, runs)
        if node.function in _CONVERSIONS and len(runs) == 1 and isinstance(runs[0], Constant):
            return self._folded(node, run)
        return run

    def _folded(self, node: Node, run: Run) -> Run:
        try:
            return Constant(run(Frame(0)))
        except EvaluationError as error:
            raise CompileError(
                f"constant part has no value: {error}", text=self._text, offset=node.at
            ) from None

    def _conditional(self, arguments: tuple[Node, ...]) -> Run:
        condition = self.compile(arguments[0])
        yes, no = (self._branch(argument) for argument in arguments[1:])

        def run(frame: Frame) -> object:
            value = condition(frame)
            if value is True:
                return yes(frame)
            if value is False:
                return no(frame)
            raise no_such_overload()

        return run

    def _branch(self, node: Node) -> Run:
        is_path = isinstance(node, syntax.Identifier) or _step(node) is not None
        return (
            self._path(node, discount=1)
            if is_path and node not in self._checked.constants
            else self.compile(node)
        )

    def _list(self, node: syntax.ListLiteral) -> Run:
        runs = tuple(map(self.compile, node.elements))
        optional = node.optional
        if all(isinstance(run, Constant) for run in runs) and not any(optional):
            return Constant(tuple(run.value for run in runs if isinstance(run, Constant)))

        def run(frame: Frame) -> tuple[object, ...]:
            values = [
                _element(part(frame), is_optional=flag) for part, flag in zip(runs, optional, strict=True)
            ]
            frame.charge(_LIST_COST)
            return tuple(value for value in values if value is not MISSING)

        return run

    def _map(self, node: syntax.MapLiteral) -> Run:
        keys, values = tuple(map(self.compile, node.keys)), tuple(map(self.compile, node.values))
        optional = node.optional

        def run(frame: Frame) -> CelMap:
            entries: dict[object, object] = {}
            for key, value, flag in zip(keys, values, optional, strict=True):
                name = key(frame)
                if not isinstance(name, bool | int | str | float):
                    raise EvaluationError("unsupported key type")
                found = _element(value(frame), is_optional=flag)
                if found is not MISSING:
                    entries[key_of(name)] = found
            frame.charge(_MAP_COST)
            return CelMap(entries)

        if all(isinstance(part, Constant) for part in (*keys, *values)) and not any(optional):
            return self._folded(node, run)
        return run

    def _macro(self, node: Node) -> Run:
        numbers = self._checked.variables[node]
        match node:
            case syntax.Quantifier(kind="exists_one", range=source, predicate=predicate):
                return folds.exactly_one(self.compile(source), numbers, self.compile(predicate))
            case syntax.Quantifier(kind=kind, range=source, predicate=predicate):
                runs = self.compile(source), numbers, self.compile(predicate)
                return folds.quantifier(*runs, decides=kind == "exists")
            case syntax.Transform(kind=kind, range=source, condition=test, result=result):
                condition = None if test is None else self.compile(test)
                if kind in ("transformMap", "transformMapEntry"):
                    return folds.transformed_map(
                        self.compile(source),
                        numbers,
                        condition,
                        self.compile(result),
                        gives_entries=kind != "transformMap",
                    )
                return folds.transformed_list(self.compile(source), numbers, condition, self.compile(result))
            case syntax.Bind(value=value, body=body):
                self._bound[numbers[0]] = self.compile(value)
                return folds.binding(numbers[0], self.compile(body))
            case syntax.OptionalMap(target=target, body=body, is_flat=is_flat):
                return folds.optional_map(
                    self.compile(target), numbers[0], self.compile(body), is_flat=is_flat
                )
            case syntax.SortBy(range=source, key=key):
                return folds.sorted_by(self.compile(source), numbers[0], self.compile(key))
            case _:
                raise TypeError(type(node))


def _step(node: Node) -> tuple[Node, object] | None:
    """The operand and the key of a plain selection or of an index with a constant key."""
    match node:
        case syntax.Select(operand=operand, field=field, is_optional=False, tests=False):
            return operand, field
        case syntax.Call(function="_[_]", arguments=(operand, syntax.Literal(value=key))):
            return operand, key
        case _:
            return None


def _variable_path(number: int, keys: tuple[object, ...], cost: int) -> Run:
    if not keys:

        def read(frame: Frame) -> object:
            frame.cost += cost
            return frame.values[number]

        return read

    def run(frame: Frame) -> object:
        frame.cost += cost
        value = frame.values[number]
        for key in keys:
            value = access.value_at(value, key)
        return value

    return run


def _charged(operand: Run, key: object, read: calls.Reader) -> Run:
    def run(frame: Frame) -> object:
        value = operand(frame)
        frame.cost += 1
        return read(value, key)

    return run


def _charged_pair(operand: Run, key: Run, read: calls.Reader) -> Run:
    def run(frame: Frame) -> object:
        value, wanted = operand(frame), key(frame)
        frame.cost += 1
        return read(value, wanted)

    return run


def _alternative(first: Run, second: Run, *, unwraps: bool) -> Run:
    def run(frame: Frame) -> object:
        optional = first(frame)
        if not isinstance(optional, Optional):
            raise no_such_overload()
        if not optional.is_present:
            return second(frame)
        return optional.value if unwraps else optional

    return run


def _element(value: object, *, is_optional: bool) -> object:
    if not is_optional:
        return value
    if not isinstance(value, Optional):
        raise EvaluationError("cannot initialize an optional element from a value that is not optional")
    return value.value
