"""The syntax tree of an expression after macro expansion.

Macros keep a node of their own (``Quantifier``, ``Transform``, ``Bind`` ...) instead of the fold that
Kubernetes expands them to: same meaning, less to interpret. ``at`` is where a message points,
``start`` and ``end`` delimit the source.
"""

from dataclasses import dataclass
from typing import Literal as OneOf

QuantifierKind = OneOf["all", "exists", "exists_one"]
TransformKind = OneOf["filter", "map", "transformList", "transformMap", "transformMapEntry"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """Part of an expression; nodes are compared by identity."""

    at: int
    start: int
    end: int
    #: Levels of nesting below and including this node.
    height: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Literal(Node):
    """A constant."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Identifier(Node):
    """A name, resolved by the checker."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Select(Node):
    """``operand.field``; with *tests* it is ``has(operand.field)``, with *is_optional* ``operand.?field``."""

    operand: Node
    field: str
    is_optional: bool = False
    tests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call(Node):
    """An operator or a function; operators have the names of the CEL specification (``_==_``)."""

    function: str
    target: Node | None = None
    arguments: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logic(Node):
    """``a && b && ...`` or ``a || b || ...``."""

    operator: OneOf["&&", "||"]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListLiteral(Node):
    """``[a, ?b]``: the elements, and which of them are optional."""

    elements: tuple[Node, ...]
    optional: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapLiteral(Node):
    """``{a: b, ?c: d}``: keys, values, and which entries are optional."""

    keys: tuple[Node, ...]
    values: tuple[Node, ...]
    optional: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantifier(Node):
    """``range.all(x, p)``, ``range.exists(k, v, p)`` ..."""

    kind: QuantifierKind
    range: Node
    variables: tuple[str, ...]
    predicate: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transform(Node):
    """``range.filter(x, p)``, ``range.map(x, p, t)``, ``range.transformMap(k, v, t)`` ..."""

    kind: TransformKind
    range: Node
    variables: tuple[str, ...]
    condition: Node | None
    result: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bind(Node):
    """``cel.bind(name, value, body)``."""

    name: str
    value: Node
    body: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptionalMap(Node):
    """``target.optMap(name, body)``, or ``optFlatMap`` when *is_flat*."""

    target: Node
    name: str
    body: Node
    is_flat: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SortBy(Node):
    """``range.sortBy(name, key)``."""

    range: Node
    name: str
    key: Node


def children(node: Node) -> tuple[Node, ...]:  # noqa: C901
    """The parts of *node* in the order of the text."""
    match node:
        case Select(operand=operand):
            return (operand,)
        case Call(target=target, arguments=arguments):
            return arguments if target is None else (target, *arguments)
        case Logic(operands=operands):
            return operands
        case ListLiteral(elements=elements):
            return elements
        case MapLiteral(keys=keys, values=values):
            return tuple(part for pair in zip(keys, values, strict=True) for part in pair)
        case Quantifier(range=source, predicate=predicate):
            return (source, predicate)
        case Transform(range=source, condition=condition, result=result):
            return (source, result) if condition is None else (source, condition, result)
        case Bind(value=value, body=body):
            return (value, body)
        case OptionalMap(target=target, body=body):
            return (target, body)
        case SortBy(range=source, key=key):
            return (source, key)
        case _:
            return ()
