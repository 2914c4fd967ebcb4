"""Claims and slices that real drivers publish: every claim that fits a published node is placed on one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from scheduler.snapshot import read
from scheduler.snapshot.dra_objects import read_claim_spec, read_class, read_resource_slice
from solver.domain.allocation_problem import AllocationProblem
from solver.domain.fleet import DeviceClass
from solver.domain.kubernetes import Release, SchedulerFeatures
from solver.matching.device_fit import GaveUp, UnusableClaim, feasible_allocation
from solver.place import place
from tests.scheduler.snapshot.manifests import Object, a_class, a_cluster, a_node, changed, write

DATA = Path(__file__).parents[3] / "shared" / "data"
SERVED = ("resource.k8s.io/v1", "resource.k8s.io/v1beta2", "resource.k8s.io/v1beta1")
FEATURES = SchedulerFeatures.default(Release.V1_36)


def documents(folder: str) -> Iterator[tuple[Path, Object]]:
    if not (DATA / folder).is_dir():
        pytest.skip(f"{DATA / folder} is not here")
    for path in sorted((DATA / folder).rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            if isinstance(document, dict) and document.get("apiVersion") in SERVED:
                yield path, document


def published_nodes() -> dict[str, list[Object]]:
    """Slices by node; a driver that publishes the same node in two files has two nodes here."""
    by_file: dict[tuple[str, Path], list[Object]] = defaultdict(list)
    for path, each in documents("slices"):
        spec = each.get("spec", {})
        pool = spec.get("pool", {})
        if spec.get("nodeName") and pool.get("name") and "generation" in pool:
            by_file[spec["nodeName"], path].append(each)
    nodes: dict[str, list[Object]] = {}
    drivers: dict[str, set[str]] = {}
    for (name, _), slices in by_file.items():
        own = {each["spec"]["driver"] for each in slices}
        numbers = (number for number in range(100) if not drivers.get(f"{name}~{number}", set()) & own)
        key = f"{name}~{next(numbers)}"
        drivers.setdefault(key, set()).update(own)
        nodes.setdefault(key, []).extend(slices)
    return nodes


def device_classes() -> Mapping[str, Object]:
    found = {
        each["metadata"]["name"]: each for _, each in documents("claims") if each["kind"] == "DeviceClass"
    }
    return dict(sorted(found.items()))


def claims() -> dict[tuple[str, str], Object]:
    found: dict[tuple[str, str], Object] = {}
    for _, each in documents("claims"):
        if each["kind"] in ("ResourceClaim", "ResourceClaimTemplate"):
            key = (each["metadata"].get("namespace", "default"), each["metadata"].get("name", ""))
            found.setdefault(key, each)
    return found


def fits(claim: Object, slices: list[Object], classes: Mapping[str, DeviceClass]) -> bool:
    node = slices[0]["spec"]["nodeName"]
    problem = AllocationProblem(
        node=node,
        claims=(read_claim_spec(claim),),
        slices=tuple(read_resource_slice(each) for each in slices),
        classes=classes,
    )
    try:
        return feasible_allocation(problem, FEATURES) is not None
    except (UnusableClaim, GaveUp):
        return False


def a_fleet_of(nodes: Mapping[str, list[Object]], classes: Mapping[str, Object]) -> dict[str, Any]:
    """One cluster for each node, with all classes."""
    clusters: dict[str, list[Object]] = {}
    for number, slices in enumerate(nodes.values()):
        node = changed(
            a_node(slices[0]["spec"]["nodeName"]), "status.nodeInfo", {"kubeletVersion": "v1.36.0"}
        )
        clusters[f"c{number}"] = [node, *slices, *classes.values()]
    return clusters


def test_every_claim_that_fits_a_published_node_is_placed(tmp_path: Path) -> None:
    """And no other; the devices that the allocator chooses are named."""
    nodes, classes = published_nodes(), device_classes()
    parsed = {name: read_class(each) for name, each in classes.items()}
    wanted = claims()
    clusters = a_fleet_of(nodes, classes)
    control = [a_class(), *(a_cluster(name) for name in clusters)]
    fleet = write(tmp_path / "fleet", *control, **clusters)
    expected = {
        key for key, claim in wanted.items() if any(fits(claim, slices, parsed) for slices in nodes.values())
    }
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump_all(wanted.values()))
    problem = read([fleet], claims=[path]).problem
    placed, unexplained = set(), []
    for deployment in problem.deployments:
        # Each alone: they do not compete.
        decision = place(replace(problem, deployments=(deployment,)))
        for create in decision.plan.creates:
            placed.add((deployment.key.namespace, deployment.key.name))
            unexplained += [deployment.key for slot in create.slots if not slot.allocated]
    assert expected == placed
    assert not unexplained
    assert len(placed) > 20
