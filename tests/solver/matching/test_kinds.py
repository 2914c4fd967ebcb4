"""Device kinds: as few as the selectors of a problem can tell apart."""

from solver.domain.fleet import DeviceClass
from solver.matching.kinds import DeviceKinds, bits
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    DeviceSpec,
    PoolSpec,
    a_fleet,
    at_least,
    gpus,
)


def _kinds(*devices: DeviceSpec, texts: tuple[str, ...] = (), nodes: int = 2) -> DeviceKinds:
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=nodes, devices=devices),)))
    return DeviceKinds(fleet.devices, texts)


def _with(serial: int) -> DeviceSpec:
    return gpus(1, attributes={"serial": serial})


def test_devices_that_no_selector_tells_apart_are_one_kind() -> None:
    """A million devices with serial numbers are still one kind."""
    devices = [_with(serial) for serial in range(4)]

    assert 1 == len(_kinds(*devices))
    assert 2 == len(_kinds(*devices, texts=('device.attributes["gpu.nvidia.com"].serial > 1',)))


def test_memory_is_always_told_apart() -> None:
    """It is the price where there are no dollars."""
    kinds = _kinds(gpus(1, "141Gi"), gpus(3, "80Gi"))

    assert {141 << 30: 1, 80 << 30: 3} == {
        kinds.memory_bytes[kind]: int(kinds.total[0, kind]) for kind in range(len(kinds))
    }


def test_kinds_do_not_depend_on_the_order_of_the_input() -> None:
    """Same input, same bytes."""
    texts = (at_least("100Gi"), at_least("30Gi"))
    devices = gpus(1, "24Gi"), gpus(1, "141Gi"), gpus(1, "80Gi")

    one, other = _kinds(*devices, texts=texts), _kinds(*devices[::-1], texts=texts[::-1])

    assert one.memory_bytes == other.memory_bytes
    assert one.total.tolist() == other.total.tolist()


def test_matching_failing_and_broken_selectors() -> None:
    """Three outcomes besides true, never mixed up."""
    nic = DeviceSpec(driver="nic.example.com", device_class="nic", memory="", name="nic")  # type: ignore[arg-type]
    kinds = _kinds(gpus(1, "141Gi"), gpus(1, "80Gi"), nic, texts=(at_least("100Gi"), "device.("))

    matching, failing = bits(kinds.matching(at_least("100Gi"))), bits(kinds.failing(at_least("100Gi")))
    assert [141 << 30] == [kinds.memory_bytes[kind] for kind in matching]
    assert ["nic.example.com"] == [kinds.examples[kind].driver for kind in failing]
    assert (["device.("], 0, 0) == (list(kinds.broken), kinds.matching("device.("), kinds.failing("device.("))


def test_a_declared_device_belongs_to_the_class_its_entry_names() -> None:
    """Whatever the selectors of the class say; a Synthetic one belongs to none."""
    kinds = _kinds(gpus(1), DeviceSpec(device_class=None))
    never = DeviceClass(name=GPU_CLASS, selectors=("false",))

    assert 1 == len(bits(kinds.in_class(never)))
    assert 1 == len(bits(kinds.synthetic))
    assert 0 == kinds.in_class(never) & kinds.synthetic


def test_bits_are_the_positions_of_ones() -> None:
    """Ascending."""
    assert ((), (0, 2)) == (bits(0), bits(0b101))
