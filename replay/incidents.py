"""Incidents of the city: what a person would want to jump to, found again in the log the same way each time.

    station_empty, station_full   no bike, no dock for more than 30 minutes between 07 and 22 h         info
    station_silent                a station that did not report for more than 10 minutes               info
    meter_silent                  more than three missed intervals (electricity 45 min, others 6 h)    warn
    group_silent                  more than 5 % of a building's meters, or of the stations, at once    high
    device_fault                  a device reports a fault (critical: an entrapment)                   high
    register_fell                 a meter reads less than before, and no event says why                data
    source_stale                  a source silent for longer than `events.monitoring.freshness` allows            data
    quarantine_flood              many inputs of a source refused within an hour of record time        data
    offsets_lost                  records that a topic no longer had when they were to be read          high
    late_correction               a value told anew when its time of lateness was over                 data

Rules and parameters: `replay.incident_rules.Rules`. Nothing here reads a clock: the same log gives the same incidents.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import polars as pl

from events.clock import EPOCH, instant, micros
from events.errors import NaiveTimeError
from events.observations import TIME
from events.units import scale
from replay.city import City
from replay.incident_reach import Reach
from replay.incident_rules import FOUND, QUARTER_MIN, Rules, falls, faults, silences, stations_stuck, together
from replay.incident_sources import corrections, floods, lost_offsets, stale_sources
from replay.registers import readings_around
from twin.reckoning.consumption import steps

WORDS: dict[str, tuple[str, str]] = {
    "station_empty": ("站點 {} 已 {} 分鐘無車可借", "station {} has had no bike for {} minutes"),
    "station_full": ("站點 {} 已 {} 分鐘無位可還", "station {} has had no free dock for {} minutes"),
    "station_silent": ("站點 {} 逾 {} 分鐘未回報", "station {} has not reported for {} minutes"),
    "meter_silent": ("表計 {} 逾 {} 分鐘未回報", "meter {} has not reported for {} minutes"),
    "group_silent": ("{} 同時多個設備未回報（{}）", "{}: many fell silent at once ({})"),
    "device_fault": ("設備 {} 回報故障：{}", "device {} reports a fault: {}"),
    "register_fell": ("表計 {} 讀值倒退：{}", "register {} reads less than before: {}"),
    "source_stale": ("資料來源 {} 逾 {} 分鐘無新資料", "source {} has told nothing for {} minutes"),
    "quarantine_flood": ("資料來源 {} 一小時內有 {} 筆被拒收", "source {}: {} inputs refused within an hour"),
    "offsets_lost": (
        "資料來源 {} 的訊息在讀取前已消失（offset {}）",
        "source {}: records were gone before they were read ({})",
    ),
    "late_correction": ("{} 的資料逾期更正（紀錄位置 {}）", "{} was corrected late, by the event at position {}"),
}
"""Kind -> what is said of it in Chinese and English: entity, then detail."""

INCIDENTS: dict[str, pl.DataType] = {
    "time": TIME,
    "kind": pl.String(),
    "entity": pl.String(),
    "severity": pl.String(),
    "since": TIME,
    "until": TIME,
    "count": pl.Int64(),
    "text_zh": pl.String(),
    "text_en": pl.String(),
    "positions": pl.List(pl.Int64()),
}
"""`time`: when the rule fires (event time; of a flood: record time). `since`, `until`: the condition, null while it
goes on. `severity`: info, warn, high, critical, or data (the data, not the city). `positions`: evidence in the log."""


def incidents(
    city: City, start: datetime, end: datetime, known: int | datetime | None = None, rules: Rules | None = None
) -> pl.DataFrame:
    """Incidents that fire with `start` ≤ time ≤ `end`, as known (INCIDENTS), in order of time, kind and entity.

    Incidents of a whole are those of its parts: none depends on the window asked. A window past the last
    observation ends there: what has not come yet is not missing. Docks, readings and states are watched.
    NaiveTimeError for a time without a zone.
    """
    for moment in (start, end):
        if moment.tzinfo is None:
            raise NaiveTimeError(f"{moment.isoformat()} has no zone; give an aware time")
    span, position = city.span(), city.head if known is None else city.position_at(known)
    if span is None:
        return pl.DataFrame(schema=INCIDENTS)
    chosen = rules or Rules()
    recorded = [floods(city.log, start, end, position, chosen), lost_offsets(city.log, start, end, position)]
    told = pl.concat([*_observed(city, start, end, position, chosen, span), *recorded])
    inside = told.filter(pl.col("time").is_between(pl.lit(start, TIME), pl.lit(end, TIME)))
    return _worded(inside).sort("time", "kind", "entity", "positions")


def next_incident(
    city: City,
    after: datetime,
    known: int | datetime | None = None,
    rules: Rules | None = None,
    *,
    seen: tuple[str, str] | None = None,
) -> dict[str, Any] | None:
    """The first incident that fires after an instant (a row of INCIDENTS), None when no more are known.

    `seen`: kind and entity of the one that stands at the instant; what fires at once with it and behind it comes next,
    so that one step after another reaches every incident.
    """
    span = city.span()
    low = micros(after) + (seen is None)
    while span is not None and instant(low) <= span[1]:
        day = instant(low) + timedelta(days=1)
        found = incidents(city, instant(low), day, known, rules)
        if seen is not None:
            kind, entity = seen
            behind = (pl.col("kind") > kind) | ((pl.col("kind") == kind) & (pl.col("entity") > entity))
            found = found.filter((pl.col("time") > pl.lit(after, TIME)) | behind)
        if found.height:
            return found.row(0, named=True)
        low = micros(day) + 1
    return None


def _observed(
    city: City, start: datetime, end: datetime, known: int, rules: Rules, span: tuple[datetime, datetime]
) -> Iterator[pl.DataFrame]:
    """What the rules find in docks, readings and states, in the whole quarter-hours that hold the window."""
    horizon = span[1] if known == city.head else _last_told(city, known)
    quarter = timedelta(minutes=QUARTER_MIN)
    low, last = (moment.astimezone(UTC) - (moment.astimezone(UTC) - EPOCH) % quarter for moment in (start, end))
    if horizon is None or horizon < low or end < start:
        return
    reach = Reach(city, known, low, min(last + quarter - timedelta(microseconds=1), horizon), span[0], horizon)
    docks, readings, states = (reach.rows(family) for family in ("docks", "readings", "states"))
    yield reach.settled("docks", docks, partial(_stuck_stations, rules=rules)).select(list(FOUND))
    yield reach.settled("states", states, faults).select(list(FOUND))
    silent = reach.settled("docks", docks, partial(_silent_stations, rules=rules))
    yield _together(silent, docks, pl.lit("docks"), rules)
    buildings = _buildings(city, known)
    counting = readings.join(buildings, on="entity", how="left", maintain_order="left")
    silent = reach.settled("readings", readings, partial(_silent_meters, rules=rules))
    silent = silent.join(buildings, on="entity", how="left", maintain_order="left")
    yield _together(silent, counting.filter(_counts(counting)), pl.col("building_id").fill_null("readings"), rules)
    yield _fallen(reach, counting)
    yield stale_sources(city.log, {"docks": docks, "readings": readings}, horizon)
    for family in ("docks", "readings"):
        yield corrections(city, family, start, end, known)


def _last_told(city: City, known: int) -> datetime | None:
    """The latest event time that was known then, None before the first."""
    cut = city.cut(None, known)
    times = [cut.frame(family)["time"].max() for family in ("docks", "readings", "states", "positions", "arrivals")]
    return max((t for t in times if isinstance(t, datetime)), default=None)


def _counts(rows: pl.DataFrame) -> pl.Expr:
    """Whether a reading counts energy or volume."""
    return pl.col("unit").is_in([u for u in rows["unit"].unique().to_list() if scale(u)[0] in ("J", "m3")])


def _stuck_stations(docks: pl.DataFrame, end: datetime, rules: Rules) -> pl.DataFrame:
    return stations_stuck(docks, rules, end)


def _silent_stations(docks: pl.DataFrame, end: datetime, rules: Rules) -> pl.DataFrame:
    return silences(docks, "station_silent", pl.lit(rules.station_silent), rules, end)


def _silent_meters(readings: pl.DataFrame, end: datetime, rules: Rules) -> pl.DataFrame:
    """Silent meters, of readings that count energy or volume."""
    electric = pl.col("unit").is_in([u for u in readings["unit"].unique().to_list() if scale(u)[0] == "J"])
    limit = pl.when(electric).then(pl.lit(rules.electricity_silent)).otherwise(pl.lit(rules.other_meter_silent))
    return silences(readings.filter(_counts(readings)), "meter_silent", limit, rules, end)


def _together(silent: pl.DataFrame, rows: pl.DataFrame, group: pl.Expr, rules: Rules) -> pl.DataFrame:
    members = rows.with_columns(group=group).group_by("entity", "group").agg(pl.col("time").min())
    return together(silent.with_columns(group=group), members, rules).select(list(FOUND))


def _buildings(city: City, known: int) -> pl.DataFrame:
    """Where each point stands, as last told: entity, building_id."""
    devices = city.cut(None, known).devices().drop_nulls("point_id").sort("point_id", "position")
    return devices.unique("point_id", keep="last", maintain_order=True).select("building_id", entity="point_id")


def _fallen(reach: Reach, counting: pl.DataFrame) -> pl.DataFrame:
    """Registers that the city knows and that read less than at their last usable reading before."""
    placed = counting.filter(pl.col("building_id").is_not_null() & _counts(counting))
    points = placed["entity"].unique().sort().to_list()
    rows = readings_around(reach.city, points, reach.start, reach.end, reach.known, ahead=False)
    named = rows.filter(_counts(rows)).rename({"point_id": "entity"})
    events = reach.city.register_events(reach.known).rename({"point_id": "entity"})
    return falls(steps(named, events, ["entity", "unit"])).select(list(FOUND))


def _worded(found: pl.DataFrame) -> pl.DataFrame:
    """Found rows as INCIDENTS."""
    if not found.height:
        return pl.DataFrame(schema=INCIDENTS)
    texts = [
        tuple(words.format(entity, detail) for words in WORDS[kind])
        for kind, entity, detail in found.select("kind", "entity", "detail").iter_rows()
    ]
    zh, en = zip(*texts, strict=True)
    named = found.with_columns(pl.Series("text_zh", zh), pl.Series("text_en", en))
    return named.select(list(INCIDENTS))
