"""Alerts of a GTFS-Realtime feed to states: what is wrong, where, when, in the feed's own words.

    alert:<entity>:effect    NO_SERVICE, DETOUR, ACCESSIBILITY_ISSUE (a station's lift is out) …
    alert:<entity>:cause     MAINTENANCE, WEATHER …
    alert:<entity>:severity  INFO, WARNING, SEVERE, where it is told
    alert:<entity>:active    `<from>/<to>`, RFC 3339, an open end is empty; several joined by `;`
    alert:<entity>:informed  `route 307`, `stop 36407`, `agency TPE`, `trip …`; several joined by `;`, parts by ` `
    alert:<entity>:header    the text, Chinese before English before what comes first; :description likewise

Time is the feed's. An alert of the same entity told again replaces what was told before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from google.transit import gtfs_realtime_pb2 as gtfs

State = tuple[str, int, str, int]
"""Row of STATES, its time in microseconds."""

LANGUAGES = ("zh", "en", "")
LONGEST = 4_000
"""Characters of a text that are kept."""

_EARLIEST_S, _LATEST_S = 946_684_800, 7_258_118_400  # years 2000 and 2200
_SELECTORS = ("agency_id", "route_id", "stop_id", "direction_id", "route_type")


def alert_fault(entity: gtfs.FeedEntity, feed_time_s: float) -> str | None:
    """Why an alert cannot be taken, None when it can."""
    alert = entity.alert
    if not entity.id:
        return "alert: an entity without an id"
    if not _EARLIEST_S <= feed_time_s <= _LATEST_S:
        return f"alert: timestamp {feed_time_s} is no time in seconds since 1970"
    bad = [m for p in alert.active_period for m in (p.start, p.end) if m and not _EARLIEST_S <= m <= _LATEST_S]
    if bad:
        return f"alert: active_period {bad[0]} is no time in seconds since 1970"
    if not alert.informed_entity and not alert.header_text.translation:
        return "alert: neither an informed_entity nor a header_text"
    return None


def alert_states(entity: gtfs.FeedEntity, record: int, feed_time_s: float) -> Iterator[State]:
    """Rows of STATES of one alert."""
    alert, time_us = entity.alert, round(feed_time_s * 1e6)
    told = {
        "effect": gtfs.Alert.Effect.Name(alert.effect),
        "cause": gtfs.Alert.Cause.Name(alert.cause),
        "severity": gtfs.Alert.SeverityLevel.Name(alert.severity_level) if alert.HasField("severity_level") else "",
        "active": ";".join(_period(p) for p in alert.active_period) or "/",
        "informed": ";".join(filter(None, (_selected(s) for s in alert.informed_entity))),
        "header": _text(alert.header_text),
        "description": _text(alert.description_text),
    }
    for name, text in told.items():
        if text:
            yield f"alert:{entity.id}:{name}", time_us, text, record


def _period(period: gtfs.TimeRange) -> str:
    return "/".join(
        f"{datetime.fromtimestamp(m, UTC):%Y-%m-%dT%H:%M:%SZ}" if m else "" for m in (period.start, period.end)
    )


def _selected(selector: gtfs.EntitySelector) -> str:
    words = [f"{n.partition('_id')[0]} {getattr(selector, n)}" for n in _SELECTORS if selector.HasField(n)]
    if selector.HasField("trip") and selector.trip.trip_id:
        words.append(f"trip {selector.trip.trip_id}")
    return " ".join(words)


def _text(translated: gtfs.TranslatedString) -> str:
    by_language = {t.language.casefold().partition("-")[0]: t.text for t in reversed(translated.translation)}
    first = translated.translation[0].text if translated.translation else ""
    return next((by_language[x] for x in LANGUAGES if x in by_language), first)[:LONGEST]
