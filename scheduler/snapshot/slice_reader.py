"""ResourceSlices: the driver, the resource pool, the nodes that reach it, and its devices."""

from collections import Counter
from collections.abc import Callable

from scheduler.api.faults import shown
from scheduler.snapshot.device_reader import DeviceReader
from scheduler.snapshot.device_values import UnreadableFieldError
from scheduler.snapshot.dra_devices import quantities
from scheduler.snapshot.dra_faults import node_selector_faults
from scheduler.snapshot.dra_nodes import read_node_selector
from scheduler.snapshot.dra_shapes import SLICE_FRAME
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.objects import Object, Raw
from scheduler.snapshot.raw import items, mapping, text
from scheduler.snapshot.records import PublishedDevice, Slice, SliceScope
from scheduler.snapshot.told import Told
from solver.domain.identity import Driver
from solver.domain.resource_slice import CounterSet

_SCOPES = tuple(scope for scope in SliceScope if scope is not SliceScope.NONE)


def read_slice(read: Object, name: str, reader: DeviceReader, findings: Findings) -> Slice:
    """The slice *read*; what is wrong with it is a warning, and what that concerns offers nothing."""
    spec = mapping(read.raw, "spec")
    is_malformed = False

    told = Told(read, findings)

    def wrong(path: str, message: str) -> None:
        nonlocal is_malformed
        is_malformed = True
        told.warning(path, message)

    def wrong_choice(path: str, message: str) -> None:
        # About fields that are not there, so it hides nothing that is wrong with others below it.
        nonlocal is_malformed
        is_malformed = True
        findings.warning(read.origin, message, about=read.about, path=path)

    if not spec:
        wrong("spec", "found nothing, expected this required field")
    driver = text(spec, "driver")
    if spec and not driver:
        wrong("spec.driver", f"found {shown(spec.get('driver'))}, expected the name of a driver")
    pool = mapping(spec, "pool")
    pool_name = text(pool, "name")
    if spec and not pool_name:
        wrong("spec.pool.name", f"found {shown(pool.get('name'))}, expected the name of a resource pool")
    generation = _number(pool, "generation", least=0, wrong=wrong)
    slice_count = _number(pool, "resourceSliceCount", least=1, wrong=wrong)
    scope = _scope(spec, wrong_choice)
    shared_counters = _shared_counters(spec, wrong)
    for path, message in SLICE_FRAME(read.raw, ""):
        wrong(path, message)
    selector = None
    if scope is SliceScope.SELECTED_NODES:
        told.warnings(node_selector_faults(spec["nodeSelector"], "spec.nodeSelector"))
        selector = read_node_selector(spec["nodeSelector"])
    return Slice(
        name=name,
        driver=Driver(driver),
        pool=pool_name,
        generation=generation,
        slice_count=slice_count,
        scope=scope,
        node=text(spec, "nodeName") if scope is SliceScope.NODE else None,
        selector=selector,
        devices=_devices(read, driver, reader, findings),
        shared_counters=shared_counters,
        origin=read.origin,
        is_malformed=is_malformed,
    )


def _number(pool: Raw, field: str, *, least: int, wrong: Callable[[str, str], None]) -> int:
    value = pool.get(field)
    if type(value) is int and value >= least:
        return value
    wrong(f"spec.pool.{field}", f"found {shown(value)}, expected a number of at least {least}")
    return 0


def _scope(spec: Raw, wrong: Callable[[str, str], None]) -> SliceScope:
    given = [scope for scope in _SCOPES if spec.get(scope.value)]
    if len(given) == 1 and (given[0] is not SliceScope.NODE or isinstance(spec["nodeName"], str)):
        return given[0]
    found = " and ".join(scope.value for scope in given) if len(given) != 1 else shown(spec["nodeName"])
    wrong("spec", f"found {found or 'nothing'}, expected exactly one of {', '.join(_SCOPES)}")
    return SliceScope.NONE


def _devices(
    read: Object, driver: str, reader: DeviceReader, findings: Findings
) -> tuple[PublishedDevice, ...]:
    # One line for each kind of complaint: a driver that gets a field wrong does so on every device.
    first_at: dict[tuple[str, str], str] = {}
    times: Counter[tuple[str, str]] = Counter()
    at = ""

    def complain(path: str, message: str) -> None:
        times[path, message] += 1
        first_at.setdefault((path, message), f"{at}.{path}")

    published = []
    for position, raw in enumerate(items(read.raw, "spec", "devices")):
        at = f"spec.devices[{position}]"
        device = reader.device(raw, driver, complain)
        if device is not None:
            published.append(device)
    for key, path in first_at.items():
        more = f" (and {times[key] - 1} more devices of the slice)" if times[key] > 1 else ""
        findings.warning(read.origin, key[1] + more, about=read.about, path=path)
    return tuple(published)


def _shared_counters(spec: Raw, wrong: Callable[[str, str], None]) -> tuple[CounterSet, ...]:
    shared = []
    for position, counter_set in enumerate(items(spec, "sharedCounters")):
        name = text(counter_set, "name")
        try:
            shared.append(CounterSet(name=name, counters=quantities(mapping(counter_set, "counters"))))
        except UnreadableFieldError as error:
            wrong(f"spec.sharedCounters[{position}].counters", str(error))
    return tuple(shared)
