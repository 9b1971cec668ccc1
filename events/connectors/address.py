"""Addresses of feeds: checked, and without what is secret in them."""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from events.errors import UsageError

SCHEMES = ("http", "https")

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: the last four bytes are an IPv4 address."""


def checked(url: str) -> str:
    """`url` when it names a web address; UsageError when not, or when it carries a password."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise UsageError(f"{bare(url)!r} is no web address ({error}); give http://… or https://…") from error
    if not sound:
        raise UsageError(f"{bare(url)!r} is no web address; give http://… or https://…")
    if parts.username or parts.password:
        raise UsageError(f"{public(url)}: a password in an address is written everywhere; use --key-env with --header")
    return url


def public(url: str) -> str:
    """The address as it may be logged and stored: no user, no password, no values of its query, no fragment.

    >>> public("https://user:pw@tdx.example/v2/Bus?key=s3cret&$top=5")
    'https://tdx.example/v2/Bus?key&$top'
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return bare(url)
    names = "&".join(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit((parts.scheme, host, parts.path, names, ""))


def bare(text: str) -> str:
    """What is left of a text that is no address: nothing behind a ? or a #, nothing before an @."""
    return text.split("?", 1)[0].split("#", 1)[0].rpartition("@")[2]


def with_query(url: str, name: str, value: str) -> str:
    """`url` with one more field in its query.

    >>> with_query("http://host/a?b=1", "key", "x y")
    'http://host/a?b=1&key=x+y'
    """
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode({name: value})) if part)
    return urlunsplit(parts._replace(query=query, fragment=""))


def leads_inward(first: str, then: str) -> bool:
    """Whether a way from one IP address to another leads from the internet to what is not on it.

    >>> leads_inward("1.1.1.1", "127.0.0.1"), leads_inward("127.0.0.1", "127.0.0.1"), leads_inward("1.1.1.1", "8.8.8.8")
    (True, False, False)
    """
    before, after = (_reached(ipaddress.ip_address(one.partition("%")[0])) for one in (first, then))
    return before.is_global and not after.is_global


def _reached(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """What a gateway makes of an IPv6 address that holds an IPv4 one (mapped, 6to4, NAT64), else the address."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    held = address.ipv4_mapped or address.sixtofour
    if held is None and address in NAT64:
        held = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return held or address


def origin(url: str) -> tuple[str, str]:
    """Scheme and host with port: a key goes to its own origin only."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
