"""The known name that somebody probably meant."""

import difflib
from collections.abc import Iterable

_LIKENESS = 0.6


def nearest(name: str, known: Iterable[str], *, likeness: float = _LIKENESS) -> str | None:
    """The one of *known* most like *name*, in any case; None if none is like it."""
    best, best_likeness = None, likeness
    folded = name.casefold()
    for candidate in sorted(known):
        matcher = difflib.SequenceMatcher(a=folded, b=candidate.casefold())
        if matcher.real_quick_ratio() < best_likeness or matcher.quick_ratio() < best_likeness:
            continue
        ratio = matcher.ratio()
        if ratio > best_likeness or (ratio == best_likeness and best is None):
            best, best_likeness = candidate, ratio
    return best


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """A clause that names the nearest known name, empty if none is near."""
    match = nearest(name, known)
    return f" (nearest: {match})" if match is not None else ""
