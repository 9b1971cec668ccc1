"""Addresses of MQTT brokers with the topics to listen to: mqtt[s]://host[:port][/filter]."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from events.connectors.address import public
from events.errors import UsageError
from events.feeds.sparkplug.topics import FILTERS

PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Address:
    """A broker and topic filters; `shown` is what is logged and stored, and never has a secret."""

    host: str
    port: int
    is_secure: bool
    filters: tuple[str, ...]
    shown: str


def is_mqtt(url: str) -> bool:
    """Whether an address is one of an MQTT broker."""
    return url.split("://", 1)[0].lower() in PORTS


def address_of(url: str, format_name: str) -> Address:
    """The broker and topics of `url`; without a filter Sparkplug's own for that format. UsageError where it is none.

    What stands behind the first / after the broker is the filter as it is: + and # are MQTT's.

    >>> address_of("mqtt://127.0.0.1/sensors/+/co2/#", "senml").filters
    ('sensors/+/co2/#',)
    """
    scheme, _, rest = url.partition("://")
    broker, _, topics = rest.partition("/")
    try:
        parts = urlsplit(f"{scheme.lower()}://{broker}")
        host, port = parts.hostname, parts.port or PORTS[parts.scheme]
    except ValueError as error:
        raise UsageError(
            f"{public(f'mqtt://{broker}')} is no broker ({error}); write mqtt://HOST:1883/FILTER"
        ) from error
    if not host:
        raise UsageError("an MQTT address without a host; write mqtt://HOST:1883/FILTER")
    if parts.username or parts.password:
        raise UsageError(f"{public(f'mqtt://{broker}')}: a password in an address is written everywhere; use --key-env")
    filters = (topics,) if topics else FILTERS if format_name == "sparkplug" else ()
    if not filters:
        raise UsageError(f"which topics? write {parts.scheme}://{broker}/FILTER, for example …/sensors/#")
    shown = f"{parts.scheme}://{broker}" + (f"/{topics}" if topics else "")
    return Address(host, port, parts.scheme == "mqtts", filters, shown)
