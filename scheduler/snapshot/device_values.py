"""Values that drivers publish: attributes of each type, and amounts."""

from scheduler.api.faults import shown
from solver.domain.device import AttributeValue, Scalar, VersionText
from solver.domain.quantity import InvalidQuantity, Quantity
from solver.domain.semver import InvalidSemver, Semver

_SCALAR_TYPES = {"string": str, "version": str, "int": int, "bool": bool}
_LIST_TYPES = {"strings": "string", "versions": "version", "ints": "int", "bools": "bool"}


class UnreadableFieldError(ValueError):
    """A field that cannot be read; the text says what was found and what was expected."""


def attribute_value(kind: str, raw: object) -> AttributeValue:
    """The value of an attribute of type *kind* (``string``, ``version``, ``int``, ``bool`` or a list).

    Raises:
        UnreadableFieldError: it is not of that type, or no semantic version.
    """
    if kind in _LIST_TYPES:
        if not isinstance(raw, list):
            raise UnreadableFieldError(f"found {shown(raw)}, expected a list")
        return tuple(_scalar(_LIST_TYPES[kind], part) for part in raw)
    if kind not in _SCALAR_TYPES:
        raise UnreadableFieldError(f"found the type {kind}, expected string, version, int or bool")
    return _scalar(kind, raw)


def quantity(raw: object) -> Quantity:
    """The quantity that *raw* (text, or a number as YAML may have it) stands for.

    Raises:
        UnreadableFieldError: it is none.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise UnreadableFieldError(f"found {shown(raw)}, expected a quantity such as 80Gi")
    try:
        return Quantity.parse(str(raw))
    except InvalidQuantity as error:
        raise UnreadableFieldError(f"found {shown(raw)}, expected a quantity such as 80Gi") from error


def _scalar(kind: str, raw: object) -> Scalar:
    if kind == "version":
        if isinstance(raw, str) and _is_version(raw):
            return VersionText(raw)
        raise UnreadableFieldError(f"found {shown(raw)}, expected a semantic version such as 9.0.0")
    if type(raw) is not _SCALAR_TYPES[kind]:
        raise UnreadableFieldError(f"found {shown(raw)}, expected a value of type {kind}")
    return raw  # type: ignore[return-value]


def _is_version(text: str) -> bool:
    try:
        Semver.parse(text)
    except InvalidSemver:
        return False
    return True
