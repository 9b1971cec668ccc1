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
from typing import Any

import polars as pl

from events.clock import instant, micros
from events.errors import NaiveTimeError
from events.observations import TIME
from events.units import scale
from replay.city import City
from replay.cut import Cut
from replay.incident_rules import Rules, falls, faults, silences, stations_stuck
from replay.incident_sources import corrections, floods, lost_offsets, stale_sources
from twin.reckoning.consumption import steps

LOOK_BACK = timedelta(hours=2)
"""Rows read before the window, beside the state at their beginning."""

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

    A window past the last observation ends there: what has not come yet is not missing. Docks, readings and
    states are watched. NaiveTimeError for a time without a zone.
    """
    for moment in (start, end):
        if moment.tzinfo is None:
            raise NaiveTimeError(f"{moment.isoformat()} has no zone; give an aware time")
    span, position = city.span(), city.head if known is None else city.position_at(known)
    if span is None:
        return pl.DataFrame(schema=INCIDENTS)
    chosen = rules or Rules()
    recorded = [floods(city.log, start, end, position, chosen), lost_offsets(city.log, start, end, position)]
    told = pl.concat([*_observed(city, start, min(end, span[1]), position, chosen), *recorded])
    inside = told.filter(pl.col("time").is_between(pl.lit(start, TIME), pl.lit(end, TIME)))
    return _worded(inside).sort("time", "kind", "entity")


def next_incident(
    city: City, after: datetime, known: int | datetime | None = None, rules: Rules | None = None
) -> dict[str, Any] | None:
    """The first incident that fires after an instant (a row of INCIDENTS), None when no more are known."""
    span = city.span()
    low = micros(after) + 1
    while span is not None and instant(low) <= span[1]:
        day = instant(low) + timedelta(days=1)
        found = incidents(city, instant(low), day, known, rules)
        if found.height:
            return found.row(0, named=True)
        low = micros(day) + 1
    return None


def _observed(city: City, start: datetime, end: datetime, known: int, rules: Rules) -> Iterator[pl.DataFrame]:
    """What the rules find in docks, readings and states up to `end`."""
    if end < start:
        return
    before = city.cut(start.astimezone(UTC) - LOOK_BACK, known)
    docks, readings, states = (_rows(city, before, f, end) for f in ("docks", "readings", "states"))
    yield stations_stuck(docks, rules, end)
    stations = docks.rename({"station_id": "entity"})
    yield silences(stations, "station_silent", pl.lit(rules.station_silent), pl.lit("docks"), rules, end)
    yield from _metered(readings, city.register_events(known), city.cut(end, known).devices(), rules, end)
    yield faults(states, end)
    yield stale_sources(city.log, (docks, readings), end)
    if known == city.head:
        for family, rows in (("docks", docks), ("readings", readings)):
            yield corrections(city, family, rows.filter(pl.col("time") >= pl.lit(start, TIME)), end)


def _rows(city: City, before: Cut, family: str, end: datetime) -> pl.DataFrame:
    """Rows of a family up to `end`, with the state of every entity before them."""
    opening = before.frame(family)
    rows = city.rows(family, before.at + timedelta(microseconds=1), end, before.known)
    return pl.concat([opening.select(rows.columns), rows])


def _metered(
    readings: pl.DataFrame, events: pl.DataFrame, devices: pl.DataFrame, rules: Rules, end: datetime
) -> Iterator[pl.DataFrame]:
    """Of readings that count energy or volume: silent meters; of registers that the city knows: falls."""
    counting = [u for u in readings["unit"].unique().to_list() if scale(u)[0] in ("J", "m3")]
    meters = readings.filter(pl.col("unit").is_in(counting)).rename({"point_id": "entity"})
    points = devices.select("point_id", "building_id").drop_nulls("point_id").unique("point_id")
    placed = meters.join(points, left_on="entity", right_on="point_id", how="left", maintain_order="left")
    electric = pl.col("unit").is_in([u for u in counting if scale(u)[0] == "J"])
    limit = pl.when(electric).then(pl.lit(rules.electricity_silent)).otherwise(pl.lit(rules.other_meter_silent))
    yield silences(placed, "meter_silent", limit, pl.col("building_id").fill_null("readings"), rules, end)
    known = placed.filter(pl.col("building_id").is_not_null())
    yield falls(steps(known, events.rename({"point_id": "entity"}), ["entity", "unit"]))


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
