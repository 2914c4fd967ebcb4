"""One placement at a time: where expected demand loses least, and never a refusal of what fits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.stranded.amounts import FreeNode, Grid, Request
from solver.stranded.choice import Choice, PricedNodes
from solver.stranded.demand import Demand, demand
from solver.stranded.prices import Prices, worth
from tests.solver.stranded.strategies import demands, nodes, requests

GRID = Grid(host_steps=(500, None))
SHARE = Request(host=(3000, 0), devices=1, share_milli=810)
WHOLE = Request(host=(10_000, 0), devices=1, share_milli=1000)
GANG = Request(host=(88_000, 0), devices=8, share_milli=1000)
FREE = FreeNode(host=(96_000, 0), kind=0, devices=(1000,) * 8)


def priced(*free: FreeNode, expected: Demand, weights: list[list[int]] | None = None) -> PricedNodes:
    found = PricedNodes(free)
    value = worth(expected)
    rows = np.array(weights or [value.tolist()], dtype=np.int32)
    found.reprice(Prices(expected=expected, worth=value, weights=rows, bounds=(0,) * len(rows)))
    return found


@given(free=st.lists(nodes(), min_size=1, max_size=4), expected=demands(), request=requests())
def test_a_request_is_placed_exactly_if_some_node_has_room(
    free: list[FreeNode], expected: Demand, request: Request
) -> None:
    """However bad the bargain: an online policy that turns away what fits is no policy."""
    choice = priced(*free, expected=expected).choose(request)

    def has_room(node: FreeNode) -> bool:
        if any(have < take for have, take in zip(node.host, request.host, strict=True)):
            return False
        if not request.devices:
            return True
        serves = request.kinds is None or node.kind in request.kinds
        return serves and sum(one >= request.share_milli for one in node.devices) >= request.devices

    assert any(map(has_room, free)) == (choice is not None)
    if choice is not None:
        assert has_room(free[choice.node])
        assert request.devices == len(set(choice.devices))
        assert all(free[choice.node].devices[at] >= request.share_milli for at in choice.devices)


def test_taking_and_giving_back_changes_nothing() -> None:
    """A replica that came and went leaves the same amounts and the same choice."""
    found = priced(FREE, FREE, expected=demand([(SHARE, 1), (GANG, 1)], GRID))
    before = found.choose(SHARE)
    assert before is not None

    found.take(SHARE, before)
    found.give_back(SHARE, before)

    assert [FREE, FREE] == found.nodes()
    assert before == found.choose(SHARE)


def test_noise_in_flat_prices_breaks_no_wholly_free_node() -> None:
    """Eight shares are worth one gang but for noise, which must not scatter them over free nodes."""
    expected = demand([(SHARE, 1), (WHOLE, 1), (GANG, 1)], GRID)
    # By the noise alone a free node is cheaper to break than a broken one to go on with.
    noisy = [[int(value) - number for number, value in enumerate(worth(expected))] for _ in range(2)]
    found = priced(*[FREE] * 4, expected=expected, weights=noisy)

    for _ in range(8):
        choice = found.choose(SHARE)
        assert choice is not None
        found.take(SHARE, choice)

    assert 3 == sum(node == FREE for node in found.nodes())
    assert 3 == sum(_placed(found, GANG) for _ in range(4))


def test_a_flexible_request_leaves_the_kind_that_others_depend_on() -> None:
    """Where pods of kind 1 are expected, one that may go anywhere goes to kind 0, though kind 1 comes first."""
    bound = Request(host=(10_000, 0), devices=1, share_milli=1000, kinds=(1,))
    one = [FreeNode(host=(20_000, 0), kind=kind, devices=(1000,)) for kind in (1, 0)]
    expected = demand([(bound, 1), (WHOLE, 1)], GRID)
    # The flexible ones are met elsewhere, and so worth less than the bound ones.
    weights = [[500_000 if request.kinds is None else 1_000_000 for request in expected.classes]]

    choice = priced(*one, expected=expected, weights=weights).choose(WHOLE)

    assert Choice(node=1, devices=(0,)) == choice


def test_a_share_goes_where_the_rest_of_the_node_still_fills_up() -> None:
    """A device with 190 left takes nothing more; 500 beside 500 does."""
    expected = demand([(Request(host=(1000, 0), devices=1, share_milli=500), 1)], GRID)
    free = FreeNode(host=(8000, 0), kind=0, devices=(690, 500))

    choice = priced(free, expected=expected).choose(expected.classes[0])

    # Either way one more of 500 fits; the fullest device that is as good is taken.
    assert Choice(node=0, devices=(1,)) == choice


def _placed(found: PricedNodes, request: Request) -> bool:
    choice = found.choose(request)
    if choice is not None:
        found.take(request, choice)
    return choice is not None
