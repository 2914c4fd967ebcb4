"""Random problems for both layers: with shares of earlier pods, and for every release and set of gates."""

from dataclasses import replace
from random import Random

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.kubernetes import Gate, Release, SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import ResourceSlice, SliceDevice
from tests.solver.matching.device_fit.generate import Generator
from tests.solver.matching.device_fit.repairs import with_safe_selectors


def _known_gates(release: Release) -> frozenset[Gate]:
    return frozenset(gate for gate in Gate if gate is not Gate.LIST_ATTRIBUTES or release >= Release.V1_36)


#: Every release with its default gates, and with all that it knows: from 1.36 on another copy of the allocator.
SCHEDULERS = tuple(
    features
    for release in Release
    for features in (
        SchedulerFeatures.default(release),
        SchedulerFeatures(release=release, gates=_known_gates(release)),
    )
)


def name_of(features: SchedulerFeatures) -> str:
    """``1.36 all``."""
    return f"{features.release} {'default' if features == SchedulerFeatures.default(features.release) else 'all'}"


def generate_for_replay(random: Random, features: SchedulerFeatures) -> AllocationProblem:
    """A problem for both layers; in most of them no selector fails, which would hide everything else."""
    problem = Generator(random).problem(features)
    if random.random() < 0.5:
        # Shares of which nothing is known but that they stand.
        consumed = {at: {} if random.random() < 0.3 else of for at, of in problem.allocated.consumed.items()}
        problem = replace(problem, allocated=replace(problem.allocated, consumed=consumed))
    if random.random() < 0.2:
        problem = replace(problem, slices=tuple(map(_with_fractions, problem.slices)))
    return with_safe_selectors(problem) if random.random() < 0.8 else problem


def _with_fractions(each: ResourceSlice) -> ResourceSlice:
    return replace(each, devices=tuple(map(_with_fractional_steps, each.devices)))


def _with_fractional_steps(each: SliceDevice) -> SliceDevice:
    step = Quantity.parse("1500m")
    policies = {
        name: policy if policy.minimum is None else replace(policy, step=step)
        for name, policy in each.policies.items()
    }
    return replace(each, policies=policies)
