# ruff: noqa: D102 - the class says once what its callbacks do
"""Builds the syntax tree while the parser reads, bottom up, so deep nesting needs no recursion."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from solver.selectors import literals, syntax
from solver.selectors.faults import CompileError
from solver.selectors.macros import MacroError, Place, expanded
from solver.selectors.syntax import Node

if TYPE_CHECKING:
    from lark import Token

#: Kubernetes gives up at this depth as well.
DEEPEST_NESTING = 250
_KEYWORDS = frozenset({"in", "true", "false", "null"})
_RESERVED = _KEYWORDS | frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)
Part = object  # a Token, a Node, or a list of parts


def _place(parts: Sequence[Part], at: int) -> Place:
    first, last = parts[0], parts[-1]
    nodes = [part for part in parts if isinstance(part, Node)]
    height = 1 + max((node.height for node in nodes), default=0)
    if height > DEEPEST_NESTING:
        raise MacroError(f"expression recursion limit exceeded: {DEEPEST_NESTING}", at)
    return Place(at=at, start=_start(first), end=_end(last), height=height)


def _start(part: Part) -> int:
    return part.start if isinstance(part, Node) else cast("int", cast("Token", part).start_pos)


def _end(part: Part) -> int:
    return part.end if isinstance(part, Node) else cast("int", cast("Token", part).end_pos)


def _flat(parts: Sequence[Part]) -> list[Part]:
    flat: list[Part] = []
    for part in parts:
        flat.extend(part if isinstance(part, list) else [part])
    return flat


def _nodes(parts: Sequence[Part]) -> tuple[Node, ...]:
    return tuple(part for part in parts if isinstance(part, Node))


class Builder:
    """Callbacks of the parser, one for each rule of the grammar; each gets the parts of the rule."""

    def expr(self, parts: list[Part]) -> Part:
        if len(parts) == 1:
            return parts[0]
        return syntax.Call(function="_?_:_", arguments=_nodes(parts), **_place(parts, _start(parts[1])))

    def conditionalor(self, parts: list[Part]) -> Part:
        return _logic("||", parts)

    def conditionaland(self, parts: list[Part]) -> Part:
        return _logic("&&", parts)

    def relation(self, parts: list[Part]) -> Part:
        return _binary(parts)

    addition = multiplication = relation

    def relation_lt(self, parts: list[Part]) -> Part:
        return parts

    relation_le = relation_gt = relation_ge = relation_eq = relation_ne = relation_in = relation_lt
    addition_add = addition_sub = multiplication_mul = multiplication_div = multiplication_mod = relation_lt
    exprlist = relation_lt

    def unary(self, parts: list[Part]) -> Part:
        if len(parts) == 1:
            return parts[0]
        return _signed(cast("Token", parts[0]), cast("Node", parts[1]))

    def unary_not(self, parts: list[Part]) -> Part:
        return parts[0]

    unary_neg = member = primary = unary_not

    def member_dot(self, parts: list[Part]) -> Part:
        operand, dot, name = parts
        return syntax.Select(operand=cast("Node", operand), field=_field(name), **_place(parts, _start(dot)))

    def member_optional_dot(self, parts: list[Part]) -> Part:
        operand, dot, _, name = parts
        place = _place(parts, _start(dot))
        return syntax.Select(operand=cast("Node", operand), field=_field(name), is_optional=True, **place)

    def member_dot_arg(self, parts: list[Part]) -> Part:
        parts = _flat(parts)
        target, name = cast("Node", parts[0]), _field(parts[2])
        arguments = _nodes(parts[3:])
        place = _place(parts, _start(parts[3]))
        macro = expanded(name, target, arguments, place)
        return macro or syntax.Call(function=name, target=target, arguments=arguments, **place)

    def member_index(self, parts: list[Part]) -> Part:
        return syntax.Call(function="_[_]", arguments=_nodes(parts), **_place(parts, _start(parts[1])))

    def member_optional_index(self, parts: list[Part]) -> Part:
        return syntax.Call(function="_[?_]", arguments=_nodes(parts), **_place(parts, _start(parts[1])))

    def member_object(self, parts: list[Part]) -> Part:
        raise MacroError(
            "undeclared reference: expressions of devices have no message types", _start(parts[0])
        )

    def fieldinits(self, parts: list[Part]) -> Part:
        return _flat(parts)

    def dot_ident(self, parts: list[Part]) -> Part:
        return self.ident(parts[1:])

    def dot_ident_arg(self, parts: list[Part]) -> Part:
        return self.ident_arg(parts[1:])

    def ident(self, parts: list[Part]) -> Part:
        return syntax.Identifier(name=_identifier(parts[0]), **_place(parts, _start(parts[0])))

    def ident_arg(self, parts: list[Part]) -> Part:
        parts = _flat(parts)
        name, arguments = _identifier(parts[0]), _nodes(parts[1:])
        place = _place(parts, _start(parts[1]))
        return expanded(name, None, arguments, place) or syntax.Call(
            function=name, arguments=arguments, **place
        )

    def paren_expr(self, parts: list[Part]) -> Part:
        place = _place(parts, 0)
        return replace(cast("Node", parts[1]), start=place["start"], end=place["end"], height=place["height"])

    def element(self, parts: list[Part]) -> Part:
        return parts

    entry = element

    def list_lit(self, parts: list[Part]) -> Part:
        elements = [part for part in parts if isinstance(part, list)]
        flat = _flat(parts)
        return syntax.ListLiteral(
            elements=_nodes(flat),
            optional=tuple(len(element) > 1 for element in elements),
            **_place(flat, _start(flat[0])),
        )

    def map_lit(self, parts: list[Part]) -> Part:
        entries = [part for part in parts if isinstance(part, list)]
        flat = _flat(parts)
        nodes = _nodes(flat)
        return syntax.MapLiteral(
            keys=nodes[::2],
            values=nodes[1::2],
            optional=tuple(not isinstance(entry[0], Node) for entry in entries),
            **_place(flat, _start(flat[0])),
        )

    def literal(self, parts: list[Part]) -> Part:
        token = cast("Token", parts[0])
        try:
            value = _value(token.type, str(token))
        except CompileError as error:
            raise MacroError(error.message, _start(token)) from None
        return syntax.Literal(value=value, **_place(parts, _start(token)))


def _value(kind: str, text: str) -> object:
    match kind:
        case "INT_LIT":
            return literals.natural(text)
        case "UINT_LIT":
            return literals.unsigned(text)
        case "FLOAT_LIT":
            return literals.double(text)
        case "BYTES_LIT":
            return literals.byte_string(text)
        case "BOOL_LIT":
            return text == "true"
        case "NULL_LIT":
            return None
        case _:
            return literals.string(text)


def _logic(operator: str, parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    left, token, right = parts
    operands: tuple[Node, ...] = (cast("Node", left), cast("Node", right))
    place = _place(parts, _start(token))
    if isinstance(left, syntax.Logic) and left.operator == operator and left.start == left.operands[0].start:
        operands = (*left.operands, cast("Node", right))
        place["height"] = max(left.height, operands[-1].height + 1)
    return syntax.Logic(operator="&&" if operator == "&&" else "||", operands=operands, **place)


def _binary(parts: list[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    (left, token), right = cast("list[Part]", parts[0]), parts[1]
    name = str(token)
    function = "@in" if name == "in" else f"_{name}_"
    flat = [left, token, right]
    return syntax.Call(function=function, arguments=_nodes(flat), **_place(flat, _start(token)))


def _signed(sign: "Token", operand: Node) -> Node:
    """*operand* under ``-`` or ``!``; a pair of them cancels out and a sign is part of its number."""
    place = _place([sign, operand], _start(sign))
    function = f"{sign}_"
    if isinstance(operand, syntax.Call) and operand.function == function and operand.start == operand.at:
        return replace(operand.arguments[0], start=place["start"])
    if isinstance(operand, syntax.Literal) and sign == "-" and operand.start == operand.at:
        value = operand.value
        if isinstance(value, float) or type(value) is int:
            return syntax.Literal(value=-value, **place)
    return syntax.Call(function=function, arguments=(operand,), **place)


def _field(token: Part) -> str:
    name = str(token)
    if name in _KEYWORDS:
        raise MacroError(f"Syntax error: {name!r} is a keyword, expected a field name", _start(token))
    return name


def _identifier(token: Part) -> str:
    name = str(token)
    if name in _RESERVED:
        raise MacroError(f"reserved identifier: {name}", _start(token))
    return name
