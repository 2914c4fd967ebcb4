"""Declarations of functions: the types they take and give, what they run and what a call costs."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from solver.selectors.types import Type

Implementation = Callable[..., object]
Cost = Callable[[tuple[object, ...]], int]

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*|[<>,]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One signature of a function. The receiver of a member function is its first parameter."""

    name: str
    is_member: bool
    parameters: tuple[Type, ...]
    result: Type
    run: Implementation
    cost: Cost | None = None


def function(
    name: str, parameters: str, result: str, run: Implementation, cost: Cost | None = None
) -> Overload:
    """A function that is called ``name(...)``; types are written like ``list<T>, map<string, int>``."""
    return _overload(name, parameters, result, run, cost, is_member=False)


def member(
    name: str, parameters: str, result: str, run: Implementation, cost: Cost | None = None
) -> Overload:
    """A function that is called ``receiver.name(...)``."""
    return _overload(name, parameters, result, run, cost, is_member=True)


def _overload(
    name: str, parameters: str, result: str, run: Implementation, cost: Cost | None, *, is_member: bool
) -> Overload:
    return Overload(
        name=name,
        is_member=is_member,
        parameters=_types(parameters),
        result=_types(result)[0],
        run=run,
        cost=cost,
    )


@lru_cache(maxsize=512)
def _types(text: str) -> tuple[Type, ...]:
    tokens = _TOKEN.findall(text)
    types: list[Type] = []
    while tokens:
        types.append(_read(tokens))
        if tokens:
            tokens.pop(0)
    return tuple(types)


def _read(tokens: list[str]) -> Type:
    name = tokens.pop(0)
    arguments: list[Type] = []
    if tokens and tokens[0] == "<":
        while tokens.pop(0) != ">":
            arguments.append(_read(tokens))
    is_variable = len(name) == 1 and name.isupper()
    return Type(f"${name}" if is_variable else _QUALIFIED.get(name, name), tuple(arguments))


_QUALIFIED = {
    "Quantity": "kubernetes.Quantity",
    "Semver": "kubernetes.Semver",
    "URL": "kubernetes.URL",
    "Format": "kubernetes.NamedFormat",
    "IP": "net.IP",
    "CIDR": "net.CIDR",
    "null": "null_type",
}


def size_of(value: object) -> int:
    """Characters, bytes, elements or entries of *value*; 1 for anything else."""
    try:
        return len(value)  # type: ignore[arg-type]
    except TypeError:
        return 1


def per_element(arguments: tuple[object, ...]) -> int:
    """One unit for each element of the receiver."""
    return size_of(arguments[0])


def per_text(arguments: tuple[object, ...]) -> int:
    """One unit for every ten characters of the receiver."""
    return ceil(size_of(arguments[0]) * 0.1)


def per_texts(arguments: tuple[object, ...]) -> int:
    """One unit for every ten characters of both operands."""
    return ceil((size_of(arguments[0]) + size_of(arguments[1])) * 0.1)


def per_prefix(arguments: tuple[object, ...]) -> int:
    """One unit for every ten characters of the second operand."""
    return ceil(size_of(arguments[1]) * 0.1)


def per_shorter(arguments: tuple[object, ...]) -> int:
    """One unit for every ten characters of the shorter operand."""
    return ceil(min(size_of(arguments[0]), size_of(arguments[1])) * 0.1)


def per_search(arguments: tuple[object, ...]) -> int:
    """The product of both lengths in tens."""
    return ceil(size_of(arguments[0]) * 0.1) * ceil(size_of(arguments[1]) * 0.1)


def per_pattern(arguments: tuple[object, ...]) -> int:
    """The length of the text in tens times that of the regular expression in fours."""
    return ceil((1 + size_of(arguments[0])) * 0.1) * ceil(size_of(arguments[1]) * 0.25)


def per_pair(arguments: tuple[object, ...]) -> int:
    """One unit for each pair of elements of two lists."""
    return 1 + size_of(arguments[0]) * size_of(arguments[1])


def per_new_list(arguments: tuple[object, ...]) -> int:
    """The price of a list and one unit for each element of the receiver."""
    return 10 + size_of(arguments[0])
