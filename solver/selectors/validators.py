"""Checks of a typed expression beyond its types: literals of one type, literal patterns and times."""

from solver.selectors import syntax, times
from solver.selectors.checker import Checked
from solver.selectors.faults import CompileError, EvaluationError
from solver.selectors.libraries.formatting import VERBS, clauses
from solver.selectors.libraries.standard import compiled_pattern
from solver.selectors.syntax import Node, children
from solver.selectors.types import ANY, BOOL, Type


def validate(checked: Checked, text: str) -> None:
    """Nothing, if Kubernetes would accept the typed expression.

    Raises:
        CompileError: it would not.
    """
    result = checked.types[checked.root]
    if result not in (BOOL, ANY):
        raise CompileError(
            f"must evaluate to bool or the unknown type, not {result}", text=text, offset=checked.root.at
        )
    pending: list[tuple[Node, bool]] = [(checked.root, False)]
    while pending:
        node, is_formatted = pending.pop()
        is_formatted = is_formatted or (isinstance(node, syntax.Call) and node.function == "format")
        _validate_literals(checked, text, node, is_exempt=is_formatted)
        if isinstance(node, syntax.Call):
            _validate_call(checked, text, node)
        pending.extend((child, is_formatted) for child in reversed(children(node)))


def _validate_literals(checked: Checked, text: str, node: Node, *, is_exempt: bool) -> None:
    if is_exempt:
        return
    match node:
        case syntax.ListLiteral(elements=elements, optional=optional):
            _same_types(checked, text, elements, optional)
        case syntax.MapLiteral(keys=keys, values=values, optional=optional):
            _same_types(checked, text, keys, (False,) * len(keys))
            _same_types(checked, text, values, optional)


def _same_types(checked: Checked, text: str, nodes: tuple[Node, ...], optional: tuple[bool, ...]) -> None:
    first: Type | None = None
    for node, is_optional in zip(nodes, optional, strict=True):
        type_ = checked.types[node]
        if is_optional and type_.arguments:
            type_ = type_.arguments[0]
        if first is None:
            first = type_
        elif type_ != first:
            raise CompileError(f"expected type '{first}' but found '{type_}'", text=text, offset=node.at)


def _validate_call(checked: Checked, text: str, node: syntax.Call) -> None:
    arguments = checked.calls[node].arguments
    if not arguments:
        return
    try:
        match node.function, arguments:
            case "matches", (_, syntax.Literal(value=str(pattern)) as literal):
                compiled_pattern(pattern)
            case "find" | "findAll", (_, syntax.Literal(value=str(pattern)) as literal, *_):
                compiled_pattern(pattern)
            case "duration", (syntax.Literal(value=str(span)) as literal,):
                times.duration(span)
            case "timestamp", (syntax.Literal(value=str(moment)) as literal,):
                times.timestamp(moment)
            case "format", (
                syntax.Literal(value=str(form)) as literal,
                syntax.ListLiteral(elements=elements),
            ):
                _validate_format(checked, form, elements)
    except EvaluationError as error:
        message = f"invalid {node.function} argument: {error}"
        raise CompileError(message, text=text, offset=literal.at) from None


def _validate_format(checked: Checked, form: str, elements: tuple[Node, ...]) -> None:
    verbs = clauses(form)
    if len(verbs) > len(elements):
        raise EvaluationError(f"index {len(elements)} out of range")
    if len(verbs) < len(elements):
        raise EvaluationError(
            f"too many arguments supplied to string.format (expected {len(verbs)}, got {len(elements)})"
        )
    for verb, element in zip(verbs, elements, strict=True):
        type_ = checked.types[element]
        if not type_.is_dynamic and type_.name not in VERBS[verb]:
            raise EvaluationError(f"%{verb} cannot write a {type_}")
