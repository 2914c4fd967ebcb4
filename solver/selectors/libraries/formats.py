"""The named formats of Kubernetes: ``format.dns1123Label().validate(x)``."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import date

from solver.selectors import times
from solver.selectors.faults import EvaluationError
from solver.selectors.network import Url
from solver.selectors.overloads import Overload, function, member, per_text
from solver.selectors.values import NONE, NamedFormat, Optional

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_UUID = "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"
_LABEL_LENGTH, _SUBDOMAIN_LENGTH = 63, 253
Check = Callable[[str], list[str]]


def overloads() -> tuple[Overload, ...]:
    """The functions of this library."""
    return (
        function("format.named", "string", "optional<Format>", _named),
        *(function(f"format.{name}", "", "Format", _constant(name)) for name in _CHECKS),
        member("validate", "Format, string", "optional<list<string>>", _validate, per_text),
    )


def _named(name: str) -> Optional:
    return Optional(NamedFormat(name)) if name in _CHECKS else NONE


def _constant(name: str) -> Callable[[], NamedFormat]:
    return lambda: NamedFormat(name)


def _validate(named: NamedFormat, text: str) -> Optional:
    complaints = _CHECKS[named.name](text)
    return Optional(tuple(complaints)) if complaints else NONE


def _pattern(pattern: str, longest: int) -> Check:
    program = re.compile(pattern, re.ASCII)

    def check(text: str) -> list[str]:
        complaints = [f"must be no more than {longest} bytes"] if len(text.encode()) > longest else []
        if not program.fullmatch(text):
            complaints.append(f"must match the regular expression {pattern}")
        return complaints

    return check


def _prefix(check: Check) -> Check:
    """A name that something is appended to may end in a dash."""
    return lambda text: check(text[:-1] + "a" if text.endswith("-") and len(text) > 1 else text)


def _qualified_name(text: str) -> list[str]:
    prefix, slash, name = text.rpartition("/")
    complaints = _pattern(_NAME, _LABEL_LENGTH)(name)
    if slash:
        complaints += _pattern(rf"{_LABEL}(\.{_LABEL})*", _SUBDOMAIN_LENGTH)(prefix)
    return complaints


def _uri(text: str) -> list[str]:
    try:
        Url.parse(text)
    except ValueError as error:
        return [str(error)]
    return []


def _byte(text: str) -> list[str]:
    try:
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return ["invalid base64"]
    return []


def _date(text: str) -> list[str]:
    try:
        valid = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is not None and bool(
            date.fromisoformat(text)
        )
    except ValueError:
        valid = False
    return [] if valid else ["invalid date"]


def _datetime(text: str) -> list[str]:
    try:
        times.timestamp(text)
    except EvaluationError:
        return ["invalid datetime"]
    return []


_DNS_LABEL = _pattern(_LABEL, _LABEL_LENGTH)
_DNS_SUBDOMAIN = _pattern(rf"{_LABEL}(\.{_LABEL})*", _SUBDOMAIN_LENGTH)
_DNS_1035 = _pattern("[a-z]([-a-z0-9]*[a-z0-9])?", _LABEL_LENGTH)
_CHECKS: dict[str, Check] = {
    "dns1123Label": _DNS_LABEL,
    "dns1123Subdomain": _DNS_SUBDOMAIN,
    "dns1035Label": _DNS_1035,
    "qualifiedName": _qualified_name,
    "dns1123LabelPrefix": _prefix(_DNS_LABEL),
    "dns1123SubdomainPrefix": _prefix(_DNS_SUBDOMAIN),
    "dns1035LabelPrefix": _prefix(_DNS_1035),
    "labelValue": _pattern(f"({_NAME})?", _LABEL_LENGTH),
    "uri": _uri,
    "uuid": _pattern(_UUID, 36),
    "byte": _byte,
    "date": _date,
    "datetime": _datetime,
}
