"""Where an OCPP call observes, and when: EVSEs, connectors, timestamps, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from events.errors import PayloadError
from events.feeds.local_time import bare_is_utc
from events.feeds.refusals import quoted


def evse_of(evse: Mapping[str, Any]) -> str:
    """`<evse>`, or `<evse>.<connector>`; PayloadError without an id.

    >>> evse_of({"id": 1, "connectorId": 2})
    '1.2'
    """
    return text_in(evse, "id") + (f".{text_in(evse, 'connectorId')}" if evse.get("connectorId") is not None else "")


def time_in(fields: Mapping[str, Any]) -> str:
    """The `timestamp` as text; without a zone it is UTC, as the versions recommend."""
    return bare_is_utc(text_in(fields, "timestamp"))


def text_in(fields: Mapping[str, Any], name: str) -> str:
    """A member as text; PayloadError when it is missing or nested."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise PayloadError(f"{name} is {quoted(value)}")
    return str(value)
