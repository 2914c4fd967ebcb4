"""The verdict of the Kubernetes allocator on a pod and a node."""

from collections.abc import Mapping, Sequence

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import AllocatedState, AllocationOutcome, AllocationVerdict, Claim
from solver.domain.fleet import DeviceClass
from solver.domain.kubernetes import AllocatorVariant, SchedulerFeatures
from solver.domain.resource_slice import ResourceSlice
from solver.matching.replay.asks import Asked, asked
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.faults import AllocationFailed, OutOfSteps
from solver.matching.replay.orders import orders
from solver.matching.replay.results import allocations
from solver.matching.replay.scene import Scene, Stage
from solver.matching.replay.search import Search
from solver.matching.replay.selection import Selections
from solver.matching.replay.slice_index import SliceIndex
from solver.matching.replay.walk import Order

#: Stands in for the 10 seconds that the scheduler waits: some 1.4 million steps a second in Kubernetes (9 of
#: 8 devices take 109,601 and 149 ms), far less here.
STEP_LIMIT = 1_000_000

_NOTHING_FREE = "nothing that is free satisfies the claims"


def allocate(
    problem: AllocationProblem,
    features: SchedulerFeatures,
    *,
    variant: AllocatorVariant | None = None,
    step_limit: int = STEP_LIMIT,
    shuffles_slices: bool = False,
) -> AllocationVerdict:
    """What the allocator of a scheduler with *features* does about *problem*.

    Args:
        problem: the claims of a pod, and a node.
        features: release and gates of the scheduler.
        variant: the copy of the allocator; None: the one that the scheduler picks.
        step_limit: steps of the search before it counts as timed out, for each order of the pools.
        shuffles_slices: up to 1.35 the slices of a pool come in any order, and not in that of the problem.
    """
    node = NodeReplay(
        problem.slices,
        problem.node,
        problem.labels,
        problem.classes,
        features,
        behaviour=Behaviour.of(features, variant),
        step_limit=step_limit,
        shuffles_slices=shuffles_slices,
    )
    return node.allocate(problem.claims, problem.allocated)


class NodeReplay:
    """A node, made ready once for any number of pods: see :func:`allocate`.

    *slices* are all those of the cluster; an index of them is made once for all its nodes. Nodes that share
    *selections* share the verdicts of selectors. *behaviour*: the copy of the allocator; None: the one that a
    scheduler with *features* picks.
    """

    def __init__(
        self,
        slices: SliceIndex | Sequence[ResourceSlice],
        node: str,
        labels: Mapping[str, str],
        classes: Mapping[str, DeviceClass],
        features: SchedulerFeatures,
        *,
        behaviour: Behaviour | None = None,
        step_limit: int = STEP_LIMIT,
        shuffles_slices: bool = False,
        selections: Selections | None = None,
    ) -> None:
        self._classes = classes
        self._step_limit = step_limit
        self._shuffles_slices = shuffles_slices
        self._failure = ""
        behaviour = behaviour or Behaviour.of(features)
        index = slices if isinstance(slices, SliceIndex) else SliceIndex(slices)
        try:
            self._stage = Stage(index, node, labels, behaviour, selections or Selections())
        except AllocationFailed as error:
            self._failure = str(error)

    def allocate(self, claims: Sequence[Claim], allocated: AllocatedState) -> AllocationVerdict:
        """The verdict on a pod with *claims*, in its order, where *allocated* is held in the cluster.

        Up to 1.35 the order of the pools is a matter of chance. If all orders come to the same outcome it is
        the verdict, with the devices of the most likely order; otherwise it is ORDER_DEPENDENT.
        """
        if self._failure:
            return _failed(self._failure)
        scene = Scene(self._stage, allocated)
        try:
            first = asked(claims, self._classes, scene)
            tried = orders(first, scene, shuffles_slices=self._shuffles_slices)
        except AllocationFailed as error:
            return _failed(str(error))
        verdict = self._attempt(first, scene, tried[0])
        for order in tried[1:]:
            # Constraints remember devices, so every attempt has its own.
            other = self._attempt(asked(claims, self._classes, scene), scene, order)
            if other.outcome is not verdict.outcome:
                return _chance(verdict, other)
        return verdict

    def _attempt(self, claims: Sequence[Asked], scene: Scene, order: Order) -> AllocationVerdict:
        _arrange(claims, order)
        try:
            choices = Search(claims, scene, self._step_limit).run()
        except AllocationFailed as error:
            return _failed(str(error))
        except OutOfSteps:
            return AllocationVerdict(
                outcome=AllocationOutcome.NONE,
                message=f"timed out: no allocation was found in {self._step_limit:,} steps",
            )
        if choices is not None:
            return AllocationVerdict(
                outcome=AllocationOutcome.ALLOCATED, allocations=allocations(choices, scene)
            )
        invalid = next((pool for pool in scene.pools if pool.invalid), None)
        if invalid is not None:
            # Kubernetes returns an error here, though one that leaves it to try other nodes.
            return _failed(f"{_NOTHING_FREE}, and resource pool {invalid} is invalid: {invalid.invalid}")
        return AllocationVerdict(outcome=AllocationOutcome.NONE, message=_NOTHING_FREE)


def _arrange(claims: Sequence[Asked], order: Order) -> None:
    """Put what each request comes across into *order*."""
    rank = {number: position for position, number in enumerate(order)}
    for ask in (ask for each in claims for alternatives in each.requests for ask in alternatives):
        ask.candidates = sorted(ask.candidates, key=rank.__getitem__)
        ask.everything = sorted(ask.everything, key=rank.__getitem__)


def _failed(message: str) -> AllocationVerdict:
    return AllocationVerdict(outcome=AllocationOutcome.ERROR, message=message)


def _chance(verdict: AllocationVerdict, other: AllocationVerdict) -> AllocationVerdict:
    ends = sorted({_end(verdict), _end(other)})
    return AllocationVerdict(
        outcome=AllocationOutcome.ORDER_DEPENDENT,
        message=f"depends on the order of the resource pools: {' or '.join(ends)}",
    )


def _end(verdict: AllocationVerdict) -> str:
    if verdict.outcome is AllocationOutcome.ALLOCATED:
        return str(verdict.outcome)
    return f"{verdict.outcome} ({verdict.message})"
