"""Resource pools as the allocator gathers them for one node."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from solver.domain.node_selector import NodeRequirement, NodeSelector
from solver.domain.resource_slice import CounterSet, NodeScope, ResourceSlice
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.faults import AllocationFailed
from solver.matching.replay.slice_index import PoolId, SliceIndex

_OPERATORS = frozenset({"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"})


@dataclass(slots=True, kw_only=True)
class Pool:
    """A resource pool: the slices that the node reaches, and those that it does not but that use counters."""

    id: PoolId
    slices: tuple[ResourceSlice, ...] = ()
    elsewhere: tuple[ResourceSlice, ...] = ()
    counter_sets: Mapping[str, CounterSet] = field(default_factory=dict)
    is_incomplete: bool = False
    #: Why it is invalid; empty: it is not.
    invalid: str = ""
    #: A device of it has binding conditions.
    binds: bool = False

    def __str__(self) -> str:
        return "/".join(self.id)


def gather(index: SliceIndex, node: str, labels: Mapping[str, str], behaviour: Behaviour) -> list[Pool]:
    """The pools that *node* reaches, in the order in which their first slice comes (1.36: by driver and name).

    Those with binding conditions are not put last yet: that is up to the order of the pools.

    Raises:
        AllocationFailed: the node selector of a slice has an operator that is not known.
    """
    relevant = [
        each
        for each in index.around(node)
        if not _is_skipped(each, behaviour) and _is_relevant(each, node, labels, behaviour)
    ]
    # A slice with binding conditions comes after those without, wherever it stands.
    if behaviour.puts_binding_last:
        relevant.sort(key=lambda each: _binds(each) and not each.shared_counters)
    groups: dict[PoolId, list[ResourceSlice]] = {}
    for each in relevant:
        _add(groups.setdefault((each.driver, each.pool), []), each)
    found = [_pool(key, group, index, behaviour) for key, group in groups.items()]
    pools = [pool for pool in found if pool is not None]
    if behaviour.orders_pools:
        pools.sort(key=lambda pool: pool.id)
    return pools


def _is_skipped(each: ResourceSlice, behaviour: Behaviour) -> bool:
    if behaviour.partitionable:
        return False
    return each.scope.per_device or (bool(each.shared_counters) and not behaviour.counts_by_slice)


def _is_relevant(each: ResourceSlice, node: str, labels: Mapping[str, str], behaviour: Behaviour) -> bool:
    if each.shared_counters and not (behaviour.looks_counters_up or behaviour.counts_by_slice):
        return True
    if not each.scope.per_device:
        return reaches(each.scope, node, labels)
    return any(device.scope is not None and reaches(device.scope, node, labels) for device in each.devices)


def reaches(scope: NodeScope, node: str, labels: Mapping[str, str]) -> bool:
    """Whether *node* is in *scope*.

    Raises:
        AllocationFailed: its selector has an operator that is not known.
    """
    if scope.node is None and not scope.all_nodes and scope.selector is not None:
        for requirement in _requirements(scope.selector):
            if requirement.operator not in _OPERATORS:
                raise AllocationFailed(f"node selector has the unknown operator {requirement.operator!r}")
    return scope.reaches(node, labels)


def _requirements(selector: NodeSelector) -> Iterator[NodeRequirement]:
    yield from selector.expressions
    yield from selector.fields


def _binds(each: ResourceSlice) -> bool:
    return any(device.binding_conditions for device in each.devices)


def _add(group: list[ResourceSlice], each: ResourceSlice) -> None:
    """Add *each* to the slices of its pool, of which only the newest generation is kept."""
    if group and each.generation < group[0].generation:
        return
    if group and each.generation > group[0].generation:
        group.clear()
    group.append(each)


def _pool(key: PoolId, group: list[ResourceSlice], index: SliceIndex, behaviour: Behaviour) -> Pool | None:
    """As :func:`_built`; a pool of another node, of which only counters are seen, is the same for all nodes."""
    if not all(each.shared_counters for each in group):
        return _built(key, group, index, behaviour)
    seen = (key, behaviour, tuple(map(id, group)))
    if seen not in index.known:
        index.known[seen] = _built(key, group, index, behaviour)
    found = index.known[seen]
    return found if isinstance(found, Pool) else None


def _built(key: PoolId, group: list[ResourceSlice], index: SliceIndex, behaviour: Behaviour) -> Pool | None:
    """The pool of the slices *group*; None if it is being replaced, which the node cannot see otherwise."""
    # The reachable slices alone may make it complete. Then a newer generation elsewhere goes unnoticed.
    everywhere = group
    is_complete = len(group) == group[0].slice_count
    if not is_complete and behaviour.looks_beyond_node:
        same = index.of_pool(key)
        if any(each.generation > group[0].generation for each in same):
            return None
        everywhere = [each for each in same if each.generation == group[0].generation]
        # Too many are as bad as too few.
        is_complete = len(everywhere) == group[0].slice_count
    if behaviour.orders_pools:
        group.sort(key=lambda each: each.name)
    if behaviour.uses_incomplete_pools:
        return _plain_pool(key, group, behaviour, is_incomplete=not is_complete)
    if not is_complete:
        return Pool(id=key, is_incomplete=True)
    return _complete_pool(key, group, everywhere, behaviour)


def _plain_pool(
    key: PoolId, group: list[ResourceSlice], behaviour: Behaviour, *, is_incomplete: bool = False
) -> Pool:
    invalid = _repeated_device(group)
    # 1.34 keeps the devices of an invalid pool, which matters for its place only.
    binds = any(map(_binds, group)) and (not invalid or behaviour.uses_incomplete_pools)
    slices = () if invalid else tuple(group)
    return Pool(id=key, slices=slices, is_incomplete=is_incomplete, invalid=invalid, binds=binds)


def _complete_pool(
    key: PoolId, group: list[ResourceSlice], everywhere: list[ResourceSlice], behaviour: Behaviour
) -> Pool:
    if not behaviour.partitionable:
        return _plain_pool(key, group, behaviour)
    slices = [each for each in group if not each.shared_counters]
    counting = [each for each in group if each.shared_counters]
    names = {each.name for each in group}
    elsewhere = (
        [each for each in everywhere if each.name not in names] if len(everywhere) != len(group) else []
    )
    if behaviour.looks_counters_up:
        counting += [each for each in elsewhere if each.shared_counters]
        elsewhere = [each for each in elsewhere if not each.shared_counters]
    sets = {counted.name: counted for each in counting for counted in each.shared_counters}
    invalid = (
        _repeated_device(slices)
        or _repeated_set(counting)
        or _unknown_counter(sets, group)
        or _unknown_counter(sets, elsewhere)
    )
    if invalid:
        return Pool(id=key, invalid=invalid)
    binds = any(map(_binds, slices))
    return Pool(id=key, slices=tuple(slices), elsewhere=tuple(elsewhere), counter_sets=sets, binds=binds)


def _repeated_device(slices: Iterable[ResourceSlice]) -> str:
    seen = set[str]()
    for each in slices:
        for device in each.devices:
            if device.name in seen:
                return f"device {device.name} is published twice"
            seen.add(device.name)
    return ""


def _repeated_set(slices: Iterable[ResourceSlice]) -> str:
    seen = set[str]()
    for each in slices:
        for counted in each.shared_counters:
            if counted.name in seen:
                return f"counter set {counted.name} is published twice"
            seen.add(counted.name)
    return ""


def _unknown_counter(sets: Mapping[str, CounterSet], slices: Iterable[ResourceSlice]) -> str:
    for use in (use for each in slices for device in each.devices for use in device.consumes):
        if use.counter_set not in sets:
            return f"counter set {use.counter_set} is not published"
        for counter in use.counters:
            if counter not in sets[use.counter_set].counters:
                return f"counter {counter} is not published in counter set {use.counter_set}"
    return ""
