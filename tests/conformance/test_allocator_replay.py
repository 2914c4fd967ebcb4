"""Every recorded verdict of the real allocator of Kubernetes 1.35, when the recordings are at hand."""

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from adapters.cli.allocator_cases import Layer, run_cases
from scheduler.snapshot.allocator_case import read_case
from scheduler.snapshot.dra_nodes import read_node_selector
from solver.domain.kubernetes import AllocatorVariant, Release, SchedulerFeatures
from solver.domain.node_selector import NodeRequirement
from solver.matching.replay.asks import asked
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.scene import Scene, Stage
from solver.matching.replay.search import Search
from solver.matching.replay.selection import Selections
from solver.matching.replay.slice_index import SliceIndex

SHARED = Path(os.environ.get("MODELPLANE_SHARED", Path(__file__).parents[3] / "shared"))
RECORDINGS = SHARED / "data" / "dra"
# Mutation testing runs this once for each mutant, and the first few hundred cases tell nearly as much.
MOST = int(os.environ.get("MODELPLANE_RECORDED_CASES", "1500"))
FILES = {"upstream_allocator_table.jsonl.gz": 180, "allocator_fuzz.jsonl.gz": min(1500, MOST)}
OUTCOMES = {"ok": "allocated", "nil": "none", "error": "error"}
# The two cases whose table has an expectation about the length of the search.
STEPS = {
    "prioritized-list-max-allocation-limit-request": 75,
    "prioritized-list-max-allocation-allocation-mode-all": 42,
}


def lines(name: str) -> list[str]:
    if not (RECORDINGS / name).exists():
        pytest.skip(f"{RECORDINGS / name} is not here")
    with gzip.open(RECORDINGS / name, "rt") as file:
        return list(file)[:MOST]


def recorded_outcome(record: dict[str, object]) -> str:
    outcomes = record.get("outcomes")
    if isinstance(outcomes, dict):
        return OUTCOMES[next(iter(outcomes))] if len(outcomes) == 1 else "order_dependent"
    if record.get("error"):
        return "error"
    return "none" if record["results"] is None else "allocated"


def comparable(results: list[dict[str, object]] | None) -> list[object]:
    """Devices as a multiset and conditions as sets; identities of shares are random."""
    return [(devices(each), conditions(each.get("nodeSelector"))) for each in results or []]


def devices(allocation: dict[str, object]) -> Counter[tuple[object, ...]]:
    held = allocation["devices"]
    assert isinstance(held, dict)
    return Counter(
        (
            each["request"],
            each["driver"],
            each["pool"],
            each["device"],
            each.get("adminAccess", False),
            tuple(sorted(each.get("consumedCapacity", {}).items())),
        )
        for each in held.get("results") or []
    )


def conditions(raw: object) -> object:
    if raw is None:
        return None
    selector = read_node_selector(raw)
    return frozenset(map(condition, selector.expressions)), frozenset(map(condition, selector.fields))


def condition(requirement: NodeRequirement) -> tuple[str, str, frozenset[str]]:
    return requirement.key, requirement.operator, frozenset(requirement.values)


@pytest.mark.parametrize(("name", "count"), FILES.items())
def test_verdicts_agree_with_the_recorded_ones(name: str, count: int) -> None:
    """The recordings are the contract; a single disagreement is a pod that does not start as planned."""
    recorded = lines(name)
    records = [json.loads(line) for line in recorded]

    verdicts = list(run_cases(recorded, Release.V1_35, Layer.REPLAY))

    assert count == len(verdicts)
    assert [recorded_outcome(each) for each in records] == [each["outcome"] for each in verdicts]
    for record, verdict in zip(records, verdicts, strict=True):
        results = verdict["results"]
        assert isinstance(results, list)
        if verdict["outcome"] == "allocated":
            assert comparable(record["results"]) == comparable(results), verdict["name"]
        else:
            assert verdict["message"]


def test_the_search_takes_as_many_steps_as_that_of_kubernetes() -> None:
    """The filter timeout is a number of steps here, and a step more or less is another search."""
    features = SchedulerFeatures(release=Release.V1_35)
    found = {}
    for record in map(json.loads, lines("upstream_allocator_table.jsonl.gz")):
        if record.get("error"):
            continue
        case = read_case(record)
        problem = case.problem
        behaviour = Behaviour.of(
            SchedulerFeatures(release=features.release, gates=case.gates), AllocatorVariant.EXPERIMENTAL
        )
        stage = Stage(SliceIndex(problem.slices), problem.node, problem.labels, behaviour, Selections())
        scene = Scene(stage, problem.allocated)
        search = Search(asked(problem.claims, problem.classes, scene), scene, 1000)
        search.run()
        assert record["allocateOne"] == search.steps, case.name
        found[case.name] = search.steps

    assert STEPS.items() <= found.items()
