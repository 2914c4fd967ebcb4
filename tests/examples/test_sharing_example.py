"""The example of exact device allocation: a fleet with MIG slices, an AMD partition, shared NICs and a compute domain."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from inline_snapshot import snapshot

from adapters.cli.main import cli
from scheduler.snapshot import Reading, read
from solver.domain.decision import Decision
from solver.domain.plan import Slot
from solver.domain.quantity import Quantity
from solver.place import place
from solver.search.budget import Budget

EXAMPLE = Path(__file__).parents[2] / "examples" / "sharing"
FOLDERS = ("fleet", "deployments")
BUDGET = Budget(deterministic_seconds=10)

DeviceName = tuple[str, str, str]
"""Driver, resource pool and device."""


def read_example(folder: Path) -> Reading:
    return read([folder / each for each in FOLDERS])


@cache
def planned() -> tuple[Reading, Decision]:
    reading = read_example(EXAMPLE)
    return reading, place(reading.problem, BUDGET)


def pods(decision: Decision) -> Iterator[tuple[str, Slot]]:
    for replica in sorted(decision.plan.replicas, key=lambda each: each.replica):
        for slot in replica.slots:
            yield str(replica.replica), slot


def device_name(reading: Reading, row: int) -> DeviceName:
    table = reading.problem.fleet.devices
    return table.device(row).driver, table.resource_pools[row], table.names[row]


def objects() -> list[dict[str, Any]]:
    files = sorted((EXAMPLE / "fleet").rglob("*.yaml"))
    return [document for file in files for document in yaml.safe_load_all(file.read_text())]


def test_a_fleet_with_shared_devices_is_planned() -> None:
    """The table of ``examples/sharing/README.md``; tiers of price and the like are only asked to be closed."""
    folders = [str(EXAMPLE / each) for each in FOLDERS]
    result = CliRunner().invoke(cli, ["plan", *folders], catch_exceptions=False)
    deployments, *_ = result.stdout.split("\n\n")

    assert 0 == result.exit_code
    assert deployments == snapshot("""\
DEPLOYMENT            PRIORITY   WANTED   PLACED   KEPT   NEW   SHORT   WHERE
agents/gpt-oss-120b   10         1        1        0      1     0       aws-virginia x1
batch/llama-3.3-70b   0          3        3        0      3     0       azure-dublin x3
chat/qwen3-32b        100        1        1        0      1     0       aws-virginia x1
chat/qwen3-4b         0          3        3        0      3     0       aws-virginia x3
ops/channel-probe     0          1        1        0      1     0       aws-virginia x1
research/two-halves   -10        2        0        0      0     2       <none>
vision/gemma-3-12b    0          2        2        0      2     0       aws-virginia x1, azure-dublin x1\
""")


def test_every_pod_has_the_devices_that_the_replay_gives_it() -> None:
    reading, decision = planned()
    given = [
        f"{replica} {slot.role} {request}: {' '.join(device_name(reading, row)[1:])}"
        for replica, slot in pods(decision)
        for request, row in slot.allocated
    ]

    assert all(slot.allocated for _, slot in pods(decision))
    assert given == snapshot(
        [
            "agents/gpt-oss-120b@aws-virginia/0 Leader gpu: ip-10-3-0-21.ec2.internal gpu-0",
            "agents/gpt-oss-120b@aws-virginia/0 Leader nic: ip-10-3-0-21.ec2.internal pci-0000-12-00-0",
            "agents/gpt-oss-120b@aws-virginia/0 Leader channel: ip-10-3-0-21.ec2.internal channel-0",
            "agents/gpt-oss-120b@aws-virginia/0 Worker gpu: ip-10-3-0-22.ec2.internal gpu-1",
            "agents/gpt-oss-120b@aws-virginia/0 Worker nic: ip-10-3-0-22.ec2.internal pci-0000-92-00-0",
            "agents/gpt-oss-120b@aws-virginia/0 Worker channel: ip-10-3-0-22.ec2.internal channel-0",
            "batch/llama-3.3-70b@azure-dublin/0 Standalone gpu: aks-mi300x-20417731-vmss000000 gpu-0",
            "batch/llama-3.3-70b@azure-dublin/1 Standalone gpu: aks-mi300x-20417731-vmss000000 gpu-1",
            "batch/llama-3.3-70b@azure-dublin/2 Standalone gpu: aks-mi300x-20417731-vmss000001 gpu-1",
            "chat/qwen3-32b@aws-virginia/0 Standalone gpu: ip-10-3-0-22.ec2.internal gpu-0",
            "chat/qwen3-4b@aws-virginia/0 Standalone part: ip-10-3-0-21.ec2.internal gpu-1-mig-1g10gb-19-1",
            "chat/qwen3-4b@aws-virginia/1 Standalone part: ip-10-3-0-21.ec2.internal gpu-1-mig-1g10gb-19-2",
            "chat/qwen3-4b@aws-virginia/2 Standalone part: ip-10-3-0-21.ec2.internal gpu-1-mig-1g10gb-19-3",
            "ops/channel-probe@aws-virginia/0 Standalone channel: ip-10-3-0-21.ec2.internal channel-0",
            "vision/gemma-3-12b@aws-virginia/0 Standalone part/mig: ip-10-3-0-21.ec2.internal gpu-1-mig-3g40gb-9-4",
            "vision/gemma-3-12b@azure-dublin/0 Standalone part/cpx: aks-mi300x-20417731-vmss000001 gpu-0-cpx-1",
        ]
    )


def test_every_tier_is_proven_by_the_exact_method() -> None:
    _, decision = planned()

    assert [] == [tier.name for tier in decision.tiers if not tier.is_closed]
    assert ("nodes", ()) == (decision.path, decision.record.violations)
    assert not decision.record.is_interrupted


def test_what_is_short_says_why() -> None:
    _, decision = planned()
    reasons = {
        f"{each.deployment}, {pool.node_pool}: {pool.reason} ({pool.detail})"
        for each in decision.rejections
        for pool in each.rejected
    }

    assert sorted(reasons) == snapshot(
        [
            "research/two-halves, aws-virginia/h100-mig: InsufficientFreeCapacity (half: no node can give it beside what is taken of its devices)",
            "research/two-halves, azure-dublin/mi300x: DeviceSelectorNotMatched (half: driver gpu.amd.com != gpu.nvidia.com)",
        ]
    )


def taken(reading: Reading, decision: Decision) -> Counter[DeviceName]:
    """How often each device is given away, by claims that are there and by the plan; looking on does not count."""
    found: Counter[DeviceName] = Counter()
    for each in objects():
        if each["kind"] == "ResourceClaim":
            for result in each["status"]["allocation"]["devices"]["results"]:
                found[result["driver"], result["pool"], result["device"]] += 1
    for _, slot in pods(decision):
        looking_on = {each.request for each in slot.devices if each.has_admin_access}
        for request, row in slot.allocated:
            found[device_name(reading, row)] += request not in looking_on
    return found


def test_no_gpu_is_both_whole_and_in_parts() -> None:
    """Counted from the files alone: nothing is given twice, and no counter gives more than there is."""
    reading, decision = planned()
    given = taken(reading, decision)
    left: dict[tuple[str, str, str], int] = {}
    used: Counter[tuple[str, str, str]] = Counter()
    for spec in (each["spec"] for each in objects() if each["kind"] == "ResourceSlice"):
        pool = spec["pool"]["name"]
        for counter_set in spec.get("sharedCounters", ()):
            for name, amount in counter_set["counters"].items():
                left[pool, counter_set["name"], name] = Quantity.parse(amount["value"]).nano
        for device in spec.get("devices", ()):
            count = given[spec["driver"], pool, device["name"]]
            assert count <= 1 or device.get("allowMultipleAllocations")
            for consumed in device.get("consumesCounters", ()):
                for name, amount in consumed["counters"].items():
                    nano = Quantity.parse(amount["value"]).nano
                    used[pool, consumed["counterSet"], name] += count * nano

    assert [] == [counter for counter, amount in sorted(used.items()) if amount > left[counter]]


def test_nics_give_the_bandwidth_that_they_have() -> None:
    """100G for each pod of the gang, beside what claims hold; one NIC is full to the last bit."""
    reading, decision = planned()
    held: Counter[tuple[str, str]] = Counter()
    for each in objects():
        if each["kind"] == "ResourceClaim":
            for result in each["status"]["allocation"]["devices"]["results"]:
                gigabits = result.get("consumedCapacity", {}).get("bandwidth", "0G")
                held[result["pool"], result["device"]] += int(gigabits.removesuffix("G"))
    for _, slot in pods(decision):
        for request, row in slot.allocated:
            held[device_name(reading, row)[1:]] += 100 * (request == "nic")
    nics = {f"{pool} {device}": amount for (pool, device), amount in sorted(held.items()) if amount}

    assert nics == snapshot(
        {
            "ip-10-3-0-21.ec2.internal pci-0000-12-00-0": 400,
            "ip-10-3-0-21.ec2.internal pci-0000-92-00-0": 100,
            "ip-10-3-0-22.ec2.internal pci-0000-12-00-0": 350,
            "ip-10-3-0-22.ec2.internal pci-0000-92-00-0": 100,
        }
    )


def test_gpu_and_nic_of_a_pod_share_a_pcie_root() -> None:
    reading, decision = planned()
    table = reading.problem.fleet.devices
    roots = [
        {
            str(value)
            for request, row in slot.allocated
            if request in ("gpu", "nic")
            for name, value in table.device(row).attributes.items()
            if name.identifier == "pcieRoot"
        }
        for replica, slot in pods(decision)
        if replica.startswith("agents/")
    ]

    assert roots == snapshot([{"pci0000:10"}, {"pci0000:90"}])


@pytest.mark.parametrize("is_shuffled", [False, True])
def test_the_decision_is_the_same_again(tmp_path: Path, *, is_shuffled: bool) -> None:
    """Planned twice, and from the same objects in other files and another order."""
    if is_shuffled:
        for file in EXAMPLE.rglob("*.yaml"):
            path = tmp_path / file.relative_to(EXAMPLE)
            path.parent.mkdir(parents=True, exist_ok=True)
            documents = list(yaml.safe_load_all(file.read_text()))
            path.with_stem(path.stem[::-1]).write_text(yaml.safe_dump_all(reversed(documents)))
    reading = read_example(tmp_path if is_shuffled else EXAMPLE)

    assert planned()[1] == place(reading.problem, BUDGET)
