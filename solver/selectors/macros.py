"""Macros: calls that the parser replaces by a tree of their own.

A call that has the name of a macro but not its number of arguments stays a call, which the checker then
refuses as an undeclared function.
"""

from collections.abc import Callable
from typing import TypedDict

from solver.selectors import syntax
from solver.selectors.faults import CompileError


class Place(TypedDict):
    """Where the call stands: the fields that every node has."""

    at: int
    start: int
    end: int
    height: int


Arguments = tuple[syntax.Node, ...]
_Expansion = Callable[[syntax.Node, Arguments, Place], syntax.Node]


def expanded(name: str, target: syntax.Node | None, arguments: Arguments, place: Place) -> syntax.Node | None:
    """The tree of a macro call, None if this is no macro.

    Raises:
        CompileError: an argument is not what the macro needs.
    """
    if target is None:
        return _has(arguments[0], place) if (name, len(arguments)) == ("has", 1) else None
    if name == "bind" and isinstance(target, syntax.Identifier) and target.name == "cel":
        return _bind(arguments, place) if len(arguments) == 3 else None  # noqa: PLR2004
    expansion = _MEMBER_MACROS.get((name, len(arguments)))
    return None if expansion is None else expansion(target, arguments, place)


def _has(argument: syntax.Node, place: Place) -> syntax.Node:
    if not isinstance(argument, syntax.Select) or argument.is_optional or argument.tests:
        raise MacroError("invalid argument to has() macro, expected a field selection", argument.at)
    return syntax.Select(operand=argument.operand, field=argument.field, tests=True, **place)


def _bind(arguments: Arguments, place: Place) -> syntax.Node:
    name, value, body = arguments
    return syntax.Bind(name=_name(name), value=value, body=body, **place)


def _quantifier(kind: syntax.QuantifierKind) -> _Expansion:
    def expand(target: syntax.Node, arguments: Arguments, place: Place) -> syntax.Node:
        return syntax.Quantifier(
            kind=kind, range=target, variables=_names(arguments[:-1]), predicate=arguments[-1], **place
        )

    return expand


def _transform(kind: syntax.TransformKind, variables: int) -> _Expansion:
    def expand(target: syntax.Node, arguments: Arguments, place: Place) -> syntax.Node:
        names = _names(arguments[:variables])
        condition = arguments[variables] if len(arguments) > variables + 1 else None
        return syntax.Transform(
            kind=kind, range=target, variables=names, condition=condition, result=arguments[-1], **place
        )

    return expand


def _filter(target: syntax.Node, arguments: Arguments, place: Place) -> syntax.Node:
    variable, condition = arguments
    return syntax.Transform(
        kind="filter",
        range=target,
        variables=_names((variable,)),
        condition=condition,
        result=variable,
        **place,
    )


def _optional_map(*, is_flat: bool) -> _Expansion:
    def expand(target: syntax.Node, arguments: Arguments, place: Place) -> syntax.Node:
        name, body = arguments
        return syntax.OptionalMap(target=target, name=_name(name), body=body, is_flat=is_flat, **place)

    return expand


def _sort_by(target: syntax.Node, arguments: Arguments, place: Place) -> syntax.Node:
    name, key = arguments
    return syntax.SortBy(range=target, name=_name(name), key=key, **place)


def _names(nodes: Arguments) -> tuple[str, ...]:
    names = tuple(map(_name, nodes))
    if len(set(names)) < len(names):
        raise MacroError(f"duplicate variable name: {names[0]}", nodes[1].at)
    return names


def _name(node: syntax.Node) -> str:
    if not isinstance(node, syntax.Identifier):
        raise MacroError("argument must be a simple name", node.at)
    if node.name == "__result__":
        raise MacroError("iteration variable overwrites accumulator variable", node.at)
    return node.name


class MacroError(CompileError):
    """A macro got an argument that it cannot use."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


_MEMBER_MACROS: dict[tuple[str, int], _Expansion] = {
    ("all", 2): _quantifier("all"),
    ("all", 3): _quantifier("all"),
    ("exists", 2): _quantifier("exists"),
    ("exists", 3): _quantifier("exists"),
    ("exists_one", 2): _quantifier("exists_one"),
    ("exists_one", 3): _quantifier("exists_one"),
    ("existsOne", 3): _quantifier("exists_one"),
    ("filter", 2): _filter,
    ("map", 2): _transform("map", 1),
    ("map", 3): _transform("map", 1),
    ("transformList", 3): _transform("transformList", 2),
    ("transformList", 4): _transform("transformList", 2),
    ("transformMap", 3): _transform("transformMap", 2),
    ("transformMap", 4): _transform("transformMap", 2),
    ("transformMapEntry", 3): _transform("transformMapEntry", 2),
    ("transformMapEntry", 4): _transform("transformMapEntry", 2),
    ("optMap", 2): _optional_map(is_flat=False),
    ("optFlatMap", 2): _optional_map(is_flat=True),
    ("sortBy", 2): _sort_by,
}
MACRO_NAMES = tuple(sorted({name for name, _ in _MEMBER_MACROS} | {"has"}))
