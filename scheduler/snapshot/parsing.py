"""Objects against the model of their kind, with a finding for each broken or misspelt field."""

from typing import TypeVar

from pydantic import ValidationError

from scheduler.api.base import Resource
from scheduler.api.faults import Fault, faults, near_misses
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.objects import Object, Raw

_Model = TypeVar("_Model", bound=Resource)


def parsed(
    read: Object, model: type[_Model], findings: Findings, *, raw: Raw | None = None, unwritten: str = ""
) -> _Model | None:
    """*read* as *model*, None if it violates its schema.

    Args:
        read: the object.
        model: the model of its kind.
        findings: gets what is wrong with it.
        raw: the object in the form that the model describes; None: as it was read.
        unwritten: what that form adds to paths; the findings leave it out.
    """
    form = read.raw if raw is None else raw
    near = tuple(near_misses(model, form))
    result: _Model | None = None
    broken: tuple[Fault, ...] = ()
    try:
        result = model.model_validate(form)
    except ValidationError as error:
        broken = faults(error, near)
    for fault in broken:
        findings.error(read.origin, fault.message, about=read.about, path=_written(fault.path, unwritten))
    missing = {fault.path for fault in broken}
    for miss in near:
        if f"{miss.path}.{miss.known}".removeprefix(".") not in missing:
            path = f"{miss.path}.{miss.unknown}".removeprefix(".")
            message = f"found an unknown field, which is ignored (nearest: {miss.known})"
            findings.warning(read.origin, message, about=read.about, path=_written(path, unwritten))
    return result


def _written(path: str, unwritten: str) -> str:
    return path.replace(unwritten, "") if unwritten else path
