"""How old the latest event of a source may be before the source counts as stale. Pure.

Allowances: domain notes, section 6 (bus 2 min, bike 5 min, meter 48 h); those of other feeds are a few of their own
intervals (parking 5 min, air hourly), and are stated here for anyone to question.
"""

from __future__ import annotations

from datetime import datetime

from events.clock import micros

MINUTE_S = 60.0
HOUR_S = 3600.0

ALLOWED_S = {
    "bus-estimate": 2 * MINUTE_S,
    "gtfs-rt": 2 * MINUTE_S,
    "youbike": 5 * MINUTE_S,
    "gbfs": 5 * MINUTE_S,
    "parking": 15 * MINUTE_S,
    "airbox": 30 * MINUTE_S,
    "aqi": 2 * HOUR_S,
    "sensorthings": 2 * HOUR_S,
    "cwa-weather": 3 * HOUR_S,
}
"""Seconds by format."""

TOPICS = "city."
"""What the topic of a format is called, before the format's name."""

OTHERWISE_S = 48 * HOUR_S
"""Meters, charging, whatever reports when something happens."""


def format_name(source: str) -> str:
    """The format that a source's name tells: `kafka:<topic>:…`, `file:<format>`, `feed:<format>:<address>`.

    >>> format_name("kafka:city.youbike:0:1a2b3c4d"), format_name("feed:aqi:https://host/aqi")
    ('youbike', 'aqi')
    """
    kind, _, rest = source.partition(":")
    name = rest.split(":", 1)[0]
    return name.removeprefix(TOPICS) if kind == "kafka" else name


def allowed_s(source: str) -> float:
    """Seconds that the latest event of `source` may be old."""
    return ALLOWED_S.get(format_name(source), OTHERWISE_S)


def age_s(last_event_us: int, now: datetime) -> float:
    """Seconds between the latest event (UTC microseconds) and `now`; 0 for one that lies ahead."""
    return max(0.0, (micros(now) - last_event_us) / 1e6)


def is_stale(source: str, last_event_us: int | None, now: datetime) -> bool:
    """Whether `source` has been silent for longer than it may; one that never told an event time is."""
    return last_event_us is None or age_s(last_event_us, now) > allowed_s(source)
