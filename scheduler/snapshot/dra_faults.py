"""Values of the right type that the API server would refuse, in slices and their devices.

They are read all the same, as the device allocator reads them; each complaint says what comes of that.
"""

from collections.abc import Iterator

from scheduler.api.faults import shown
from scheduler.api.nearest import nearest_hint
from scheduler.snapshot.device_values import quantity
from scheduler.snapshot.raw import items, mapping, text
from scheduler.snapshot.shapes import Misfit
from solver.domain.device_taint import REPELLING
from solver.domain.node_selector import NAME_FIELD

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
_WITH_VALUES = ("In", "NotIn")
_WITH_NUMBER = ("Gt", "Lt")
_EFFECTS = (*REPELLING, "None")
_SELECTS_NOTHING = "; it selects no node"


def node_selector_faults(selector: object, path: str) -> Iterator[Misfit]:
    """What is wrong with the node selector of a slice or of a device."""
    at = f"{path}.nodeSelectorTerms"
    terms = items(selector, "nodeSelectorTerms")
    if len(terms) != 1:
        yield Misfit(at, f"found {len(terms)} terms, expected exactly one{_SELECTS_NOTHING}")
        return
    for position, each in enumerate(items(terms[0], "matchExpressions")):
        yield from _requirement_faults(each, f"{at}[0].matchExpressions[{position}]")
    for position, each in enumerate(items(terms[0], "matchFields")):
        yield from _requirement_faults(each, f"{at}[0].matchFields[{position}]")
        if text(each, "key") != NAME_FIELD:
            message = f"found {shown(mapping(each).get('key'))}, expected {NAME_FIELD}{_SELECTS_NOTHING}"
            yield Misfit(f"{at}[0].matchFields[{position}].key", message)


def device_faults(body: object) -> Iterator[Misfit]:
    """What is wrong with the taints, the node selector and the request policies of a device."""
    for position, taint in enumerate(items(body, "taints")):
        effect = text(taint, "effect")
        if effect not in _EFFECTS:
            expected = f"one of {', '.join(_EFFECTS)}{nearest_hint(effect, _EFFECTS)}"
            message = (
                f"found {shown(effect) if effect else 'nothing'}, expected {expected}; it repels nothing"
            )
            yield Misfit(f"taints[{position}].effect", message)
    if mapping(body, "nodeSelector"):
        yield from node_selector_faults(mapping(body, "nodeSelector"), "nodeSelector")
    for name, capacity in mapping(body, "capacity").items():
        path = f"capacity[{name}].requestPolicy.validRange"
        yield from _range_faults(mapping(capacity, "requestPolicy", "validRange"), path)


def _requirement_faults(requirement: object, path: str) -> Iterator[Misfit]:
    operator = text(requirement, "operator")
    values = items(requirement, "values")
    if operator not in _OPERATORS:
        found = shown(operator) if operator else "nothing"
        expected = f"one of {', '.join(_OPERATORS)}{nearest_hint(operator, _OPERATORS)}"
        yield Misfit(f"{path}.operator", f"found {found}, expected {expected}{_SELECTS_NOTHING}")
    elif operator in _WITH_VALUES and not values:
        yield Misfit(f"{path}.values", f"found none, expected at least one with {operator}")
    elif operator in _WITH_NUMBER and not _is_number(values):
        message = f"found {', '.join(map(shown, values)) or 'none'}, expected one integer with {operator}"
        yield Misfit(f"{path}.values", f"{message}{_SELECTS_NOTHING}")


def _is_number(values: list[object]) -> bool:
    try:
        (number,) = (int(value) for value in values if isinstance(value, str))
    except ValueError:
        return False
    return len(values) == 1 and number is not None


def _range_faults(valid_range: dict[str, object], path: str) -> Iterator[Misfit]:
    # Amounts that are no quantities were told before.
    step, least, most = (valid_range.get(name) for name in ("step", "min", "max"))
    if step is not None and quantity(step).sign() <= 0:
        yield Misfit(f"{path}.step", f"found {shown(step)}, expected an amount above 0; steps do not count")
    if least is not None and most is not None and quantity(most) < quantity(least):
        message = f"found {shown(most)}, expected at least the minimum, {shown(least)}"
        yield Misfit(f"{path}.max", f"{message}; a request for an amount fits no such device")
