"""The published fields that an expression reads, so that it is evaluated once for each combination of them."""

from solver.domain.device_table import Field, FieldKind
from solver.selectors import syntax
from solver.selectors.checker import Checked
from solver.selectors.syntax import Node, children

_EVERYTHING = frozenset(
    {Field("driver"), Field("attributes"), Field("capacity"), Field("allowMultipleAllocations")}
)
_KINDS: dict[str, FieldKind] = {
    "driver": "driver",
    "attributes": "attributes",
    "capacity": "capacity",
    "allowMultipleAllocations": "allowMultipleAllocations",
}
#: Field of the device and constant keys below it; None is a key that is not constant.
Path = tuple[str | None, ...]


def reads(checked: Checked) -> frozenset[Field]:
    """The fields that *checked* may read; an entry without identifier stands for all of them."""
    found: set[Field] = set()
    paths = aliases(checked)
    pending: list[Node] = [checked.root]
    while pending:
        node = pending.pop()
        if (path := path_of(checked, node, paths)) is not None:
            found |= _fields(path)
            pending.extend(_dynamic_keys(node))
        elif (membership := _membership(checked, node, paths)) is not None:
            found |= _fields(membership)
            pending.extend(_dynamic_keys(children(node)[1]))
        elif isinstance(node, syntax.Bind) and checked.variables[node][0] in paths:
            # A name for a part of the device: only what is read through it counts.
            pending.extend((node.body, *_dynamic_keys(node.value)))
        else:
            pending.extend(children(node))
    return frozenset(found)


def aliases(checked: Checked) -> dict[int, Path]:
    """The parts of the device that variables stand for, by the number of the variable."""
    paths: dict[int, Path] = {0: ()}
    pending: list[Node] = [checked.root]
    while pending:
        node = pending.pop()
        if isinstance(node, syntax.Bind) and (path := path_of(checked, node.value, paths)) is not None:
            paths[checked.variables[node][0]] = path
        pending.extend(reversed(children(node)))
    return paths


def path_of(checked: Checked, node: Node, paths: dict[int, Path]) -> Path | None:
    """The keys that lead from the device to *node*; None if it is no plain part of the device."""
    keys: list[str | None] = []
    while not isinstance(node, syntax.Identifier):
        step = _step(node)
        if step is None:
            return None
        node, key = step
        keys.append(key)
    numbers = checked.variables.get(node, ())
    root = paths.get(numbers[0]) if numbers else None
    return None if root is None else (*root, *reversed(keys))


def _step(node: Node) -> tuple[Node, str | None] | None:
    match node:
        case syntax.Select(operand=operand, field=field):
            return operand, field
        case syntax.Call(function="_[_]" | "_[?_]", arguments=(operand, key)):
            is_constant = isinstance(key, syntax.Literal) and isinstance(key.value, str)
            return operand, str(key.value) if is_constant and isinstance(key, syntax.Literal) else None
        case _:
            return None


def _dynamic_keys(node: Node) -> tuple[Node, ...]:
    keys: list[Node] = []
    while (step := _step(node)) is not None:
        if isinstance(node, syntax.Call):
            keys.append(node.arguments[1])
        node = step[0]
    return tuple(keys)


def _membership(checked: Checked, node: Node, paths: dict[int, Path]) -> Path | None:
    """What ``"key" in path`` reads."""
    match node:
        case syntax.Call(function="@in", arguments=(syntax.Literal(value=str(key)), container)):
            path = path_of(checked, container, paths)
            return None if path is None else (*path, key)
        case _:
            return None


def _fields(path: Path) -> frozenset[Field]:
    if not path or path[0] not in _KINDS:
        return _EVERYTHING
    kind = _KINDS[str(path[0])]
    domain = path[1] if len(path) > 1 else None
    identifier = path[2] if len(path) > 2 else None  # noqa: PLR2004
    return frozenset({Field(kind, domain, identifier)})
