"""For each named difference a smallest problem that it decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import ClaimConstraint
from solver.domain.device_taint import DeviceTaint
from solver.domain.kubernetes import Release
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import NodeScope, RequestPolicy, ResourceSlice, SliceDevice
from tests.solver.matching.device_fit.builders import (
    GPU,
    NIC,
    a_claim,
    a_device,
    a_problem,
    a_query,
    a_slice,
)
from tests.solver.matching.device_fit.differences import Difference

V34, V35, V36, V37 = Release
ELSEWHERE = NodeScope(node="n2")
MEMORY = {"set": {"memory": "4"}}
TAINT = DeviceTaint(key="k", value="v", effect="NoSchedule")
SAME_NUMA = ClaimConstraint(match_attribute=f"{GPU}/numa")
DISTINCT_NUMA = ClaimConstraint(distinct_attribute=f"{GPU}/numa")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """In *differs* this difference and nothing else decides; in *agrees* the layers agree."""

    difference: Difference
    problem: AllocationProblem
    differs: tuple[Release, ...]
    agrees: tuple[Release, ...] = ()
    step_limit: int = 20_000
    #: Others that have to be taken away with it.
    besides: frozenset[Difference] = frozenset()


def counted(*devices: SliceDevice, counters: Mapping[str, Mapping[str, str]] = MEMORY) -> list[ResourceSlice]:
    """A pool of devices that take from counters, in the form since 1.35."""
    return [a_slice(*devices, slice_count=2), a_slice(counters=counters, slice_count=2)]


def a_share(name: str = "s", **capacity: str) -> SliceDevice:
    return a_device(name, is_shared=True, capacity=capacity, consumes=MEMORY)


def numbered(numa: Sequence[int]) -> ResourceSlice:
    """A device for each NUMA node of *numa*."""
    return a_slice(*(a_device(f"d{number}", attributes={"numa": each}) for number, each in enumerate(numa)))


_TWO_DRIVERS = [
    part
    for driver in (GPU, NIC)
    for part in (
        a_slice(a_device("d", driver=driver, consumes=MEMORY), driver=driver, slice_count=2),
        a_slice(counters=MEMORY, driver=driver, slice_count=2),
    )
]
_POLICY = RequestPolicy(minimum=Quantity.of(1), step=Quantity.parse("1500m"))

EXAMPLES = (
    Example(
        difference=Difference.LEAKED_COUNTERS,
        problem=a_problem(
            counted(a_device("d0", consumes=MEMORY, taints=[TAINT]), a_device("d1", consumes=MEMORY)),
            a_claim(a_query()),
        ),
        differs=(V35, V36),
        agrees=(V34, V37),
    ),
    Example(
        difference=Difference.MIXED_DRIVERS,
        problem=a_problem(_TWO_DRIVERS, a_claim(a_query("r0"), a_query("r1", driver=NIC))),
        differs=(V35, V36),
        agrees=(V34, V37),
    ),
    Example(
        difference=Difference.ADMIN_CHARGED,
        problem=a_problem(
            counted(a_device("d", consumes=MEMORY)), a_claim(a_query(admin=True)), in_use=[f"{GPU}/n1/d"]
        ),
        differs=(V35, V36, V37),
        agrees=(V34,),
    ),
    Example(
        difference=Difference.UNCHARGED_SHARES,
        problem=a_problem(
            counted(a_share(mem="4"), a_device("w", consumes=MEMORY)),
            a_claim(a_query(selectors=["!device.allowMultipleAllocations"])),
            shared={f"{GPU}/n1/s": {"mem": "1"}},
        ),
        differs=(V35,),
        agrees=(V36, V37),
    ),
    Example(
        difference=Difference.BARE_SHARES,
        problem=a_problem(
            counted(a_share(mem="4")),
            a_claim(a_query(capacity={"mem": "1"})),
            shared={f"{GPU}/n1/s": {}},
        ),
        differs=(V36,),
        agrees=(V34, V35, V37),
    ),
    Example(
        difference=Difference.OVERLOOKED_SHARES,
        problem=a_problem([a_slice(a_device("d"))], a_claim(a_query()), shared={f"{GPU}/n1/d": {}}),
        differs=(V34, V35, V36),
        agrees=(V37,),
    ),
    Example(
        difference=Difference.OVERLOOKED_SHARES,
        problem=a_problem(
            [a_slice(a_device("d", capacity={"mem": "4"}), a_device("e"))],
            a_claim(a_query(everything=True)),
            shared={f"{GPU}/n1/d": {"mem": "1"}},
        ),
        differs=(V35, V36, V37),
    ),
    Example(
        difference=Difference.FORGOTTEN_ALTERNATIVE,
        problem=a_problem(
            [a_slice(a_device("d0"), a_device("d1")), a_slice(a_device("n", driver=NIC), driver=NIC)],
            a_claim(("r", [a_query("s0", driver=NIC, count=2), a_query("s1", everything=True)])),
        ),
        differs=(V34, V35),
        agrees=(V36, V37),
    ),
    Example(
        difference=Difference.MIXED_ALTERNATIVES,
        problem=a_problem(
            [a_slice(a_device("d")), a_slice(a_device("n", driver=NIC, taints=[TAINT]), driver=NIC)],
            a_claim(
                ("r", [a_query("s0", driver=NIC, everything=True), a_query("s1", everything=True)]),
            ),
        ),
        differs=(V34, V35),
        agrees=(V36, V37),
    ),
    Example(
        difference=Difference.FORGOTTEN_VALUES,
        problem=a_problem([numbered([0, 1, 0])], a_claim(a_query(count=3), constraints=[DISTINCT_NUMA])),
        differs=(V34, V35, V36),
        agrees=(V37,),
    ),
    Example(
        difference=Difference.SHARED_ONCE,
        problem=a_problem([a_slice(a_device("s", is_shared=True))], a_claim(a_query(count=2))),
        differs=(V36, V37),
        agrees=(V35,),
    ),
    Example(
        difference=Difference.ALL_OR_ERROR,
        problem=a_problem(
            [numbered([0, 1])],
            a_claim(("r", [a_query("s0", everything=True), a_query("s1")]), constraints=[SAME_NUMA]),
        ),
        differs=tuple(Release),
    ),
    Example(
        difference=Difference.FAILED_SELECTOR,
        problem=a_problem(
            [a_slice(a_device("d0"), a_device("d1", attributes={"numa": 0}))],
            a_claim(a_query(selectors=[f'device.attributes["{GPU}"].numa == 0'])),
        ),
        differs=tuple(Release),
    ),
    Example(
        difference=Difference.OUT_OF_STEPS,
        problem=a_problem(
            [numbered([0, 0, 0, 0, 1, 1, 1, 1, 1])], a_claim(a_query(count=5), constraints=[SAME_NUMA])
        ),
        differs=(V34, V35),
        agrees=(V36, V37),
        step_limit=50,
    ),
    Example(
        difference=Difference.FRACTIONAL_STEPS,
        problem=a_problem(
            [a_slice(a_device("s", is_shared=True, capacity={"mem": "2500m"}, policies={"mem": _POLICY}))],
            a_claim(a_query(capacity={"mem": "2"})),
        ),
        differs=(V37,),
        agrees=(V34, V35, V36),
    ),
    Example(
        difference=Difference.COUNTERS_OF_A_SLICE,
        problem=a_problem(
            counted(a_device("d0", consumes=MEMORY), a_device("d1", consumes=MEMORY)),
            a_claim(a_query(count=2)),
        ),
        differs=(V34,),
        agrees=(V35, V36, V37),
        # The replay of 1.34 gathers no counters of a pool as a whole.
        besides=frozenset({Difference.INCOMPLETE_POOLS}),
    ),
    Example(
        difference=Difference.COUNTERS_FOR_EACH_SHARE,
        problem=a_problem(
            [a_slice(a_share(mem="4"), counters=MEMORY)],
            a_claim(a_query("r0", capacity={"mem": "2"}), a_query("r1", capacity={"mem": "2"})),
        ),
        differs=(V34,),
    ),
    Example(
        difference=Difference.WRONG_DEVICE,
        problem=a_problem(
            [a_slice(a_device("small", capacity={"mem": "1"}), a_device("large", capacity={"mem": "8"}))],
            a_claim(a_query(capacity={"mem": "5"})),
        ),
        differs=(V34,),
        agrees=(V35, V36, V37),
    ),
    Example(
        difference=Difference.INCOMPLETE_POOLS,
        problem=a_problem([a_slice(a_device("d"), slice_count=2)], a_claim(a_query())),
        differs=(V34,),
        agrees=(V35, V36, V37),
    ),
    Example(
        difference=Difference.OTHER_NODES,
        problem=a_problem(
            [
                a_slice(a_device("d"), slice_count=2),
                a_slice(a_device("e"), slice_count=2, scope=ELSEWHERE),
            ],
            a_claim(a_query(everything=True)),
        ),
        differs=(V34,),
        agrees=(V35, V36, V37),
    ),
    Example(
        difference=Difference.EVERY_TAINT,
        problem=a_problem(
            [a_slice(a_device("d", taints=[DeviceTaint(key="k", value="v", effect="None")]))],
            a_claim(a_query()),
        ),
        differs=(V34,),
        agrees=(V35, V36, V37),
    ),
)
