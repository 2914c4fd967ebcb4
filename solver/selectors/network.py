"""IP addresses, address ranges and URLs, parsed as strictly as Kubernetes does."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, unquote_to_bytes

_PREFIX = re.compile(r"(?P<address>[^/]*)/(?P<bits>0|[1-9][0-9]{0,2})")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:\"<>]|%[0-9A-Fa-f]{2}|[^\x00-\x7f])*")
_BRACKETED = re.compile(r"\[(?P<name>[0-9A-Fa-f:.%\w~-]*)\](?P<port>:[0-9]*)?")
_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_PATH_SAFE = "/:@&=+$,;!'()*~"
_BROADCAST = IPv4Address("255.255.255.255")


@dataclass(frozen=True, slots=True)
class Ip:
    """An address without a zone."""

    address: IPv4Address | IPv6Address

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> "Ip":
        """The address *text*.

        Raises:
            ValueError: it is none, has a zone or is an IPv4 address in IPv6 clothes.
        """
        if "%" in text:
            raise ValueError(f"IP address {text!r} with zone value is not allowed")
        try:
            address = ip_address(text)
        except ValueError:
            raise ValueError(f"IP Address {text!r} parse error during conversion from string") from None
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            raise ValueError(f"IPv4-mapped IPv6 address {text!r} is not allowed")
        return cls(address)

    def is_global_unicast(self) -> bool:
        """Whether Go counts the address as global unicast; private ones are."""
        address = self.address
        return not (
            address == _BROADCAST
            or address.is_unspecified
            or address.is_loopback
            or address.is_multicast
            or address.is_link_local
        )

    def is_link_local_multicast(self) -> bool:
        """Whether the address is in 224.0.0.0/24 or ff02::/16."""
        if isinstance(self.address, IPv4Address):
            return self.address.packed[:3] == b"\xe0\x00\x00"
        return self.address.packed[0] == 0xFF and self.address.packed[1] & 0x0F == 0x02  # noqa: PLR2004

    def text(self) -> str:
        """The canonical text."""
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Cidr:
    """An address and the length of its network prefix; host bits are kept."""

    address: IPv4Address | IPv6Address
    bits: int

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> "Cidr":
        """The range *text*.

        Raises:
            ValueError: it is none.
        """
        match = _PREFIX.fullmatch(text)
        if match is None:
            raise ValueError(f"network address {text!r} parse error during conversion from string")
        address = Ip.parse(match["address"]).address
        bits = int(match["bits"])
        if bits > address.max_prefixlen:
            raise ValueError(f"network address {text!r} parse error: prefix length out of range")
        return cls(address, bits)

    def network(self, address: IPv4Address | IPv6Address) -> int | None:
        """The bits of *address* that this prefix covers; None for the other family."""
        if address.version != self.address.version:
            return None
        return int(address) >> (address.max_prefixlen - self.bits)

    def contains(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether *address* is in this range."""
        return self.network(address) == self.network(self.address)

    def covers(self, other: "Cidr") -> bool:
        """Whether all of *other* is in this range."""
        return self.bits <= other.bits and self.contains(other.address)

    def masked(self) -> "Cidr":
        """The same range without host bits."""
        shift = self.address.max_prefixlen - self.bits
        return Cidr(type(self.address)(int(self.address) >> shift << shift), self.bits)

    def text(self) -> str:
        """The canonical text."""
        return f"{self.address}/{self.bits}"


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL or an absolute path."""

    scheme: str
    host: str
    path: str
    query: str

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> "Url":
        """The URL *text*, as in an HTTP request line.

        Raises:
            ValueError: it is none.
        """
        if not text or _CONTROL.search(text):
            raise ValueError("URL parse error during conversion from string: empty url or control character")
        match = _SCHEME.match(text)
        scheme = match["scheme"].lower() if match else ""
        rest, _, query = text[match.end() if match else 0 :].partition("?")
        if not rest.startswith("/"):
            if not scheme and text != "*":
                raise ValueError(
                    f"URL parse error during conversion from string: invalid URI for request {text!r}"
                )
            return cls(scheme, "", "" if scheme else "*", query)
        host = ""
        if scheme and rest.startswith("//"):
            authority, slash, tail = rest[2:].partition("/")
            host, rest = _host(authority), slash + tail
        if _BAD_ESCAPE.search(rest):
            raise ValueError(f"URL parse error during conversion from string: invalid URL escape in {text!r}")
        return cls(scheme, host, rest, query)

    def hostname(self) -> str:
        """The host without its port and without brackets."""
        if match := _BRACKETED.fullmatch(self.host):
            return match["name"]
        return self.host.partition(":")[0]

    def port(self) -> str:
        """The digits after the host, or nothing."""
        if match := _BRACKETED.fullmatch(self.host):
            return (match["port"] or "")[1:]
        return self.host.partition(":")[2]

    def escaped_path(self) -> str:
        """The path with everything escaped that has to be."""
        return quote(unquote_to_bytes(self.path), safe=_PATH_SAFE) if _needs_escape(self.path) else self.path

    def queries(self) -> dict[str, tuple[str, ...]]:
        """The values of every query parameter; malformed ones are left out."""
        found: dict[str, tuple[str, ...]] = {}
        for part in self.query.split("&"):
            if not part or ";" in part or _BAD_ESCAPE.search(part):
                continue
            name, _, value = part.partition("=")
            key = _unescaped(name)
            found[key] = (*found.get(key, ()), _unescaped(value))
        return found


def _host(authority: str) -> str:
    user, at, host = authority.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise ValueError("URL parse error during conversion from string: invalid userinfo")
    if host.startswith("["):
        if not _BRACKETED.fullmatch(host):
            raise ValueError(f"URL parse error during conversion from string: invalid host {host!r}")
        return host
    name, colon, port = host.rpartition(":")
    is_bad_port = bool(colon) and not (port == "" or (port.isascii() and port.isdigit()))
    if is_bad_port or not _HOST.fullmatch(host) or (colon and ":" in name):
        raise ValueError(f"URL parse error during conversion from string: invalid host {host!r}")
    return unquote_to_bytes(host).decode(errors="replace")


def _needs_escape(path: str) -> bool:
    return re.fullmatch(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/\[\]]|%[0-9A-Fa-f]{2})*", path) is None


def _unescaped(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode(errors="replace")
