"""How each source of the city does: what it brought, how fast, how old its latest event is, what of it was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from events.clock import instant
from events.monitoring import freshness
from replay.activity import Activity, activity
from replay.city import City
from twin.projections.ledger import SourceLedger

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NO_LAG: Mapping[str, int] = {}


@dataclass(frozen=True)
class SourceState:
    """One source at a moment.

    `rows` landed, inputs `refused`, `duplicates` that told nothing new; `staleness_s` is the age of its latest event,
    `stale` whether that is more than `allowed_s`; `lag`: records on the broker that have not landed, null when it was
    not asked.
    """

    source: str
    rows: int
    refused: int
    duplicates: int
    last_event_time: datetime | None
    staleness_s: float | None
    allowed_s: float
    stale: bool
    rows_last_minute: int
    rows_last_hour: int
    refused_last_hour: int
    lag: int | None


def sources(city: City, moment: datetime, lags: Mapping[str, int] = NO_LAG) -> list[SourceState]:
    """Every source of the log, and of `lags`, by name."""
    minute, hour = activity(city.log, city.head, moment - MINUTE, moment - HOUR)
    none, known = Activity(), city.ledger.sources
    return [
        _state(name, known.get(name, SourceLedger()), moment, minute.get(name, none), hour.get(name, none), lags)
        for name in sorted(known.keys() | lags.keys())
    ]


def _state(
    name: str, counts: SourceLedger, moment: datetime, minute: Activity, hour: Activity, lags: Mapping[str, int]
) -> SourceState:
    last = counts.last_event_time
    return SourceState(
        name,
        counts.rows,
        counts.refused,
        counts.duplicates,
        None if last is None else instant(last),
        None if last is None else round(freshness.age_s(last, moment), 1),
        freshness.allowed_s(name),
        freshness.is_stale(name, last, moment),
        minute.rows,
        hour.rows,
        hour.refused,
        lags.get(name),
    )
