"""Alerts of a GTFS-Realtime feed to states: what is wrong, where, when, in the feed's own words.

    alert:<entity>:effect         NO_SERVICE, DETOUR, ACCESSIBILITY_ISSUE (a station's lift is out) …
    alert:<entity>:cause          MAINTENANCE, WEATHER …
    alert:<entity>:severity       INFO, WARNING, SEVERE, where it is told
    alert:<entity>:active         when it holds: `<from>/<to>`, RFC 3339, an open end is empty; several joined by `;`
    alert:<entity>:in_force       true or false: whether it holds at the feed's time
    alert:<entity>:communication  when it is to be shown, where that is told; :impact likewise, when service is affected
    alert:<entity>:informed       `route 307`, `stop 36407`, `agency TPE`, `trip …`; several joined by `;`, parts by ` `
    alert:<entity>:header         the text, Chinese of Taiwan before other Chinese before English before what comes
                                  first; :header:<language> each of several; :description, :url, :cause_detail and
                                  :effect_detail likewise

Of the periods the impact counts. `active_period` is deprecated since July 2026: it counts where neither an impact nor a
communication period is told (GTFS Realtime, migration of active_period); a communication period alone is the best that
is known. Time is the feed's. An alert of the same entity told again replaces what was told before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from google.transit import gtfs_realtime_pb2 as gtfs

from events.feeds.buses.parts import MOST_CALLS

State = tuple[str, int, str, int]
"""Row of STATES, its time in microseconds."""

LANGUAGES = ("zh-tw", "zh-hant", "zh", "en", "")
LONGEST = 4_000
"""Characters of a text that are kept."""

NAMES = ("effect", "cause", "severity", "active", "in_force", "communication", "impact", "informed", "header",
         "description", "url", "cause_detail", "effect_detail")  # fmt: skip
"""What is told of an alert."""

_EARLIEST_S, _LATEST_S = 946_684_800, 7_258_118_400  # years 2000 and 2200
_SELECTORS = ("agency_id", "route_id", "stop_id", "direction_id", "route_type")
_TEXTS = {
    "header": "header_text", "description": "description_text", "url": "url", "cause_detail": "cause_detail",
    "effect_detail": "effect_detail",
}  # fmt: skip


def alert_fault(entity: gtfs.FeedEntity, feed_time_s: float) -> str | None:
    """Why an alert cannot be taken, None when it can."""
    alert = entity.alert
    if not entity.id:
        return "alert: an entity without an id"
    if len(alert.informed_entity) > MOST_CALLS:
        return f"alert: {len(alert.informed_entity)} informed entities, where {MOST_CALLS} are allowed"
    if not _EARLIEST_S <= feed_time_s <= _LATEST_S:
        return f"alert: timestamp {feed_time_s} is no time in seconds since 1970"
    for name in ("active_period", "communication_period", "impact_period"):
        told = (m for p in getattr(alert, name) for m in (p.start, p.end) if m)
        bad = next((m for m in told if not _EARLIEST_S <= m <= _LATEST_S), None)
        if bad is not None:
            return f"alert: {name} {bad} is no time in seconds since 1970"
    if not alert.informed_entity and not alert.header_text.translation:
        return "alert: neither an informed_entity nor a header_text"
    return None


def alert_states(entity: gtfs.FeedEntity, record: int, feed_time_s: float) -> Iterator[State]:
    """Rows of STATES of one alert."""
    alert, time_us = entity.alert, round(feed_time_s * 1e6)
    holds = alert.impact_period or alert.communication_period or alert.active_period
    told = {
        "effect": gtfs.Alert.Effect.Name(alert.effect),
        "cause": gtfs.Alert.Cause.Name(alert.cause),
        "severity": gtfs.Alert.SeverityLevel.Name(alert.severity_level) if alert.HasField("severity_level") else "",
        "active": _periods(holds) or "/",
        "in_force": "true" if not holds or any(_holds(p, feed_time_s) for p in holds) else "false",
        "communication": _periods(alert.communication_period),
        "impact": _periods(alert.impact_period),
        "informed": ";".join(filter(None, (_selected(s) for s in alert.informed_entity))),
    }
    for name, member in _TEXTS.items():
        told |= _texts(name, getattr(alert, member))
    for name, text in told.items():
        if text:
            yield f"alert:{entity.id}:{name}", time_us, text, record


def _periods(periods: Iterable[gtfs.TimeRange]) -> str:
    return ";".join(_period(p) for p in periods)


def _period(period: gtfs.TimeRange) -> str:
    return "/".join(
        f"{datetime.fromtimestamp(m, UTC):%Y-%m-%dT%H:%M:%SZ}" if m else "" for m in (period.start, period.end)
    )


def _holds(period: gtfs.TimeRange, moment_s: float) -> bool:
    """From the start on and before the end, as the standard has it."""
    return period.start <= moment_s and (not period.end or moment_s < period.end)


def _selected(selector: gtfs.EntitySelector) -> str:
    words = [f"{n.partition('_id')[0]} {getattr(selector, n)}" for n in _SELECTORS if selector.HasField(n)]
    if selector.HasField("trip") and selector.trip.trip_id:
        words.append(f"trip {selector.trip.trip_id}")
    elif selector.HasField("trip") and selector.trip.route_id and not selector.route_id:
        words.append(f"route {selector.trip.route_id}")
    return " ".join(words)


def _texts(name: str, translated: gtfs.TranslatedString) -> dict[str, str]:
    """The text under `name`, and each language's where there are several."""
    by_language: dict[str, str] = {}
    for told in translated.translation:
        by_language.setdefault(told.language.casefold().replace("_", "-"), told.text[:LONGEST])
    if not by_language:
        return {}
    each = {f"{name}:{language or 'und'}": text for language, text in by_language.items()}
    return {name: preferred(by_language)} | (each if len(by_language) > 1 else {})


def preferred(by_language: dict[str, str]) -> str:
    """The text in the first of LANGUAGES that there is, else the first."""
    for wanted in LANGUAGES:
        for language, text in by_language.items():
            if language == wanted or (wanted and language.startswith(f"{wanted}-")):
                return text
    return next(iter(by_language.values()))
