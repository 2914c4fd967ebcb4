"""The search itself: limits, speed that follows kinds, and what it prefers."""

from dataclasses import replace
from random import Random

import pytest

from solver.matching.device_fit import (
    Alternative,
    ClaimDemand,
    Constraint,
    DeviceGroup,
    GaveUp,
    NodeDevices,
    RequestDemand,
    Scope,
    can_fit,
    fit,
)
from tests.solver.matching.device_fit.mig import FOUR, GPU, NIC, ONE, ONE_LARGE, THREE, TWO, mig_node


def asks(*counts: tuple[int, int]) -> ClaimDemand:
    return ClaimDemand(
        requests=tuple(
            RequestDemand(alternatives=(Alternative(accepts=1 << kind, count=count),))
            for kind, count in counts
        )
    )


def test_plain_devices_are_counted() -> None:
    """Eight GPUs and eight NICs are two kinds, and the answer names each device once."""
    node = NodeDevices(groups=(DeviceGroup(kind=GPU, count=8, in_use=1), DeviceGroup(kind=NIC, count=8)))

    found = fit(node, [asks((GPU, 4), (NIC, 4)), asks((GPU, 3), (NIC, 4))])

    assert found is not None
    given = [
        (grant.group, grant.ordinal) for claim in found.claims for each in claim for grant in each.grants
    ]
    assert [(0, n) for n in range(7)] + [(1, n) for n in range(8)] == sorted(given)
    assert fit(node, [asks((GPU, 8))]) is None
    assert [True, False] == [can_fit(node, [asks((GPU, count))]) for count in (7, 8)]


def test_a_search_that_takes_too_long_gives_up() -> None:
    """Which is not the same as infeasible."""
    claims = [asks((kind, 1)) for kind in (ONE_LARGE, TWO, THREE) * 3]

    assert fit(mig_node(gpus=4), claims, most_steps=10**6) is not None
    with pytest.raises(GaveUp, match="3 steps did not tell whether the claims fit"):
        fit(mig_node(gpus=4), claims, most_steps=3)


@pytest.mark.parametrize("seed", range(20))
def test_twenty_mixed_partitions_are_decided_within_few_steps(seed: int) -> None:
    """Eight GPUs with all placements of all profiles are one island, eight times."""
    rng = Random(seed)  # noqa: S311
    claims = [asks((rng.choice((ONE, ONE_LARGE, TWO, THREE, FOUR)), 1)) for _ in range(20)]
    node = mig_node(gpus=8)

    found = fit(node, claims, most_steps=200)

    assert found is not None


def test_scarce_kinds_are_spared() -> None:
    """A request that would do with either takes the one that nobody else asks for."""
    node = NodeDevices(groups=(DeviceGroup(kind=0, count=1), DeviceGroup(kind=1, count=1)))
    either = ClaimDemand(requests=(RequestDemand(alternatives=(Alternative(accepts=3),)),))

    found = fit(node, [either, asks((0, 1))])

    assert found is not None
    assert [1, 0] == [each.grants[0].group for claim in found.claims for each in claim]


def test_admin_access_of_one_pod_bars_nothing_of_another() -> None:
    """Only what the same pod asks for later goes without the device."""
    node = NodeDevices(groups=(DeviceGroup(kind=GPU, count=1),))
    watch = ClaimDemand(
        requests=(RequestDemand(alternatives=(Alternative(accepts=1 << GPU, is_admin=True),)),)
    )

    assert fit(node, [watch, asks((GPU, 1))]) is None
    assert fit(node, [watch, replace(asks((GPU, 1)), pod=1)]) is not None


def test_pairs_on_one_root_are_matched_without_trying_all_orders() -> None:
    """Eight claims of a GPU and a NIC, and only seven roots that have both."""
    groups = [
        DeviceGroup(kind=kind, count=1, values={"root": frozenset({("str", root)})})
        for kind, roots in ((GPU, "abcdefgh"), (NIC, "abcdefgx"))
        for root in roots
    ]
    node = NodeDevices(groups=tuple(groups))
    tie = Constraint(attribute="root", scopes=frozenset({Scope(0), Scope(1)}))
    pair = replace(asks((GPU, 1), (NIC, 1)), constraints=(tie,))

    assert fit(node, [pair] * 7) is not None
    assert fit(node, [pair] * 8) is None
