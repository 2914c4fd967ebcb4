"""IP addresses, address ranges and URLs."""

from collections.abc import Callable
from typing import TypeVar

from solver.selectors.faults import EvaluationError
from solver.selectors.network import Cidr, Ip, Url
from solver.selectors.overloads import Overload, function, member, per_text
from solver.selectors.values import CelMap

_Parsed = TypeVar("_Parsed")


def overloads() -> tuple[Overload, ...]:
    """The functions of this library."""
    return (*_addresses(), *_ranges(), *_urls())


def _addresses() -> tuple[Overload, ...]:
    return (
        function("ip", "string", "IP", _parser(Ip.parse), per_text),
        function("isIP", "string", "bool", _tester(Ip.parse), per_text),
        function("ip.isCanonical", "string", "bool", _is_canonical, per_text),
        function("string", "IP", "string", lambda ip: ip.text()),
        member("family", "IP", "int", lambda ip: ip.address.version),
        member("isUnspecified", "IP", "bool", lambda ip: ip.address.is_unspecified),
        member("isLoopback", "IP", "bool", lambda ip: ip.address.is_loopback),
        member("isLinkLocalMulticast", "IP", "bool", lambda ip: ip.is_link_local_multicast()),
        member("isLinkLocalUnicast", "IP", "bool", lambda ip: ip.address.is_link_local),
        member("isGlobalUnicast", "IP", "bool", lambda ip: ip.is_global_unicast()),
    )


def _ranges() -> tuple[Overload, ...]:
    return (
        function("cidr", "string", "CIDR", _parser(Cidr.parse), per_text),
        function("isCIDR", "string", "bool", _tester(Cidr.parse), per_text),
        function("string", "CIDR", "string", lambda cidr: cidr.text()),
        member(
            "containsIP",
            "CIDR, string",
            "bool",
            lambda cidr, text: cidr.contains(_parser(Ip.parse)(text).address),
            per_text,
        ),
        member("containsIP", "CIDR, IP", "bool", lambda cidr, ip: cidr.contains(ip.address)),
        member(
            "containsCIDR",
            "CIDR, string",
            "bool",
            lambda cidr, text: cidr.covers(_parser(Cidr.parse)(text)),
            per_text,
        ),
        member("containsCIDR", "CIDR, CIDR", "bool", lambda cidr, other: cidr.covers(other)),
        member("ip", "CIDR", "IP", lambda cidr: Ip(cidr.address)),
        member("masked", "CIDR", "CIDR", lambda cidr: cidr.masked()),
        member("prefixLength", "CIDR", "int", lambda cidr: cidr.bits),
    )


def _urls() -> tuple[Overload, ...]:
    return (
        function("url", "string", "URL", _parser(Url.parse), per_text),
        function("isURL", "string", "bool", _tester(Url.parse), per_text),
        member("getScheme", "URL", "string", lambda url: url.scheme),
        member("getHost", "URL", "string", lambda url: url.host),
        member("getHostname", "URL", "string", lambda url: url.hostname()),
        member("getPort", "URL", "string", lambda url: url.port()),
        member("getEscapedPath", "URL", "string", lambda url: url.escaped_path()),
        member("getQuery", "URL", "map<string, list<string>>", lambda url: CelMap.of(url.queries().items())),
    )


def _parser(parse: Callable[[str], _Parsed]) -> Callable[[str], _Parsed]:
    def run(text: str) -> _Parsed:
        try:
            return parse(text)
        except ValueError as error:
            raise EvaluationError(str(error)) from None

    return run


def _tester(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return test


def _is_canonical(text: str) -> bool:
    return _parser(Ip.parse)(text).text() == text
