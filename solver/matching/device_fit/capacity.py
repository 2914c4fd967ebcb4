"""What a request takes of the capacities of a device (KEP-5075), with request policies."""

from collections.abc import Mapping

from solver.domain.quantity import Quantity
from solver.domain.resource_slice import RequestPolicy
from solver.matching.device_fit.node_devices import CapacityOfGroup


def consumption(
    asked: Mapping[str, Quantity], capacities: Mapping[str, CapacityOfGroup]
) -> Mapping[str, Quantity] | None:
    """What serving *asked* takes of each capacity; None: the device does not have what is asked.

    A capacity that is not asked for counts with its default, or in full. Whether that much is left is not
    looked at.
    """
    if not asked.keys() <= capacities.keys():
        return None
    taken: dict[str, Quantity] = {}
    for name, capacity in capacities.items():
        amount = _amount(asked.get(name), capacity)
        if amount is None or amount > capacity.value:
            return None
        taken[name] = amount
    return taken


def suffices(asked: Mapping[str, Quantity], capacities: Mapping[str, CapacityOfGroup]) -> bool:
    """Whether a device that is taken whole has what is asked."""
    relevant = {name: capacity for name, capacity in capacities.items() if name in asked}
    return consumption(asked, relevant) is not None


def _amount(asked: Quantity | None, capacity: CapacityOfGroup) -> Quantity | None:
    policy = capacity.policy
    if asked is None:
        default = policy.default if policy else None
        return capacity.value if default is None else default
    if policy is None:
        return asked
    if policy.minimum is not None:
        return _in_range(asked, policy.minimum, policy)
    if policy.valid_values:
        return min((value for value in policy.valid_values if value >= asked), default=None)
    return asked


def _in_range(asked: Quantity, minimum: Quantity, policy: RequestPolicy) -> Quantity | None:
    amount = max(asked, minimum)
    step = policy.step.value() if policy.step else 0
    if amount > minimum and step > 0:
        # Whole units, rounded up, as Kubernetes does it before 1.37.
        least = minimum.value()
        amount = Quantity.of(least + -(-(amount.value() - least) // step) * step)
    return None if policy.maximum is not None and amount > policy.maximum else amount


def has_capacity(
    asked: Mapping[str, Quantity], capacities: Mapping[str, CapacityOfGroup], *, is_shared: bool
) -> bool:
    """Whether a device can serve *asked* with what earlier allocations left of it."""
    if not is_shared:
        return suffices(asked, capacities)
    taken = consumption(asked, capacities)
    return taken is not None and all(
        capacity.consumed.nano + taken[name].nano <= capacity.value.nano
        for name, capacity in capacities.items()
    )
