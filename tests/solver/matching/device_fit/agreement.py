"""Whether the replay of the allocator and the clean model agree on a problem, and if not, for which bugs.

They agree if both refuse the claims as such, both refuse the node, or both serve the claims; then what the replay
gives away breaks no rule, and takes no earlier alternatives than the clean model, which takes the earliest.
"""

from collections import Counter
from collections.abc import Collection

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import ALL, Allocation, AllocationOutcome, AllocationVerdict, DeviceQuery
from solver.domain.kubernetes import SchedulerFeatures
from solver.matching.device_fit import UnusableClaim, feasible_allocation
from solver.matching.replay.node_replay import NodeReplay
from tests.solver.matching.device_fit.differences import (
    OF_ANOTHER_FORM,
    Difference,
    behaviour_without,
    has_1_34_form,
    possible,
)
from tests.solver.matching.device_fit.repairs import with_safe_selectors, with_settled_shares
from tests.solver.matching.device_fit.rules import breaches
from tests.solver.matching.device_fit.test_against_brute_force import picks_of
from tests.solver.matching.device_fit.world import Pick, World, queries

#: What a search may take before it counts as timed out: a few seconds.
STEP_LIMIT = 20_000
_PATIENT_STEP_LIMIT = 3_000_000
_MOST_STEPS = 200_000
#: How a verdict says that a pool is invalid: an error of the node, and no more than a refusal.
_OF_THE_NODE = "nothing that is free satisfies the claims, and resource pool"

Expected = tuple[Allocation, ...] | UnusableClaim | None


class UnexplainedDifference(AssertionError):
    """The two differ, and would if no bug were known."""


def explanation(
    problem: AllocationProblem, features: SchedulerFeatures, *, step_limit: int = STEP_LIMIT
) -> frozenset[Difference]:
    """Differences without which the two agree, none of which can be left out; empty: they agree as it is.

    Raises:
        UnexplainedDifference: taking all of them away is not enough.
    """
    comparison = _Comparison(problem, features, step_limit)
    first = comparison.complaint(())
    if not first:
        return frozenset()
    needed = [each for each in possible(features) if not (has_1_34_form(problem) and each in OF_ANOTHER_FORM)]
    left = comparison.complaint(needed)
    if "timed out" in first and "timed out" in left:
        return frozenset({Difference.OUT_OF_STEPS})
    if left:
        raise UnexplainedDifference(f"{first}; and without known bugs: {left}")
    for each in tuple(needed):
        fewer = [other for other in needed if other is not each]
        if not comparison.complaint(fewer):
            needed = fewer
    return frozenset(needed)


class _Comparison:
    def __init__(self, problem: AllocationProblem, features: SchedulerFeatures, step_limit: int) -> None:
        self.problem = problem
        self.features = features
        self.step_limit = step_limit
        self.world = World(problem, features)
        self.expected: Expected
        try:
            self.expected = feasible_allocation(problem, features, most_steps=_MOST_STEPS)
        except UnusableClaim as error:
            self.expected = error

    def complaint(self, without: Collection[Difference]) -> str:
        """In what the replay without these differences disagrees; empty: in nothing."""
        verdict = self._verdict(without)
        outcome, expected = verdict.outcome, self.expected
        said = f"{outcome} {verdict.message}".strip()
        if isinstance(expected, UnusableClaim):
            return "" if outcome is AllocationOutcome.ERROR else f"{said}, but {expected}"
        if expected is None:
            is_refused = outcome is AllocationOutcome.NONE
            is_refused |= outcome is AllocationOutcome.ERROR and verdict.message.startswith(_OF_THE_NODE)
            return "" if is_refused else f"{said}, but nothing fits"
        if outcome is not AllocationOutcome.ALLOCATED:
            return f"{said}, but {expected} fits"
        return self._wrong(verdict, expected)

    def _verdict(self, without: Collection[Difference]) -> AllocationVerdict:
        problem = self.problem
        if Difference.FAILED_SELECTOR in without:
            problem = with_safe_selectors(problem)
        if Difference.OVERLOOKED_SHARES in without:
            problem = with_settled_shares(problem)
        # Without the rule of 1.36 permutations are tried, which must not look like a time-out of Kubernetes.
        is_patient = bool({Difference.OUT_OF_STEPS, Difference.SHARED_ONCE} & set(without))
        limit = _PATIENT_STEP_LIMIT if is_patient else self.step_limit
        replay = NodeReplay(
            problem.slices,
            problem.node,
            problem.labels,
            problem.classes,
            self.features,
            behaviour=behaviour_without(without, self.features),
            step_limit=limit,
        )
        return replay.allocate(problem.claims, problem.allocated)

    def _wrong(self, verdict: AllocationVerdict, expected: tuple[Allocation, ...]) -> str:
        picks = picks_of(self.problem, verdict.allocations)
        if not {pick.device for pick in picks} <= self.world.devices.keys():
            return "gives devices that the node is not offered"
        wrong = breaches(self.world, picks)
        if wrong:
            return f"breaks rules: {', '.join(sorted(set(wrong)))}"
        if not self._is_complete(picks):
            return "gives too few or too many"
        if self._alternatives(expected) > self._alternatives(verdict.allocations):
            return "takes earlier alternatives"
        return ""

    def _is_complete(self, picks: Collection[Pick]) -> bool:
        given = Counter((pick.claim, pick.request, pick.alternative) for pick in picks)
        requests = {(claim, request) for claim, request, _ in given}
        return len(requests) == len(given) == sum(
            len(claim.requests) for claim in self.problem.claims
        ) and all(
            count == self._size(queries(self.world, claim, request)[alternative])
            for (claim, request, alternative), count in given.items()
        )

    def _size(self, query: DeviceQuery) -> int:
        return len(self.world.all_of(query)) if query.allocation_mode == ALL else query.count

    def _alternatives(self, allocations: tuple[Allocation, ...]) -> list[tuple[int, int, int]]:
        picks = picks_of(self.problem, allocations)
        return sorted({(pick.claim, pick.request, pick.alternative) for pick in picks})
