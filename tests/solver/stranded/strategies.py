"""Tiny nodes, classes and weights for properties."""

from hypothesis import strategies as st

from solver.stranded.amounts import FreeNode, Grid, Request
from solver.stranded.demand import Demand, demand

RESOURCES = 2
KINDS = 2
GRID = Grid(host_steps=(1, 1), share_step=100)
_SHARES = (300, 400, 500, 1000)
_FREE = (0, 300, 500, 700, 1000)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    devices = draw(st.sampled_from((0, 1, 1, 1, 2)))
    share = 0 if devices == 0 else 1000 if devices > 1 else draw(st.sampled_from(_SHARES))
    kinds = draw(st.sampled_from((None, None, (0,), (1,))))
    host = tuple(draw(st.integers(min_value=1, max_value=3)) for _ in range(RESOURCES))
    return Request(host=host, devices=devices, share_milli=share, kinds=kinds if devices else None)


@st.composite
def nodes(draw: st.DrawFn, most_host: int = 6, most_devices: int = 3) -> FreeNode:
    return FreeNode(
        host=tuple(draw(st.integers(min_value=0, max_value=most_host)) for _ in range(RESOURCES)),
        kind=draw(st.integers(min_value=0, max_value=KINDS - 1)),
        devices=tuple(draw(st.lists(st.sampled_from(_FREE), max_size=most_devices))),
    )


def demands(most: int = 4) -> st.SearchStrategy[Demand]:
    return st.lists(requests(), min_size=1, max_size=most, unique=True).map(
        lambda found: demand([(request, 1) for request in found], GRID)
    )
