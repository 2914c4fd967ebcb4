"""From resource slices to devices: which offer something, and how their attributes are read."""

from pathlib import Path
from typing import Any

import pytest

from solver.domain.device import VersionText, Withheld
from solver.domain.quantity import Quantity
from solver.place import place
from tests.scheduler.snapshot.manifests import GPU, a_claim, a_device, a_node, a_slice, changed
from tests.scheduler.snapshot.readings import lines, of_fleet, withheld

TAINTED = [{"key": "k", "effect": "NoExecute"}]
COUNTED = [{"counterSet": "s", "counters": {"c": {"value": "1"}}}]
DEVICES: list[tuple[dict[str, Any], Withheld | None]] = [
    ({}, None),
    ({"allowMultipleAllocations": False}, None),
    ({"allowMultipleAllocations": True}, None),
    ({"taints": TAINTED}, None),
    ({"taints": [{"key": "k", "effect": "None"}]}, None),
    ({"bindingConditions": ["ready"]}, Withheld.BINDING),
    ({"bindingConditions": []}, None),
]


@pytest.mark.parametrize(("fields", "expected"), DEVICES)
def test_devices_that_a_gate_keeps_from_everybody_offer_nothing(
    tmp_path: Path, fields: dict[str, Any], expected: Withheld | None
) -> None:
    """A cluster without known release has the gates of 1.35; the devices stay visible to selectors."""
    found = of_fleet(tmp_path, a_node(), a_slice(devices=[a_device(**fields)]))
    assert [expected] == withheld(found)


def test_devices_with_counters_offer_nothing(tmp_path: Path) -> None:
    """Counters and devices in different slices of one pool, as since 1.35."""
    shared = [{"name": "s", "counters": {"c": {"value": "1"}}}]
    counters = a_slice(name="a", devices=[], count=2, sharedCounters=shared)
    devices = a_slice(name="b", devices=[a_device(consumesCounters=COUNTED)], count=2)

    assert [Withheld.COUNTERS] == withheld(of_fleet(tmp_path, a_node(), counters, devices))
    unknown = changed(devices, "spec.devices.0.consumesCounters.0.counterSet", "t")
    assert [Withheld.POOL_INVALID] == withheld(of_fleet(tmp_path / "b", a_node(), counters, unknown))


def test_all_attribute_types_are_read(tmp_path: Path) -> None:
    """Qualified names keep their domain, bare ones get the driver's; lists are from 1.36."""
    attributes = {
        "s": {"string": ""},
        "v": {"version": "1.2.3-rc.1+b"},
        "i": {"int": -1},
        "t": {"bool": True},
        "other.io/l": {"strings": ["a", "b"]},
        "n": {"ints": [1, 2]},
    }
    found = of_fleet(tmp_path, a_node(), a_slice(devices=[a_device(attributes=attributes)]))

    expected = {
        (GPU, "s"): "", (GPU, "v"): VersionText("1.2.3-rc.1+b"), (GPU, "i"): -1, (GPU, "t"): True,
        ("other.io", "l"): ("a", "b"), (GPU, "n"): (1, 2),
    }  # fmt: skip
    assert expected == found.problem.fleet.devices.device(0).attributes


def test_equal_values_of_different_types_stay_apart(tmp_path: Path) -> None:
    """True, 1 and "1" are three attribute values."""
    devices = [
        a_device(f"d{number}", attributes={"a": value})
        for number, value in enumerate([{"int": 1}, {"bool": True}, {"string": "1"}, {"version": "1.0.0"}])
    ]
    table = of_fleet(tmp_path, a_node(), a_slice(devices=devices)).problem.fleet.devices

    values = [table.device(row).attributes[GPU, "a"] for row in range(4)]  # type: ignore[index]
    assert [1, True, "1", VersionText("1.0.0")] == values
    assert [int, bool, str, VersionText] == [type(value) for value in values]


BAD_FIELDS: list[tuple[str, object, str]] = [
    ("attributes.cc", {"version": "9.0"}, "attributes[cc]: found '9.0', expected a semantic version"),
    ("attributes.cc", {"version": 9}, "attributes[cc]: found 9, expected a semantic version"),
    ("attributes.i", {"int": True}, "attributes[i]: found true, expected a value of type int"),
    ("attributes.i", {"int": "1"}, "attributes[i]: found '1', expected a value of type int"),
    ("attributes.b", {"bool": 1}, "attributes[b]: found 1, expected a value of type bool"),
    ("attributes.s", {"string": 1}, "attributes[s]: found 1, expected a value of type string"),
    ("attributes.s", {"string": "a", "int": 1}, "attributes[s]: found int and string, expected exactly one"),
    ("attributes.s", {}, "attributes[s]: found an object, expected exactly one"),
    ("attributes.s", "x", "attributes[s]: found 'x', expected exactly one"),
    ("attributes.s", {"strings": ["a", 1]}, "attributes[s]: found 1, expected a value of type string"),
    ("attributes.f", {"float": 1.5}, "attributes[f]: found the type float"),
    ("attributes", ["x"], "attributes: found a list, expected an object"),
    ("capacity.memory", {"value": "80GB"}, "capacity[memory].value: found '80GB', expected a quantity"),
    ("capacity.memory", {}, "capacity[memory].value: found null, expected a quantity"),
    ("capacity", "x", "capacity: found 'x', expected an object"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD_FIELDS)
def test_an_unreadable_field_makes_the_device_malformed(
    tmp_path: Path, path: str, value: object, message: str
) -> None:
    """Every selector on it is a run-time error then, as nobody knows what it would have read."""
    devices = [changed(a_device(), path, value), a_device("gpu-1")]
    found = of_fleet(tmp_path, a_node(), a_slice(devices=devices))

    assert [f"eu.json document 1: ResourceSlice slice-n1: spec.devices[0].{message}"] == [
        line.rpartition("/clusters/")[2][
            : len("eu.json document 1: ResourceSlice slice-n1: spec.devices[0].") + len(message)
        ]
        for line in lines(found)
    ]
    table = found.problem.fleet.devices
    malformed = table.device(0).malformed
    assert malformed is not None
    assert malformed.startswith(message.partition(": ")[0])
    assert table.device(1).malformed is None


def test_the_same_mistake_on_every_device_is_one_line(tmp_path: Path) -> None:
    """A driver that gets a field wrong does so everywhere."""
    devices = [a_device(f"d{number}", attributes={"v": {"version": "1"}}) for number in range(64)]
    found = of_fleet(tmp_path, a_node(), a_slice(devices=devices))

    assert 1 == len(found.findings)
    assert "(and 63 more devices of the slice)" in lines(found)[0]


def test_a_device_that_names_its_own_node_is_local_to_it(tmp_path: Path) -> None:
    """From 1.36 on, and unless its counters are those of other nodes too."""
    node = changed(a_node(), "status.nodeInfo", {"kubeletVersion": "v1.36.2"})
    mine, theirs = a_device("mine", nodeName="n1"), a_device("theirs", nodeName="n2")
    each = a_slice(None, name="each", perDeviceNodeSelection=True, devices=[mine, theirs])
    assert [None] == withheld(of_fleet(tmp_path / "a", node, each))

    shared = [{"name": "s", "counters": {"c": {"value": "1"}}}]
    counters = a_slice(None, name="counters", devices=[], count=2, allNodes=True, sharedCounters=shared)
    everywhere = a_device("everywhere", allNodes=True)
    parts = [mine | {"consumesCounters": COUNTED}, everywhere | {"consumesCounters": COUNTED}]
    each = a_slice(None, name="each", count=2, perDeviceNodeSelection=True, devices=parts)
    other = changed(node, "metadata.name", "n2")
    read = of_fleet(tmp_path / "b", node, other, counters, each)
    assert {Withheld.NOT_NODE_LOCAL} == set(withheld(read))


def test_gates_follow_the_release_of_the_kubelets(tmp_path: Path) -> None:
    """Partitions are given away from 1.36 on."""
    shared = [{"name": "s", "counters": {"c": {"value": "1"}}}]
    counters = a_slice(name="a", devices=[], count=2, sharedCounters=shared)
    devices = a_slice(name="b", devices=[a_device(consumesCounters=COUNTED)], count=2)
    node = changed(a_node(), "status.nodeInfo", {"kubeletVersion": "v1.36.0"})
    assert [None] == withheld(of_fleet(tmp_path, node, counters, devices))


def test_a_pool_whose_counters_are_below_nothing_is_reported_once(tmp_path: Path) -> None:
    """Two parts are held that one GPU cannot have given: the driver or somebody's hand made them."""
    shared = [{"name": "s", "counters": {"c": {"value": "1"}, "d": {"value": "1"}}}]
    uses = [{"counterSet": "s", "counters": {"c": {"value": "1"}, "d": {"value": "1"}}}]
    counters = a_slice(name="a", devices=[], count=2, sharedCounters=shared)
    parts = [a_device(f"p{number}", consumesCounters=uses) for number in range(3)]
    node = changed(a_node(), "status.nodeInfo", {"kubeletVersion": "v1.36.0"})
    found = of_fleet(
        tmp_path, node, counters, a_slice(name="b", devices=parts, count=2), a_claim("x", "p0", "p1")
    )

    (said,) = [line for line in lines(found) if "counter" in line]
    expected = (
        "claims take 2 of counter s/c of resource pool gpu.nvidia.com/n1, expected at most 1;"
        " it gives no more parts away"
    )
    assert said.endswith(f"document 1: ResourceSlice a: spec.sharedCounters[0].counters[c]: {expected}")
    assert not place(found.problem).plan.creates


def test_shares_of_a_device_are_added_up(tmp_path: Path) -> None:
    """What claims of others take of it is gone; the rest is still to be had."""
    device = a_device("big", allowMultipleAllocations=True)
    claims = [a_claim(name, "big") for name in ("x", "y")]
    for number, claim in enumerate(claims):
        result = claim["status"]["allocation"]["devices"]["results"][0]
        result |= {"shareID": f"id-{number}", "consumedCapacity": {"memory": "10Gi"}}
    node = changed(a_node(), "status.nodeInfo", {"kubeletVersion": "v1.36.0"})
    table = of_fleet(tmp_path, node, a_slice(devices=[device]), *claims).problem.fleet.devices

    assert [False] == list(table.in_use)
    assert {0: {"memory": Quantity.parse("20Gi")}} == table.consumed


def policed(**valid_range: str) -> dict[str, object]:
    return {"memory": {"value": "80Gi", "requestPolicy": {"default": "1Gi", "validRange": valid_range}}}


RANGE = "capacity[memory].requestPolicy.validRange"
#: Fields of a device that the API server would not accept, and what is told of them.
FAULTS: list[tuple[dict[str, Any], str]] = [
    (
        {"taints": [{"key": "k", "effect": "NoSchedul"}]},
        (
            "taints[0].effect: found 'NoSchedul', expected one of NoSchedule, NoExecute, None (nearest: NoSchedule);"
            " it repels nothing"
        ),
    ),
    (
        {"taints": [{"key": "k"}]},
        "taints[0].effect: found nothing, expected one of NoSchedule, NoExecute, None; it repels nothing",
    ),
    (
        {"capacity": policed(min="1Gi", step="0")},
        f"{RANGE}.step: found '0', expected an amount above 0; steps do not count",
    ),
    (
        {"capacity": policed(min="4Gi", max="2Gi")},
        f"{RANGE}.max: found '2Gi', expected at least the minimum, '4Gi'; a request for an amount fits no such device",
    ),
]


@pytest.mark.parametrize(("fields", "message"), FAULTS)
def test_terms_that_mean_nothing_are_told(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    """The device is given away as the allocator would give it."""
    device = a_device(allowMultipleAllocations=True, **fields)
    found = of_fleet(tmp_path, a_node(), a_slice(devices=[device]))

    (line,) = lines(found)
    assert line.endswith(f": spec.devices[0].{message}")
    assert found.problem.fleet.devices.device(0).malformed is None


#: Terms of the wrong type, and what is told of them.
WRONG_TERMS: list[tuple[dict[str, Any], str]] = [
    ({"allowMultipleAllocations": "yes"}, "allowMultipleAllocations: found 'yes', expected true or false"),
    ({"taints": [{"key": 5}]}, "taints[0].key: found 5, expected text"),
    ({"bindingConditions": [5]}, "bindingConditions[0]: found 5, expected text"),
    (
        {"consumesCounters": [{"counterSet": "s", "counters": {"c": {"value": "x"}}}]},
        "consumesCounters[0].counters[c].value: found 'x', expected a quantity such as 80Gi",
    ),
    ({"capacity": policed(min="x")}, f"{RANGE}.min: found 'x', expected a quantity such as 80Gi"),
    # Told once, though both who reads selectors and who reads terms look at it.
    (
        {"allowMultipleAllocations": True, "capacity": {"memory": "x"}},
        "capacity[memory].value: found 'x', expected a quantity such as 80Gi",
    ),
]


@pytest.mark.parametrize(("fields", "message"), WRONG_TERMS)
def test_terms_of_the_wrong_type_take_the_device_out(
    tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    """Nobody knows on which terms it is to be given away."""
    found = of_fleet(tmp_path, a_node(), a_slice(devices=[a_device(**fields)]))

    (line,) = lines(found)
    assert line.endswith(f": spec.devices[0].{message}")
    assert found.problem.fleet.devices.device(0).malformed == message


def test_taints_that_are_no_list_take_the_device_out(tmp_path: Path) -> None:
    """Nobody knows what the driver wanted to keep off."""
    found = of_fleet(tmp_path, a_node(), a_slice(devices=[a_device(taints="sick")]))

    (line,) = lines(found)
    assert "spec.devices[0].taints: found 'sick', expected a list" in line
    assert found.problem.fleet.devices.device(0).malformed is not None
