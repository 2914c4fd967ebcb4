"""What a request takes of the capacity of a device, rounded as the policy of the capacity says."""

from collections.abc import Mapping

from solver.domain.quantity import NANO, Quantity, QuantityFormat
from solver.domain.resource_slice import RequestPolicy, SliceDevice

_MILLI = NANO // 1000


def consumption(
    published: SliceDevice, requested: Mapping[str, Quantity] | None, *, in_milli: bool
) -> dict[str, Quantity] | None:
    """What a request for *requested* takes of every capacity of the device, None if the device cannot serve it.

    Names are compared as written: a full name does not stand for the short one. Whether that much is left
    is not decided here. *in_milli*: steps are not rounded to whole units.
    """
    wanted = requested or {}
    if any(name not in published.capacity for name in wanted):
        return None
    taken: dict[str, Quantity] = {}
    for name, total in published.capacity.items():
        policy = published.policies.get(name)
        amount = _taken(wanted.get(name), total, policy, in_milli=in_milli)
        if policy is not None and _violates(amount, policy, in_milli=in_milli):
            return None
        taken[name] = amount
    return taken


def _taken(
    requested: Quantity | None, total: Quantity, policy: RequestPolicy | None, *, in_milli: bool
) -> Quantity:
    if requested is None:
        return total if policy is None or policy.default is None else policy.default
    if policy is None:
        return requested
    if policy.minimum is not None:
        return _rounded(requested, policy, policy.minimum, in_milli=in_milli)
    return next((value for value in policy.valid_values if requested <= value), requested)


def _rounded(requested: Quantity, policy: RequestPolicy, minimum: Quantity, *, in_milli: bool) -> Quantity:
    """*requested*, raised to the minimum or to the next step above it."""
    if requested < minimum:
        return minimum
    if policy.step is None:
        return requested
    unit = _unit(policy, in_milli=in_milli)
    step = _units(policy.step, unit)
    if step == 0:
        return requested
    base = _units(minimum, unit)
    amount = base + -(-(_units(requested, unit) - base) // step) * step
    written_as = policy.step.format if in_milli else QuantityFormat.BINARY_SI
    scale = 0 if amount * unit % NANO == 0 else -3
    return Quantity(nano=amount * unit, format=written_as, scale=scale)


def _violates(amount: Quantity, policy: RequestPolicy, *, in_milli: bool) -> bool:
    if policy.default is not None and _is_written_alike(amount, policy.default):
        return False
    if policy.minimum is not None or policy.maximum is not None or policy.step is not None:
        if policy.maximum is not None and amount > policy.maximum:
            return True
        if policy.step is None:
            return False
        unit = _unit(policy, in_milli=in_milli)
        step = _units(policy.step, unit)
        base = _units(policy.minimum, unit) if policy.minimum is not None else 0
        return step != 0 and (_units(amount, unit) - base) % step != 0
    return bool(policy.valid_values) and amount not in policy.valid_values


def _is_written_alike(amount: Quantity, other: Quantity) -> bool:
    # Kubernetes compares the two as structures (``==`` on resource.Quantity, consumable_capacity.go): 1Gi
    # is not 1073741824, and one that needs arbitrary precision equals nothing but itself.
    return (
        amount.nano == other.nano
        and amount.format is other.format
        and amount.scale == other.scale
        and not (amount.big or other.big)
    )


def _unit(policy: RequestPolicy, *, in_milli: bool) -> int:
    """Nano units of the unit in which steps are counted."""
    if not in_milli:
        return NANO
    given = (value for value in (policy.minimum, policy.maximum, policy.step) if value is not None)
    return _MILLI if all(value.nano % _MILLI == 0 for value in given) else NANO


def _units(amount: Quantity, unit: int) -> int:
    return amount.value() if unit == NANO else amount.milli_value()
