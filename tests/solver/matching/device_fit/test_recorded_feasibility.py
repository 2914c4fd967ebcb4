"""Recorded verdicts on random nodes and on the table of Kubernetes, when the recordings are at hand."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from scheduler.snapshot.allocator_case import read_case
from solver.domain.allocation_problem import AllocationProblem
from solver.domain.kubernetes import Release, SchedulerFeatures
from solver.matching.device_fit import Feasibility, UnusableClaim, feasibility

RECORDINGS = Path(__file__).parents[5] / "shared" / "data" / "dra"
FUZZ = RECORDINGS / "allocator_fuzz.jsonl.gz"
TABLE = RECORDINGS / "upstream_allocator_table.jsonl.gz"

#: Errors of Kubernetes that concern one node and its devices, not the claim: nothing fits there.
NODE_ERRORS = (
    "invalid resource pools were encountered",
    "CEL runtime error",
    "because a claim constraint would not be satisfied",
)


def records(path: Path) -> Iterator[Mapping[str, object]]:
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with gzip.open(path, "rt") as file:
        for line in file:
            yield json.loads(line)


def answer(problem: AllocationProblem, features: SchedulerFeatures) -> Feasibility | str:
    try:
        return feasibility(problem, features)
    except UnusableClaim as error:
        return str(error)


def test_verdicts_on_random_nodes_are_those_of_a_clean_model() -> None:
    """The two bugs of Kubernetes 1.35 that make it differ on eight of them are not ours."""
    wrong = []
    count = 0
    for record in records(FUZZ):
        case = read_case(record)
        found = answer(case.problem, SchedulerFeatures(release=Release.V1_35, gates=case.gates))
        is_feasible = isinstance(found, Feasibility) and found.allocations is not None
        if is_feasible != record["semanticFeasible"]:
            wrong.append(case.name)
        count += 1

    assert (1500, []) == (count, wrong)


def test_the_table_of_kubernetes_has_the_same_outcomes() -> None:
    """Allocated, nothing to be had, or a claim that is wrong; each allocation with its node selector."""
    wrong = []
    count = 0
    for record in records(TABLE):
        case = read_case(record)
        found = answer(case.problem, SchedulerFeatures(release=Release.V1_35, gates=case.gates))
        if outcome(found) != expected(record):
            wrong.append((case.name, found))
        count += 1

    assert (180, []) == (count, wrong)


def outcome(found: Feasibility | str) -> object:
    if isinstance(found, str):
        return "error"
    if found.allocations is None:
        return "none"
    return [
        (
            len(allocation.devices),
            allocation.node_selector
            and [
                [(each.key, each.operator, list(each.values)) for each in requirements]
                for requirements in (allocation.node_selector.expressions, allocation.node_selector.fields)
            ],
        )
        for allocation in found.allocations
    ]


def expected(record: Mapping[str, object]) -> object:
    error = record.get("error")
    if isinstance(error, str) and error:
        return "none" if any(part in error for part in NODE_ERRORS) else "error"
    results = record.get("results")
    if not isinstance(results, list):
        return "none"
    return [(len(result.get("devices", {}).get("results") or ()), terms(result)) for result in results]


def terms(result: Mapping[str, object]) -> object:
    selector = result.get("nodeSelector")
    if not isinstance(selector, dict):
        return None
    (term,) = selector["nodeSelectorTerms"]
    return [
        [(each["key"], each["operator"], each["values"]) for each in term.get(name) or ()]
        for name in ("matchExpressions", "matchFields")
    ]
