"""Which pools a node has, in which order, and which copy of the allocator looks at them."""

from collections.abc import Iterable
from typing import Any

import pytest

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import AllocatedState, AllocationOutcome, Claim, ClaimRequest
from solver.domain.fleet import DeviceClass
from solver.domain.identity import DeviceClassName
from solver.domain.kubernetes import AllocatorVariant, Gate, Release, SchedulerFeatures
from solver.domain.resource_slice import NodeScope
from solver.matching.replay import NodeReplay, Selections, SliceIndex, allocate
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.pools import reaches
from tests.solver.matching.replay.nodes import (
    NODE,
    a_claim,
    a_device,
    a_request,
    a_slice,
    counters,
    names,
    selecting,
    verdict,
)

ALL: dict[str, Any] = {"allocationMode": "All", "count": 0}
ANY = {"any": DeviceClass(name=DeviceClassName("any"), selectors=())}
BINDS = a_device("binds", bindingConditions=["ready"])
BASIC = {Gate.ADMIN_ACCESS, Gate.PRIORITIZED_LIST, Gate.PARTITIONABLE_DEVICES, Gate.DEVICE_TAINTS}
SHARING = BASIC | {Gate.CONSUMABLE_CAPACITY, Gate.BINDING_CONDITIONS}
STABLE, INCUBATING, EXPERIMENTAL = AllocatorVariant


def supported(behaviour: Behaviour) -> set[Gate]:
    gates = {
        Gate.ADMIN_ACCESS: behaviour.admin_access,
        Gate.PRIORITIZED_LIST: behaviour.prioritized_list,
        Gate.PARTITIONABLE_DEVICES: behaviour.partitionable,
        Gate.DEVICE_TAINTS: behaviour.taints,
        Gate.CONSUMABLE_CAPACITY: behaviour.consumable,
        Gate.BINDING_CONDITIONS: behaviour.binding,
        Gate.LIST_ATTRIBUTES: behaviour.lists,
    }
    return {gate for gate, is_on in gates.items() if is_on}


@pytest.mark.parametrize(
    ("release", "variant", "gates"),
    [
        (Release.V1_35, STABLE, set[Gate]()),
        (Release.V1_35, INCUBATING, BASIC),
        (Release.V1_35, EXPERIMENTAL, SHARING),
        (Release.V1_36, STABLE, BASIC),
        (Release.V1_36, INCUBATING, SHARING),
        (Release.V1_36, EXPERIMENTAL, set(Gate)),
        (Release.V1_37, INCUBATING, SHARING),
        (Release.V1_37, EXPERIMENTAL, set(Gate)),
    ],
)
def test_a_copy_of_the_allocator_knows_some_of_the_gates(
    release: Release, variant: AllocatorVariant, gates: set[Gate]
) -> None:
    """In 1.36 each copy moved up by one; a gate that a copy does not know is off, whatever it is set to."""
    everything = SchedulerFeatures(release=release, gates=frozenset(Gate))

    assert gates == supported(Behaviour.of(everything, variant))
    assert set() == supported(Behaviour.of(SchedulerFeatures(release=release, gates=frozenset()), variant))


def test_the_scheduler_picks_the_copy_if_nobody_does() -> None:
    features = SchedulerFeatures.default(Release.V1_36)

    assert Behaviour.of(features, INCUBATING) == Behaviour.of(features)


@pytest.mark.parametrize("gates", [[Gate.BINDING_CONDITIONS], [Gate.BINDING_CONDITIONS, *BASIC]])
@pytest.mark.parametrize("release", [Release.V1_35, Release.V1_36])
@pytest.mark.parametrize("fields", [{}, ALL])
def test_pools_with_binding_conditions_come_last_whatever_their_names(
    release: Release, gates: Iterable[Gate], fields: dict[str, Any]
) -> None:
    """A device that must be bound first is the worse choice; with mode All it is the later one."""
    slices = [a_slice(BINDS, name="s1", pool="a"), a_slice("plain", name="s2", pool="b")]
    claim = a_claim(a_request(**{"count": 2, **fields}))

    assert [["plain", "binds"]] == names(verdict(slices, claim, release=release, gates=gates))


def test_slices_with_binding_conditions_come_last_in_their_pool() -> None:
    """Up to 1.35; since 1.36 slices are sorted by name."""
    slices = [a_slice(BINDS, name="s1", slices=2), a_slice("plain", name="s2", slices=2)]

    assert [["plain"]] == names(verdict(slices, a_claim(a_request())))
    assert [["binds"]] == names(verdict(slices, a_claim(a_request()), release=Release.V1_36))


def test_an_invalid_pool_with_binding_conditions_is_an_error_without_the_gate_for_partitions() -> None:
    slices = [a_slice(BINDS, BINDS)]

    found = verdict(slices, a_claim(a_request()), release=Release.V1_36, gates=[Gate.BINDING_CONDITIONS])

    assert AllocationOutcome.ERROR is found.outcome


def test_a_slice_whose_devices_are_all_elsewhere_does_not_concern_the_node() -> None:
    """Its pool may be incomplete then, or have a device without a node."""
    away = a_slice(
        a_device("away", nodeName="n2"), a_device("nowhere"), name="s1", pool="p1", slices=2,
        perDeviceNodeSelection=True,
    )  # fmt: skip

    assert [["d"]] == names(verdict([a_slice("d"), away], a_claim(a_request(**ALL))))


def test_only_the_devices_of_a_slice_that_are_for_the_node_can_be_had() -> None:
    mixed = a_slice(
        a_device("away", nodeName="n2"), a_device("here", nodeName=NODE), perDeviceNodeSelection=True
    )

    assert [["here"]] == names(verdict([mixed], a_claim(a_request())))
    assert AllocationOutcome.NONE is verdict([mixed], a_claim(a_request(count=2))).outcome


def test_a_slice_without_any_scope_reaches_no_node() -> None:
    assert False is reaches(NodeScope(), NODE, {})


@pytest.mark.parametrize("turn", [1, -1])
def test_pools_of_which_only_counters_are_seen_are_judged_one_by_one(turn: int) -> None:
    """What is known about one of them is kept for other nodes, not for other pools."""
    away = [
        counters("c2", slices=1, amounts={"memory": "1"}, nodeName="n2", pool="n2"),
        counters("c3", slices=2, amounts={"memory": "1"}, nodeName="n3", pool="n3"),
    ]

    found = verdict([a_slice("d"), *away[::turn]], a_claim(a_request(**ALL)))

    assert AllocationOutcome.ERROR is found.outcome


def test_counters_without_the_gate_for_partitions_make_no_pool() -> None:
    lone = counters(slices=2, amounts={"memory": "1"}, pool="p1")

    assert [["d"]] == names(verdict([a_slice("d"), lone], a_claim(a_request(**ALL)), gates=()))


def test_a_copy_without_code_for_sharing_shows_selectors_no_shared_device() -> None:
    """Incubating up to 1.35 has no such field, so it is false."""
    slices = [a_slice(a_device("d", allowMultipleAllocations=True))]
    shared, whole = (
        a_claim(a_request(selectors=selecting(f"{sign}device.allowMultipleAllocations")))
        for sign in ("", "!")
    )

    assert AllocationOutcome.NONE is verdict(slices, shared, variant=INCUBATING).outcome
    assert [["d"]] == names(verdict(slices, whole, variant=INCUBATING))
    assert [["d"]] == names(verdict(slices, shared, variant=EXPERIMENTAL))


def test_a_request_that_asks_for_nothing_names_no_class() -> None:
    """A claim of a version of the API that we do not know; no gate is looked up for it."""
    claim = Claim(name="c", requests=(ClaimRequest(name="r"),))

    found = verdict([a_slice("d")], claim, gates=())

    assert (AllocationOutcome.ERROR, "claim c, request r: names no device class") == (
        found.outcome,
        found.message,
    )


def test_a_claim_of_a_namespace_is_named_with_it() -> None:
    claim = Claim(name="c", namespace="ml", requests=(ClaimRequest(name="r"),))

    assert verdict([a_slice("d")], claim).message.startswith("claim ml/c, request r:")


def test_an_index_of_slices_serves_any_number_of_nodes() -> None:
    """And slices come as they are given unless somebody says otherwise, for a node as for a problem."""
    good = a_device("good", attributes={"numa": 1})
    slices = [
        a_slice(good, name="s1", slices=2),
        a_slice("bad", name="s2", slices=2),
        a_slice(good, name="s3", pool="n2", nodeName="n2"),
    ]
    claim = a_claim(a_request(selectors=selecting('device.attributes["gpu"].numa == 1')))
    features = SchedulerFeatures(gates=frozenset())
    index, selections = SliceIndex(slices), Selections()

    for node in (NODE, "n2"):
        replay = NodeReplay(index, node, {}, ANY, features, selections=selections)
        problem = AllocationProblem(
            node=node,
            labels={},
            claims=(claim,),
            slices=tuple(slices),
            classes=ANY,
            allocated=AllocatedState(),
        )
        assert [["good"]] == names(replay.allocate([claim], AllocatedState()))
        assert [["good"]] == names(allocate(problem, features))


def test_an_index_has_no_slices_of_a_pool_that_it_does_not_know() -> None:
    assert [] == SliceIndex([a_slice("d")]).of_pool(("gpu", "other"))
