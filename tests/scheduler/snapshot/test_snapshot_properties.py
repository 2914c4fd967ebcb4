"""Whatever the order and whatever the damage: the same fleet, and never a traceback."""

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.snapshot import Reading, read
from scheduler.snapshot.names import hashed_name
from tests.scheduler.snapshot.manifests import (
    Object,
    a_claim,
    a_class,
    a_cluster,
    a_deployment,
    a_device,
    a_device_class,
    a_node,
    a_pod,
    a_replica,
    a_slice,
)

WORKLOAD = {"modelplane.ai/workload": hashed_name("qwen-1", "main")}
CONTROL: list[Object] = [
    a_class(),
    a_cluster("eu", maxNodeCount=4),
    a_cluster("us", nodeCount=2),
    a_deployment(),
    a_deployment("other", replicas=3),
    a_replica(),
    a_replica("qwen-2"),
    a_replica("load", deployment=None, cluster="us"),
]
EU: list[Object] = [
    a_node("n1"),
    a_node("n2"),
    a_node("n3", pool="none"),
    a_slice("n1", name="z", count=2),
    a_slice("n1", name="y", count=2, devices=[a_device("gpu-2", attributes={"v": {"version": "x"}})]),
    a_slice("n2", devices=[a_device(allowMultipleAllocations=True)]),
    a_slice("gone"),
    a_slice(None, name="all", allNodes=True),
    a_device_class(),
    a_pod("p", labels=WORKLOAD),
    a_pod("q"),
    a_pod("r", node=None),
    a_claim("c", "gpu-0", pod="p"),
    a_claim("d", "gpu-1", "gpu-9", pod="q"),
]


def essence(found: Reading) -> object:
    """Everything that must not depend on the order; documents are numbered by it."""
    problem, table = found.problem, found.problem.fleet.devices
    loose = found.loose_devices
    return (
        problem.fleet.clusters,
        problem.fleet.node_pools,
        problem.fleet.nodes,
        [table.device(row) for row in range(len(table))],
        (table.resource_pools, table.starts.tolist(), table.withheld.tolist(), table.in_use.tolist()),
        [(str(field), column.codes.tolist(), column.values) for field, column in table.columns.items()],
        problem.deployments,
        problem.replicas,
        found.notes,
        sorted((f.severity, f.object, f.path, f.message) for f in found.findings),
        list(found.deployments.values()),
        (loose.owners, loose.table.names),
        list(found.replica_objects.values()),
    )


def reading(control: list[Object], eu: list[Object], *, files: int = 1) -> Reading:
    """The objects read from files of the same names, *files* for the cluster."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "clusters" / "eu").mkdir(parents=True)
        for name, objects in (
            ("control", control),
            *((f"clusters/eu/{i}", eu[i::files]) for i in range(files)),
        ):
            text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
            (Path(folder) / f"{name}.json").write_text(text.replace(folder, ""))
        return read([Path(folder)])


@settings(max_examples=40, deadline=None)
@given(st.permutations(CONTROL), st.permutations(EU), st.integers(1, 3))
def test_order_does_not_matter(control: list[Object], eu: list[Object], files: int) -> None:
    """Objects may come in any order and in any number of files."""
    assert essence(reading(CONTROL, EU)) == essence(reading(control, eu, files=files))


def test_the_small_fleet_shows_what_it_is_meant_to_show() -> None:
    """Otherwise the property above would hold for nothing."""
    found = reading(CONTROL, EU)

    assert ["n1", "n2", "gpu/expected-0", "gpu/expected-1", "gpu/0", "gpu/1"] == [
        node.key.name for node in found.problem.fleet.nodes
    ]
    assert 1 == int(np.count_nonzero(found.problem.fleet.devices.in_use))
    assert [("load", 0), ("qwen-1", 1), ("qwen-2", 0)] == sorted(
        (each.name, len(each.slots)) for each in found.problem.replicas
    )
    assert [(1,)] == [slot.devices for each in found.problem.replicas for slot in each.slots]
    assert 3 <= len({finding.message for finding in found.findings})


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8), st.just([]), st.just({}), st.just([None]), st.just([{}]), st.just({"": None}), st.just([[1]]),
)  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in *value*, as the keys that lead there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([at] if at else []), *(place for key, each in inner for place in places(each, (*at, key)))]


EVERYTHING = {"control": CONTROL, "eu": EU}
PLACES = [place for place in places(EVERYTHING) if len(place) > 2]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), LEAVES), min_size=1, max_size=3))
def test_no_damage_raises(damages: list[tuple[tuple[Any, ...], object]]) -> None:
    """Any field may hold anything; the rest of the fleet still stands."""
    damaged: Any = copy.deepcopy(EVERYTHING)
    for place, leaf in damages:
        parent = damaged
        try:
            for key in place[:-1]:
                parent = parent[key]
            parent[place[-1]] = copy.deepcopy(leaf)
        except (KeyError, IndexError, TypeError):
            continue
    found = reading(damaged["control"], damaged["eu"])

    assert all(str(finding).isprintable() for finding in found.findings)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([".yaml", ".json", ".yaml.gz", ".json.gz"]))
def test_no_bytes_raise(data: bytes, suffix: str) -> None:
    """Whatever a file holds."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"f{suffix}").write_bytes(data)
        read([Path(folder)])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 4000), st.sampled_from([".yaml", ".json"]))
def test_no_cut_raises(length: int, suffix: str) -> None:
    """A snapshot cut off anywhere is read as far as it goes, and nothing new goes to its cluster."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "clusters").mkdir()
        (Path(folder) / "control.json").write_text(
            json.dumps({"apiVersion": "v1", "kind": "List", "items": CONTROL})
        )
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": EU})
        (Path(folder) / "clusters" / f"eu{suffix}").write_text(text[: min(length, len(text) - 1)])
        found = read([Path(folder)])

    assert found.has_errors
    assert not next(cluster for cluster in found.problem.fleet.clusters if cluster.name == "eu").is_ready
