"""The only reader of the wall clock, and the only parser of times given by people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from events.errors import NaiveTimeError, UsageError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")
"""Zone of every city feed that states none (UTC+8, no daylight saving)."""


FIRST, LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Instants that people may name: further out a zone, a look-back or a window would leave the calendar of Python."""


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def parse_time(text: str) -> datetime:
    """The UTC instant that an RFC 3339 text names; refused without a zone, and outside of FIRST to LAST.

    >>> parse_time("2026-08-20T19:41:52+08:00")
    datetime.datetime(2026, 8, 20, 11, 41, 52, tzinfo=datetime.timezone.utc)
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no RFC 3339 time; write for example 2026-08-20T19:41:52+08:00") from error
    if moment.tzinfo is None:
        raise NaiveTimeError(f"{text!r} has no zone; add Z or +08:00")
    return within_calendar(utc(moment), text)


def utc(moment: datetime) -> datetime:
    """An aware instant in UTC; UsageError where UTC has no such year (0 or 10000)."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise _outside(moment.isoformat()) from error


def shifted(moment: datetime, *, minutes: int, told: str) -> datetime:
    """`moment` moved by whole minutes; UsageError, which says what was `told`, outside of FIRST to LAST."""
    try:
        return within_calendar(moment + timedelta(minutes=minutes), told)
    except OverflowError as error:
        raise _outside(told) from error


def within_calendar(moment: datetime, told: str) -> datetime:
    """`moment`; UsageError, which says what was `told`, outside of FIRST to LAST."""
    if not FIRST <= moment < LAST:
        raise _outside(told)
    return moment


def micros(moment: datetime) -> int:
    """UTC microseconds since 1970.

    >>> micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - EPOCH) // timedelta(microseconds=1)


def instant(us: int) -> datetime:
    """The UTC instant of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)


def _outside(told: str) -> UsageError:
    return UsageError(
        f"{told!r} lies outside of the years {FIRST.year} to {LAST.year - 1} (UTC); name a time within them"
    )
