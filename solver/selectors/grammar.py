"""Parser of expressions: cel-python's grammar, extended by what Kubernetes accepts beyond it."""

import importlib.util
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from solver.selectors.builder import Builder
from solver.selectors.faults import CompileError
from solver.selectors.syntax import Node

if TYPE_CHECKING:
    from lark import Lark

_KEPT = (
    "expr conditionalor conditionaland relation relation_lt relation_le relation_gt relation_ge relation_eq "
    "relation_ne relation_in addition addition_add addition_sub multiplication multiplication_mul "
    "multiplication_div multiplication_mod unary unary_not unary_neg member member_dot member_dot_arg "
    "member_index member_object primary dot_ident_arg dot_ident ident_arg ident paren_expr list_lit map_lit "
    "exprlist fieldinits mapinits literal INT_LIT UINT_LIT FLOAT_LIT STRING_LIT MLSTRING_LIT BYTES_LIT BOOL_LIT "
    "NULL_LIT IDENT WHITESPACE COMMENT"
)
_RAW = r"""[rR]("[^"\r\n]*"|'[^'\r\n]*')"""
_QUOTED = r""""(\\.|[^"\\\r\n])*"|'(\\.|[^'\\\r\n])*'"""
_RAW_LINES = r"""[rR]("{3}(.|\n)*?"{3}|'{3}(.|\n)*?'{3})"""
_QUOTED_LINES = r""""{3}(\\(.|\n)|[^\\])*?"{3}|'{3}(\\(.|\n)|[^\\])*?'{3}"""
# Signs belong to the unary operators here, so "1 -1" stays a subtraction; keywords end where a name would go on.
_GRAMMAR = rf"""
%import cel ({", ".join(_KEPT.split())})
%extend member: member_optional_dot | member_optional_index
member_optional_dot: member "." "?" IDENT
member_optional_index: member "[" "?" expr "]"
%override list_lit: "[" [element ("," element)* [","]] "]"
element: ["?"] expr
%override map_lit: "{{" [entry ("," entry)* [","]] "}}"
entry: ["?"] expr ":" expr
%override INT_LIT: /0x[0-9a-fA-F]+|[0-9]+/
%override UINT_LIT: /(0x[0-9a-fA-F]+|[0-9]+)[uU]/
%override FLOAT_LIT: /[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+([eE][+-]?[0-9]+)?/
%override BOOL_LIT.2: /(true|false)(?![_a-zA-Z0-9])/
%override NULL_LIT.2: /null(?![_a-zA-Z0-9])/
%override BYTES_LIT.4: /[bB]({_RAW_LINES}|{_QUOTED_LINES}|{_RAW}|{_QUOTED})/
%override MLSTRING_LIT.3: /{_RAW_LINES}|{_QUOTED_LINES}/
%override STRING_LIT.2: /{_RAW}|{_QUOTED}/
%ignore WHITESPACE
%ignore COMMENT
"""


def parse(text: str) -> Node:
    """The syntax tree of *text*, macros expanded.

    Raises:
        CompileError: *text* is not an expression.
    """
    from lark.exceptions import UnexpectedCharacters, UnexpectedInput  # noqa: PLC0415 - lark is slow to import

    try:
        return cast("Node", _parser().parse(text))
    except UnexpectedCharacters as unexpected:
        offset = unexpected.pos_in_stream or 0
        found = text[offset]
        reason = "unsupported syntax" if found == "`" else "Syntax error: unexpected"
        raise CompileError(f"{reason} {found!r}", text=text, offset=offset) from None
    except UnexpectedInput as unexpected:
        found = str(getattr(unexpected, "token", "")) or "end of the expression"
        offset = len(text) if found == "end of the expression" else (unexpected.pos_in_stream or 0)
        raise CompileError(f"Syntax error: unexpected {found!r}", text=text, offset=offset) from None
    except CompileError as error:
        offset = getattr(error, "offset", 0)
        raise CompileError(error.message, text=text, offset=offset) from None


@lru_cache(maxsize=1)
def _parser() -> "Lark":
    from lark import Lark  # noqa: PLC0415 - lark is slow to import

    package = importlib.util.find_spec("celpy")
    folders = list(package.submodule_search_locations or ()) if package else []
    return Lark(
        _GRAMMAR,
        start="expr",
        parser="lalr",
        import_paths=folders,
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=Builder(),
    )
