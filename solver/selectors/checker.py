"""Type checker: what every part of an expression may be, and which functions its calls may reach."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

from solver.selectors import syntax
from solver.selectors.environment import TYPE_NAMES, Environment, device_fields, functions
from solver.selectors.faults import CompileError
from solver.selectors.macros import MACRO_NAMES
from solver.selectors.overloads import Overload
from solver.selectors.syntax import Node
from solver.selectors.types import (
    BOOL,
    BYTES,
    DEVICE,
    DOUBLE,
    DYN,
    INT,
    NULL,
    STRING,
    UINT,
    Substitution,
    Type,
    list_of,
    map_of,
    most_general,
    optional_of,
    type_of,
    unwrapped,
)
from solver.selectors.values import INT_MAX, TypeValue, Uint

_LITERALS: dict[type, Type] = {
    bool: BOOL,
    int: INT,
    Uint: UINT,
    float: DOUBLE,
    str: STRING,
    bytes: BYTES,
    type(None): NULL,
}
_OPERATORS = {"!_": "!_", "-_": "-_"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a call may reach: the overloads that its argument types allow, and its arguments in order."""

    overloads: tuple[Overload, ...]
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A type-checked expression."""

    root: Node
    types: Mapping[Node, Type]
    calls: Mapping[Node, Resolution]
    #: Numbers of the variables that identifiers and macros stand for; 0 is ``device``.
    variables: Mapping[Node, tuple[int, ...]]
    constants: Mapping[Node, TypeValue]
    variable_count: int


class Checker:
    """Checks one expression of one environment."""

    def __init__(self, text: str, environment: Environment) -> None:
        self._text = text
        self._fields = device_fields(environment)
        self._functions = functions()
        self._substitution = Substitution()
        self._types: dict[Node, Type] = {}
        self._calls: dict[Node, Resolution] = {}
        self._variables: dict[Node, tuple[int, ...]] = {}
        self._constants: dict[Node, TypeValue] = {}
        self._scope: dict[str, tuple[int, Type]] = {"device": (0, DEVICE)}
        self._count = 1

    def check(self, root: Node) -> Checked:
        """Types and resolutions of everything under *root*.

        Raises:
            CompileError: some part has no type.
        """
        self._type(root)
        return Checked(
            root=root,
            types={node: self._substitution.finished(type_) for node, type_ in self._types.items()},
            calls=self._calls,
            variables=self._variables,
            constants=self._constants,
            variable_count=self._count,
        )

    def _type(self, node: Node) -> Type:
        match node:
            case syntax.Literal():
                found = self._literal(node)
            case syntax.Identifier():
                found = self._identifier(node)
            case syntax.Select():
                found = self._select(node)
            case syntax.Call():
                found = self._call(node)
            case syntax.Logic():
                found = self._logic(node)
            case syntax.ListLiteral():
                found = self._list(node)
            case syntax.MapLiteral():
                found = self._map(node)
            case _:
                found = self._macro(node)
        self._types[node] = found
        return found

    def _literal(self, node: syntax.Literal) -> Type:
        if type(node.value) is int and node.value > INT_MAX:
            raise self._error("invalid int literal, expected a 64-bit signed integer", node)
        return _LITERALS[type(node.value)]

    def _identifier(self, node: syntax.Identifier) -> Type:
        if node.name in self._scope:
            number, type_ = self._scope[node.name]
            self._variables[node] = (number,)
            return type_
        if node.name in TYPE_NAMES:
            return self._constant(node, TYPE_NAMES[node.name])
        known = [*self._scope, *(name for name in TYPE_NAMES if "." not in name)]
        raise self._unknown(f"undeclared reference to {node.name!r}", node.name, known, node)

    def _constant(self, node: Node, type_: Type) -> Type:
        self._constants[node] = TypeValue(type_)
        return type_of(type_)

    def _select(self, node: syntax.Select) -> Type:
        name = None if node.tests or node.is_optional else self._qualified(node)
        if name is not None and name in TYPE_NAMES:
            return self._constant(node, TYPE_NAMES[name])
        operand = self._substitution.resolve(self._type(node.operand))
        target, is_optional = unwrapped(operand)
        field = self._field(node, target)
        if node.tests:
            return BOOL
        return optional_of(field) if is_optional or node.is_optional else field

    def _field(self, node: syntax.Select, target: Type) -> Type:
        if target.name == "map":
            return target.arguments[1]
        if target == DEVICE:
            if node.field not in self._fields:
                complaint = f"undefined field {node.field!r} of device"
                raise self._unknown(complaint, node.field, list(self._fields), node)
            return self._fields[node.field]
        if target.is_variable:
            self._substitution.assigns((DYN,), (target,))
        elif not target.is_dynamic and not node.is_optional:
            raise self._error(f"type {str(target)!r} does not support field selection", node)
        return DYN

    def _call(self, node: syntax.Call) -> Type:
        if node.target is not None:
            prefix = self._qualified(node.target)
            qualified = f"{prefix}.{node.function}"
            if prefix is not None and qualified in self._functions:
                return self._resolve(node, qualified, node.arguments, is_member=False)
            return self._resolve(node, node.function, (node.target, *node.arguments), is_member=True)
        return self._resolve(node, node.function, node.arguments, is_member=False)

    def _resolve(self, node: Node, name: str, arguments: tuple[Node, ...], *, is_member: bool) -> Type:
        given = tuple(map(self._type, arguments))
        declared = self._functions.get(name)
        if declared is None:
            known = [known for known in (*self._functions, *MACRO_NAMES) if known[0].isalpha()]
            raise self._unknown(f"undeclared reference to {name!r}", name, known, node)
        result: Type | None = None
        reached: list[Overload] = []
        for overload in declared:
            if overload.is_member is not is_member or len(overload.parameters) != len(given):
                continue
            gives, *takes = self._substitution.instance((overload.result, *overload.parameters))
            if not self._substitution.assigns(given, tuple(takes)):
                continue
            reached.append(overload)
            gives = self._substitution.resolve(gives)
            if result is None:
                result = gives
            elif result != gives and not result.is_dynamic:
                result = DYN
        if result is None:
            raise self._no_overload(node, name, given, is_member=is_member)
        self._calls[node] = Resolution(overloads=tuple(reached), arguments=arguments)
        return result

    def _no_overload(
        self, node: Node, name: str, given: tuple[Type, ...], *, is_member: bool
    ) -> CompileError:
        types = [str(self._substitution.finished(type_)) for type_ in given]
        applied = f"{types[0]}.({', '.join(types[1:])})" if is_member else f"({', '.join(types)})"
        return self._error(f"found no matching overload for {name!r} applied to {applied!r}", node)

    def _logic(self, node: syntax.Logic) -> Type:
        given = tuple(map(self._type, node.operands))
        for type_ in given:
            if not self._substitution.assigns((type_,), (BOOL,)):
                raise self._no_overload(node, f"_{node.operator}_", given, is_member=False)
        return BOOL

    def _list(self, node: syntax.ListLiteral) -> Type:
        joined: Type | None = None
        for element, is_optional in zip(node.elements, node.optional, strict=True):
            joined = self._joined(joined, self._element(element, is_optional=is_optional))
        return list_of(joined or self._substitution.fresh())

    def _map(self, node: syntax.MapLiteral) -> Type:
        key: Type | None = None
        value: Type | None = None
        for one, other, is_optional in zip(node.keys, node.values, node.optional, strict=True):
            key = self._joined(key, self._type(one))
            value = self._joined(value, self._element(other, is_optional=is_optional))
        return map_of(key or self._substitution.fresh(), value or self._substitution.fresh())

    def _element(self, node: Node, *, is_optional: bool) -> Type:
        type_ = self._substitution.resolve(self._type(node))
        if not is_optional:
            return type_
        inner, wraps = unwrapped(type_)
        if not wraps and not type_.is_dynamic:
            raise self._error(f"expected type 'optional_type({type_})' but found {str(type_)!r}", node)
        return inner

    def _joined(self, previous: Type | None, current: Type) -> Type:
        if previous is None:
            return current
        if self._substitution.assigns((previous,), (current,)):
            return most_general(self._substitution.resolve(previous), self._substitution.resolve(current))
        return DYN

    def _macro(self, node: Node) -> Type:
        match node:
            case syntax.Quantifier(range=source, variables=names, predicate=predicate):
                with self._bound(node, names, self._iterated(source, len(names))):
                    self._expect_bool(predicate)
                return BOOL
            case syntax.Transform():
                return self._transform(node)
            case syntax.Bind(name=name, value=value, body=body):
                with self._bound(node, (name,), (self._type(value),)):
                    return self._type(body)
            case syntax.OptionalMap(target=target, name=name, body=body, is_flat=is_flat):
                return self._optional_map(node, target, name, body, is_flat=is_flat)
            case syntax.SortBy(range=source, name=name, key=key):
                types = self._iterated(source, 1)
                with self._bound(node, (name,), types):
                    key_type = self._type(key)
                if not any(
                    self._substitution.assigns((list_of(key_type),), overload.parameters)
                    for overload in self._functions["sort"]
                ):
                    raise self._no_overload(node, "sortBy", (list_of(types[0]), key_type), is_member=True)
                return list_of(types[0])
            case _:
                raise TypeError(type(node))

    def _transform(self, node: syntax.Transform) -> Type:
        types = self._iterated(node.range, len(node.variables))
        with self._bound(node, node.variables, types):
            if node.condition is not None:
                self._expect_bool(node.condition)
            result = self._type(node.result)
        if node.kind == "transformMap":
            return map_of(types[0], result)
        if node.kind != "transformMapEntry":
            return list_of(result)
        entry = map_of(self._substitution.fresh(), self._substitution.fresh())
        if not self._substitution.assigns((result,), (entry,)):
            raise self._no_overload(node, "transformMapEntry", (result,), is_member=False)
        return self._substitution.resolve(entry)

    def _optional_map(self, node: Node, target: Node, name: str, body: Node, *, is_flat: bool) -> Type:
        given = self._type(target)
        inner = self._substitution.fresh()
        if not self._substitution.assigns((given,), (optional_of(inner),)):
            raise self._no_overload(node, "optFlatMap" if is_flat else "optMap", (given,), is_member=True)
        with self._bound(node, (name,), (self._substitution.resolve(inner),)):
            result = self._type(body)
        if not is_flat:
            return optional_of(result)
        if not self._substitution.assigns((result,), (optional_of(self._substitution.fresh()),)):
            raise self._no_overload(node, "optFlatMap", (given, result), is_member=True)
        return result

    def _iterated(self, source: Node, count: int) -> tuple[Type, ...]:
        """Types of the variables of a macro over *source*."""
        type_ = self._substitution.resolve(self._type(source))
        if type_.name == "list":
            return (INT, type_.arguments[0])[2 - count :]
        if type_.name == "map":
            return type_.arguments[:count]
        if type_.is_variable:
            self._substitution.assigns((DYN,), (type_,))
        elif not type_.is_dynamic:
            complaint = f"expression of type {str(type_)!r} cannot be range of a comprehension"
            raise self._error(f"{complaint}, expected a list or a map", source)
        return (DYN,) * count

    def _expect_bool(self, node: Node) -> None:
        type_ = self._type(node)
        if not self._substitution.assigns((type_,), (BOOL,)):
            raise self._error(
                f"expected type 'bool' but found {str(self._substitution.finished(type_))!r}", node
            )

    @contextmanager
    def _bound(self, node: Node, names: tuple[str, ...], types: tuple[Type, ...]) -> Iterator[None]:
        before = dict(self._scope)
        numbers = tuple(range(self._count, self._count + len(names)))
        self._count += len(names)
        self._variables[node] = numbers
        for name, number, type_ in zip(names, numbers, types, strict=True):
            self._scope[name] = (number, type_)
        yield
        self._scope = before

    def _qualified(self, node: Node) -> str | None:
        """``a.b.c`` of a chain of plain selections that starts at a name that is no variable."""
        fields: list[str] = []
        while isinstance(node, syntax.Select) and not node.tests and not node.is_optional:
            fields.append(node.field)
            node = node.operand
        if not isinstance(node, syntax.Identifier) or node.name in self._scope:
            return None
        return ".".join((node.name, *reversed(fields)))

    def _unknown(self, complaint: str, name: str, known: list[str], node: Node) -> CompileError:
        near = get_close_matches(name, sorted(set(known)), n=1)
        return self._error(f"{complaint}; did you mean {near[0]!r}?" if near else complaint, node)

    def _error(self, message: str, node: Node) -> CompileError:
        return CompileError(message, text=self._text, offset=node.at)
