"""Devices that take from shared counters."""

from solver.domain.claim import ClaimConstraint
from solver.domain.identity import Driver
from solver.domain.kubernetes import Gate
from solver.domain.resource_slice import ResourceSlice
from solver.matching.device_fit import (
    Alternative,
    ClaimDemand,
    Constraint,
    NodeDevices,
    RequestDemand,
    Scope,
    fit,
)
from tests.solver.matching.device_fit.builders import (
    GPU,
    NIC,
    a_claim,
    a_device,
    a_problem,
    a_query,
    a_slice,
    served,
    without,
)
from tests.solver.matching.device_fit.mig import (
    FOUR,
    ONE,
    SET,
    SEVEN,
    THREE,
    TWO,
    WHOLE,
    mig_groups,
    mig_node,
)

PARENT = "gpu.nvidia.com/parentUUID"


def asks(kind: int, count: int = 1) -> ClaimDemand:
    return ClaimDemand(requests=(RequestDemand(alternatives=(Alternative(accepts=1 << kind, count=count),)),))


def broken_gpus(node: NodeDevices, claims: list[ClaimDemand]) -> list[int] | None:
    """The GPUs that devices given are of, in the order of the claims."""
    found = fit(node, claims)
    if found is None:
        return None
    return [
        node.groups[grant.group].takes[0][0]
        for claim in found.claims
        for each in claim
        for grant in each.grants
    ]


def test_a_gpu_serves_as_many_partitions_as_its_slices_allow() -> None:
    """Seven small ones, or one of four and one of three slices; not one more."""
    node = mig_node(gpus=1)

    assert fit(node, [asks(ONE)] * 7) is not None
    assert fit(node, [asks(ONE)] * 8) is None
    assert fit(node, [asks(THREE), asks(FOUR)]) is not None
    assert fit(node, [asks(FOUR)] * 2) is None
    assert fit(node, [asks(THREE), asks(TWO), asks(TWO)]) is not None


def test_whole_gpus_and_partitions_compete() -> None:
    """A partition anywhere on a GPU takes the whole GPU away, and the other way round."""
    node = mig_node(gpus=8)

    assert fit(node, [asks(WHOLE, 8)]) is not None
    assert fit(node, [asks(WHOLE, 7), asks(SEVEN)]) is not None
    assert fit(node, [asks(WHOLE, 8), asks(ONE)]) is None
    assert fit(node, [asks(ONE), asks(WHOLE, 8)]) is None


def test_small_partitions_share_a_gpu_that_is_broken_already() -> None:
    """What is whole stays whole: seven small partitions break one GPU, not seven."""
    gpus = broken_gpus(mig_node(gpus=8), [asks(ONE)] * 7)

    assert gpus is not None
    assert 1 == len(set(gpus))


def test_a_partition_takes_the_fullest_gpu_with_room() -> None:
    """Four slices go on whole, three where four are gone, so that large parts stay together."""
    gpus = broken_gpus(mig_node(gpus=3), [asks(FOUR), asks(THREE), asks(WHOLE)])

    assert gpus is not None
    assert gpus[0] == gpus[1] != gpus[2]


def test_partitions_can_be_asked_of_one_gpu() -> None:
    """matchAttribute on the parent: own values of like GPUs are alike, not equal."""
    groups = [
        group for gpu in range(3) for group in mig_groups(gpu, {PARENT: frozenset({("str", f"GPU-{gpu}")})})
    ]
    node = NodeDevices(groups=tuple(groups), counter_sets=(SET,) * 3)

    def together(kind: int, count: int) -> ClaimDemand:
        request = RequestDemand(alternatives=(Alternative(accepts=1 << kind, count=count),))
        constraint = Constraint(attribute=PARENT, scopes=frozenset({Scope(0), Scope(1)}))
        return ClaimDemand(requests=(request, request), constraints=(constraint,))

    gpus = broken_gpus(node, [together(TWO, 1), together(THREE, 1), together(ONE, 3)])

    assert gpus is not None
    assert 1 == len(set(gpus[:2]))
    assert 1 == len(set(gpus[2:4]))
    assert 1 == len(set(gpus[4:]))
    assert fit(node, [together(ONE, 4)]) is None


def mig_slices(own: Driver = GPU, *, counters: str = "2") -> list[ResourceSlice]:
    """Two halves of one device, as two slices."""

    halves = [a_device(name, driver=own, consumes={"set": {"m": "1"}}) for name in ("a", "b", "c")]
    return [
        a_slice(*halves, driver=own, slice_count=2),
        a_slice(driver=own, counters={"set": {"m": counters}}, slice_count=2),
    ]


def test_drivers_with_pools_of_one_name_keep_counters_apart() -> None:
    """Kubernetes mixes them up; here two drivers on one node have two of everything."""
    slices = [*mig_slices(GPU), *mig_slices(NIC)]

    both = a_problem(slices, a_claim(a_query(count=2), a_query("n", driver=NIC, count=2)))
    too_many = a_problem(slices, a_claim(a_query(count=3)))

    assert served(both) is not None
    assert served(too_many) is None


def test_allocated_devices_have_taken_their_counters() -> None:
    """Whoever holds them."""
    held = a_problem(mig_slices(), a_claim(a_query()), in_use=[f"{GPU}/n1/a"])
    full = a_problem(mig_slices(), a_claim(a_query()), in_use=[f"{GPU}/n1/a", f"{GPU}/n1/b"])

    assert [[("r", "b")]] == served(held)
    assert served(full) is None


def test_an_overdrawn_pool_gives_nothing_that_counts() -> None:
    """But what takes no counters can still be had."""
    plain = a_device("plain")
    slices = [
        a_slice(
            *[a_device(n, consumes={"set": {"m": "2"}}) for n in "ab"],
            a_device("small", consumes={"other": {"k": "1"}}),
            plain,
            slice_count=2,
        ),
        a_slice(counters={"set": {"m": "3"}, "other": {"k": "5"}}, slice_count=2),
    ]
    in_use = [f"{GPU}/n1/a", f"{GPU}/n1/b"]

    assert [[("r", "plain")]] == served(a_problem(slices, a_claim(a_query()), in_use=in_use))
    assert served(a_problem(slices, a_claim(a_query(count=2)), in_use=in_use)) is None


def test_without_the_gate_partitions_cannot_be_had() -> None:
    """Neither the devices that count, nor the slices with counters."""
    gate = without(Gate.PARTITIONABLE_DEVICES)

    assert served(a_problem(mig_slices(), a_claim(a_query())), gate) is None
    assert served(a_problem(mig_slices(), a_claim(a_query(admin=True)), in_use=[f"{GPU}/n1/a"]), gate) is None


def test_partitions_of_different_gpus_through_distinct_attribute() -> None:
    """Two partitions on two GPUs, although one GPU has room for both."""
    devices = [
        a_device(f"{gpu}{part}", attributes={"parent": gpu}, consumes={gpu: {"m": "1"}})
        for gpu in "ab"
        for part in "12"
    ]
    counters = {gpu: {"m": "2"} for gpu in "ab"}
    slices = [a_slice(*devices, slice_count=2), a_slice(counters=counters, slice_count=2)]
    apart = ClaimConstraint(distinct_attribute=f"{GPU}/parent")

    two = served(a_problem(slices, a_claim(a_query(count=2), constraints=[apart])))
    three = served(a_problem(slices, a_claim(a_query(count=3), constraints=[apart])))

    assert two is not None
    assert ["a", "b"] == sorted(device[0] for _, device in two[0])
    assert three is None
