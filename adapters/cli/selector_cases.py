"""Replays recorded selector cases: one verdict for each line of JSON."""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import orjson

from adapters.cli.case_file import INVALID_CASE
from scheduler.api.faults import shown
from solver.domain.device import AttributeValue, Device, QualifiedName, Scalar, VersionText
from solver.domain.identity import Driver
from solver.domain.quantity import InvalidQuantity, Quantity
from solver.selectors.selector import CompileError, Environment, compile_selector

Verdict = dict[str, str]

_TYPES: Mapping[str, type] = {"string": str, "int": int, "bool": bool, "version": str}


class _BadCaseError(ValueError):
    """A line that is not a case."""


def run_cases(lines: Iterable[bytes | str]) -> Iterator[Verdict]:
    """A verdict for each case of *lines*: name, outcome and message.

    A case is ``{"input": {"expr", "driver", "device", ...}}`` or the same fields at the top, there with
    ``newExpressions`` for the environment of new objects and ``consumable`` for the gate
    DRAConsumableCapacity. The outcome is one of ``true``, ``false``, ``compile_error`` and
    ``runtime_error``, or ``invalid_case`` for a line that is not a case. Blank lines are skipped.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _verdict(line, number)


def _verdict(line: bytes | str, number: int) -> Verdict:
    name = f"line {number}"
    try:
        case = _case(line)
        name = str(case.get("name") or name)
        device = _device(case)
        outcome = compile_selector(_expression(case), environment=_environment(case)).match(device)
    except _BadCaseError as error:
        return {"name": name, "outcome": INVALID_CASE, "message": f"line {number}: {error}"}
    except CompileError as error:
        return {"name": name, "outcome": "compile_error", "message": error.sentence()}
    return {"name": name, "outcome": outcome.kind.value, "message": outcome.message}


def _case(line: bytes | str) -> Mapping[str, object]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _BadCaseError(f"found no JSON ({error}), expected an object") from None
    if not isinstance(record, dict):
        raise _BadCaseError(f"found {shown(record)}, expected an object")
    nested = record.get("input")
    return nested if isinstance(nested, dict) else record


def _expression(case: Mapping[str, object]) -> str:
    expression = case.get("expr")
    if not isinstance(expression, str):
        raise _BadCaseError("expr: found nothing readable, expected the text of an expression")
    return expression


def _environment(case: Mapping[str, object]) -> Environment:
    if not case.get("newExpressions"):
        return Environment.STORED
    return Environment.NEW_CONSUMABLE if case.get("consumable") else Environment.NEW


def _device(case: Mapping[str, object]) -> Device:
    driver = case.get("driver") or ""
    if not isinstance(driver, str):
        raise _BadCaseError(f"driver: found {shown(driver)}, expected a string")
    device = _mapping(case.get("device"), "device")
    # A device may be the one of a slice, or have its fields under "basic" as in older releases.
    fields = _mapping(device.get("basic"), "device.basic") or device
    malformed: list[str] = []
    attributes: dict[QualifiedName, AttributeValue] = {}
    for name, published in _mapping(fields.get("attributes"), "device.attributes").items():
        try:
            attributes[QualifiedName.parse(name, driver)] = _attribute(published)
        except _BadCaseError as error:
            malformed.append(f"attribute {name}: {error}")
    capacity: dict[QualifiedName, Quantity] = {}
    for name, published in _mapping(fields.get("capacity"), "device.capacity").items():
        try:
            capacity[QualifiedName.parse(name, driver)] = _quantity(published)
        except (_BadCaseError, InvalidQuantity) as error:
            malformed.append(f"capacity {name}: {error}")
    return Device(
        name=str(device.get("name") or ""),
        driver=Driver(driver),
        attributes=attributes,
        capacity=capacity,
        allow_multiple_allocations=fields.get("allowMultipleAllocations") is True,
        malformed="; ".join(malformed) or None,
    )


def _attribute(published: object) -> AttributeValue:
    fields = _mapping(published, "value")
    for kind, wanted in _TYPES.items():
        value, values = fields.get(kind), fields.get(f"{kind}s")
        if type(value) is wanted:
            return _scalar(kind, value)
        if isinstance(values, list) and all(type(item) is wanted for item in values):
            return tuple(_scalar(kind, item) for item in values)
    raise _BadCaseError("no readable value, expected one of string, int, bool and version")


def _scalar(kind: str, value: object) -> Scalar:
    return VersionText(str(value)) if kind == "version" else cast("Scalar", value)


def _quantity(published: object) -> Quantity:
    value = published.get("value") if isinstance(published, dict) else published
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _BadCaseError("no readable value, expected a quantity")
    return Quantity.parse(str(value))


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _BadCaseError(f"{name}: found {shown(value)}, expected an object")
    return value
