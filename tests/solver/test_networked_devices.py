"""Devices that several nodes reach: whoever takes one, takes it from all of them."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from scheduler.snapshot import read
from solver.audit import violations
from solver.domain.problem import Problem
from solver.matching.survey import Survey
from solver.place import place
from solver.search import size
from tests.scheduler.snapshot.manifests import (
    Object,
    a_class,
    a_cluster,
    a_device,
    a_device_class,
    a_node,
    a_slice,
    changed,
    write,
)

NET = "net.example.com"


def a_template(name: str, **counts: int) -> Object:
    requests = [
        {"name": kind, "exactly": {"deviceClassName": kind, "count": count}} for kind, count in counts.items()
    ]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"spec": {"devices": {"requests": requests}}},
    }


def problem_of(folder: Path, *templates: Object, reach: Object, devices: int = 3) -> Problem:
    """Two nodes with two GPUs each, and a resource pool of devices on the network."""
    nodes = [changed(a_node(name), "status.nodeInfo", {"kubeletVersion": "v1.36.0"}) for name in ("n1", "n2")]
    shared = a_slice(None, name="net", devices=[a_device(f"net-{n}") for n in range(devices)], **reach)
    shared["spec"]["driver"] = NET
    classes = [
        a_device_class("gpu", 'device.driver == "gpu.nvidia.com"'),
        a_device_class("net", f'device.driver == "{NET}"'),
    ]
    slices = [a_slice("n1"), a_slice("n2"), shared]
    fleet = write(folder / "fleet", a_class(), a_cluster(), eu=[*nodes, *slices, *classes])
    path = folder / "claims.yaml"
    path.write_text(yaml.safe_dump_all(templates))
    return read([fleet], claims=[path]).problem


def selecting(*nodes: str) -> Object:
    name = {"key": "metadata.name", "operator": "In", "values": list(nodes)}
    return {"nodeSelector": {"nodeSelectorTerms": [{"matchFields": [name]}]}}


@pytest.mark.parametrize("reach", [{"allNodes": True}, selecting("n1", "n2")], ids=["all", "selected"])
def test_a_device_on_the_network_serves_one_pod_of_the_cluster(tmp_path: Path, reach: Object) -> None:
    """Four pods with a GPU would fit; there are three devices for them."""
    templates = [a_template(f"t{number}", gpu=1, net=1) for number in range(4)]
    problem = problem_of(tmp_path, *templates, reach=reach)
    decision = place(problem)

    assert 3 == len(decision.plan.creates)
    assert (1, 1) == (decision.tiers[0].value, decision.tiers[0].bound)
    names = [
        (row, problem.fleet.devices.names[row])
        for create in decision.plan.creates
        for slot in create.slots
        for request, row in slot.allocated
        if request == "net"
    ]
    assert ["net-0", "net-1", "net-2"] == sorted(name for _, name in names)


def test_a_device_that_one_node_reaches_is_local_to_it(tmp_path: Path) -> None:
    """A selector that selects one node is as good as its name."""
    problem = problem_of(tmp_path, a_template("t", gpu=1, net=2), reach=selecting("n2"))
    (create,) = place(problem).plan.creates

    assert ["n2"] == [slot.node.name for slot in create.slots if slot.node is not None]
    assert not Survey(problem).kinds.networked


def test_a_plan_that_gives_one_away_twice_is_refused(tmp_path: Path) -> None:
    """Each node alone has it."""
    problem = problem_of(
        tmp_path, *(a_template(f"t{n}", gpu=2, net=1) for n in range(2)), reach={"allNodes": True}
    )
    plan = place(problem).plan
    survey = Survey(problem)
    assert not violations(survey, plan)

    table = problem.fleet.devices
    creates = []
    for create in plan.creates:
        (slot,) = create.slots
        devices = tuple(
            replace(each, rows=(_row(problem, slot.node, "net-0"),)) if each.request == "net" else each
            for each in slot.devices
        )
        creates.append(replace(create, slots=(replace(slot, devices=devices),)))
    said = [str(found) for found in violations(survey, replace(plan, creates=tuple(creates)))]
    assert any("is given net-0, as is" in text for text in said)
    assert len(table) == 2 * (2 + 3)


def _row(problem: Problem, node: object, name: str) -> int:
    table = problem.fleet.devices
    (position,) = [n for n, each in enumerate(problem.fleet.nodes) if each.key == node]
    rows = range(int(table.starts[position]), int(table.starts[position + 1]))
    return next(row for row in rows if table.names[row] == name)


def test_two_pods_of_a_replica_do_not_share_a_device_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each node could give the one network device; the nodes of a huge fleet are not asked one by one for it."""
    monkeypatch.setattr(size, "_MOST_PAIRS", -1)
    problem = problem_of(tmp_path, a_template("pair", gpu=1, net=1), reach=selecting("n1", "n2"), devices=1)
    (claim,) = problem.deployments
    pair = replace(claim, engines=tuple(replace(engine, copies=2) for engine in claim.engines))
    decision = place(replace(problem, deployments=(pair,)))

    assert "one-by-one" == decision.path
    assert [1] == [short.missing for short in decision.plan.shortfalls]
