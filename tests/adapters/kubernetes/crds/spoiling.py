"""Objects with one part spoilt, for what must judge them alike."""

import copy
from typing import Any

from hypothesis import strategies as st

from tests.adapters.kubernetes.crds.cases import AGAINST_A_RULE, VALID
from tests.scheduler.snapshot.manifests import Object

_REMOVED = object()
_TEXTS = st.sampled_from(["", "a", "A-b", "a/b", "1.5", "Leader", "Prefill", "All", "Equal", "x" * 64])
_VALUES = st.one_of(
    st.just(_REMOVED), st.integers(-2, 130), _TEXTS, st.booleans(), st.just([]), st.just({}), st.just([{}])
)


@st.composite
def spoilt_objects(draw: st.DrawFn) -> Object:
    """An object of the tables with one part of its spec replaced or removed."""
    spoilt: Object = copy.deepcopy(draw(st.sampled_from([*VALID, *AGAINST_A_RULE])))
    places = _places(spoilt["spec"])[1:]
    if not places:
        return spoilt
    *above, last = draw(st.sampled_from(places))
    parent = spoilt["spec"]
    for part in above:
        parent = parent[part]
    value = draw(_VALUES)
    if value is _REMOVED:
        del parent[last]
    else:
        parent[last] = value
    return spoilt


def _places(value: Any, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(below for name, each in inner for below in _places(each, (*place, name)))]
