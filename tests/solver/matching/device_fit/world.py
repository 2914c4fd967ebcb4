"""What the node of a problem sees, and what each query makes of a device: the ground of ``brute_force``."""

from dataclasses import dataclass

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import Claim, DeviceQuery
from solver.domain.identity import Driver
from solver.domain.kubernetes import Gate, Release, SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import DeviceId, ResourceSlice, SliceDevice
from solver.selectors.selector import OutcomeKind, compile_selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A device for one slot of a request."""

    claim: int
    request: int
    alternative: int
    device: DeviceId


class Unusable(Exception):
    """A pre-check fails."""


class World:
    """What the node of a problem sees, and the rules."""

    def __init__(self, problem: AllocationProblem, features: SchedulerFeatures) -> None:
        self.problem = problem
        self.features = features
        self.devices: dict[DeviceId, SliceDevice] = {}
        #: For each pool that has counters: all of its slices.
        self.pools: dict[tuple[Driver, str], list[ResourceSlice]] = {}
        self.has_bad_pool = False
        for key in sorted({(each.driver, each.pool) for each in problem.slices}):
            self._see([each for each in problem.slices if (each.driver, each.pool) == key])

    def _concerns(self, each: ResourceSlice) -> bool:
        partitions = self.features.has(Gate.PARTITIONABLE_DEVICES)
        if each.shared_counters and (not partitions or self.features.release < Release.V1_37):
            return partitions
        if each.scope.per_device:
            return partitions and any(self._reaches(each, device) for device in each.devices)
        return each.scope.reaches(self.problem.node, self.problem.labels)

    def _reaches(self, each: ResourceSlice, device: SliceDevice) -> bool:
        scope = device.scope if each.scope.per_device else each.scope
        return scope is not None and scope.reaches(self.problem.node, self.problem.labels)

    def _see(self, slices: list[ResourceSlice]) -> None:
        concerned = [each for each in slices if self._concerns(each)]
        if not concerned:
            return
        generation = max(each.generation for each in concerned)
        concerned = [each for each in concerned if each.generation == generation]
        same = [each for each in slices if each.generation == generation]
        wanted = concerned[0].slice_count
        known = concerned
        if len(concerned) != wanted:
            if max(each.generation for each in slices) > generation:
                return
            known = same
            if len(same) != wanted:
                self.has_bad_pool = True
                return
        names = [device.name for each in concerned for device in each.devices]
        sets = {found.name: found.counters for each in known for found in each.shared_counters}
        is_valid = len(set(names)) == len(names) and len(sets) == sum(len(s.shared_counters) for s in known)
        if self.features.has(Gate.PARTITIONABLE_DEVICES):
            uses = [use for each in known for device in each.devices for use in device.consumes]
            is_valid &= all(
                use.counter_set in sets and set(use.counters) <= set(sets[use.counter_set]) for use in uses
            )
        if not is_valid:
            self.has_bad_pool = True
            return
        self.pools[concerned[0].driver, concerned[0].pool] = known
        for each in concerned:
            for device in each.devices:
                if self._reaches(each, device):
                    self.devices[DeviceId(each.driver, each.pool, device.name)] = device

    # Single devices.

    def is_shared(self, device: SliceDevice) -> bool:
        return device.is_shared and self.features.has(Gate.CONSUMABLE_CAPACITY)

    def selects(self, query: DeviceQuery, device: SliceDevice) -> bool:
        if device.binding_conditions and not self.features.has(Gate.BINDING_CONDITIONS):
            return False
        texts = (*self.problem.classes[query.device_class].selectors, *query.selectors)
        return all(compile_selector(text).match(device.device).kind is OutcomeKind.TRUE for text in texts)

    def takes(self, query: DeviceQuery, device: SliceDevice) -> dict[str, int] | None:
        """Consumption by capacity, in nano units; None: the device does not have what is asked."""
        asked = dict(query.capacity or {}) if self.features.has(Gate.CONSUMABLE_CAPACITY) else {}
        if not set(asked) <= set(device.capacity):
            return None
        taken = {}
        for name, value in device.capacity.items():
            if name not in asked and not self.is_shared(device):
                continue
            amount = self._amount(asked.get(name), value, device, name)
            if amount is None or amount.nano > value.nano:
                return None
            taken[name] = amount.nano
        return taken

    def _amount(
        self, asked: Quantity | None, value: Quantity, device: SliceDevice, name: str
    ) -> Quantity | None:
        policy = device.policies.get(name)
        if asked is None:
            return policy.default if policy and policy.default is not None else value
        if policy is None:
            return asked
        if policy.minimum is not None:
            low = policy.minimum
            amount = asked
            if asked < low:
                amount = low
            elif policy.step is not None and asked > low:
                whole = low.value()
                while whole < asked.value():
                    whole += policy.step.value()
                amount = Quantity.of(whole)
            return None if policy.maximum is not None and amount > policy.maximum else amount
        for valid in policy.valid_values:
            if valid >= asked:
                return valid
        return None if policy.valid_values else asked

    # Whole requests.

    def all_of(self, query: DeviceQuery) -> list[DeviceId]:
        """What All asks for: what is selected, less what lacks the capacity."""
        found = []
        for at, device in self.devices.items():
            if not self.selects(query, device):
                continue
            taken = self.takes(query, device)
            if taken is None:
                continue
            consumed = self.problem.allocated.consumed.get(at, {}) if self.is_shared(device) else {}
            if any(
                amount + (consumed[name].nano if name in consumed else 0) > device.capacity[name].nano
                for name, amount in taken.items()
                if self.is_shared(device)
            ):
                continue
            found.append(at)
        return found

    def check_usable(self) -> None:
        for claim in self.problem.claims:
            total = 0
            for request in claim.requests:
                queries = alternatives(claim, request.name)
                sizes = []
                for query in queries:
                    if query.allocation_mode == "All" and self.has_bad_pool:
                        raise Unusable
                    is_all = query.allocation_mode == "All"
                    sizes.append(len(self.all_of(query)) if is_all else query.count)
                total += min(sizes)
            if total > 32:
                raise Unusable


def alternatives(claim: Claim, name: str) -> tuple[DeviceQuery, ...]:
    request = next(each for each in claim.requests if each.name == name)
    return (request.exactly,) if request.exactly is not None else request.first_available


def queries(world: World, claim: int, request: int) -> tuple[DeviceQuery, ...]:
    found = world.problem.claims[claim]
    return alternatives(found, found.requests[request].name)
