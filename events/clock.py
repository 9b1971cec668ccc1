"""The only reader of the wall clock, and the only parser of times given by people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from events.errors import NaiveTimeError, UsageError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
"""Zone of every city feed that states none (UTC+8, no daylight saving)."""


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def parse_time(text: str) -> datetime:
    """The UTC instant that an RFC 3339 text names; a text without a zone is refused.

    >>> parse_time("2026-08-20T19:41:52+08:00")
    datetime.datetime(2026, 8, 20, 11, 41, 52, tzinfo=datetime.timezone.utc)
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no RFC 3339 time; write for example 2026-08-20T19:41:52+08:00") from error
    if moment.tzinfo is None:
        raise NaiveTimeError(f"{text!r} has no zone; add Z or +08:00")
    return moment.astimezone(UTC)


def micros(moment: datetime) -> int:
    """UTC microseconds since 1970.

    >>> micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - EPOCH) // timedelta(microseconds=1)


def instant(us: int) -> datetime:
    """The UTC instant of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)
