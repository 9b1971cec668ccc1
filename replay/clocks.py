"""The *known* clock in both its forms: a position of the log, and the record time at which it was reached."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from events import batch
from events.clock import instant
from events.errors import NaiveTimeError
from events.log import Log, LogEvent


class _Recorded(msgspec.Struct):
    """What every domain event says beside its own fields."""

    recorded_at: datetime


_DOMAIN = msgspec.json.Decoder(_Recorded)


def record_time(event: LogEvent) -> datetime:
    """When the twin made the record (UTC): of a columnar event from its header, of a domain event from its JSON."""
    if event.state[:3] == batch.MAGIC:
        return instant(batch.header_of(event.state).recorded_at)
    return _DOMAIN.decode(event.state).recorded_at.astimezone(UTC)


def known_at(log: Log, position: int) -> datetime | None:
    """Record time of the event at `position`, None before the first and where the log has none."""
    try:
        return record_time(log.at(position)) if position > 0 else None
    except LookupError:
        return None


def position_at(log: Log, moment: datetime, head: int) -> int:
    """The last position recorded at or before `moment`, at most `head`; 0 when nothing was.

    A binary search: some twenty events are read whatever the log's length. Record times come from the writers' clocks
    and rise with the position; where two writers' clocks differ, the answer is exact to that difference.
    NaiveTimeError for a moment without a zone.
    """
    if moment.tzinfo is None:
        raise NaiveTimeError(f"{moment.isoformat()} has no zone; give an aware time, such as 2026-08-20T19:41:52+08:00")
    low, high = 0, head
    while low < high:
        middle = (low + high + 1) // 2
        event = next(log.read(middle - 1, upto=high, page=1), None)
        if event is None or record_time(event) > moment:
            high = middle - 1
        else:
            low = event.position
    return low
