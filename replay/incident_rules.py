"""What counts as an incident in a family's rows: pure rules over frames, with their parameters (domain notes, 4.1).

Every rule takes rows that begin with the state of every entity before the window, so that a condition which began
earlier has its true beginning or one before the window; the caller keeps what fires within it. All answer FOUND.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from events.clock import TAIPEI
from events.observations import TIME

FOUND: dict[str, pl.DataType] = {
    "time": TIME,
    "kind": pl.String(),
    "entity": pl.String(),
    "severity": pl.String(),
    "since": TIME,
    "until": TIME,
    "count": pl.Int64(),
    "detail": pl.String(),
    "positions": pl.List(pl.Int64()),
}
"""`time`: when the rule fires; `since` and `until`: the condition (null: it went on at the window's end); `count`: how
many things are concerned; `detail`: a word of the case (a fault's text, a number); `positions`: evidence in the log."""

FAULTS = ("faulted", "outofservice", "groundfault", "overcurrentfault", "powerloss", "fault", "entrapment")
"""Texts of a device's state that mean a fault, letters only, in lower case: OCPP's status and stopped reason, BACnet's
car mode, and the plain words."""


@dataclass(frozen=True)
class Rules:
    """Parameters of the rules; the defaults are those of the domain notes, section 4.1.

    A station is empty or full when it was so for `station_hold` between the local hours `station_hours`; a report holds
    until the next, at most `report_holds`. Silence: longer than the limit, and longer than three of the entity's own
    intervals. More than `group_share` of a group (building, family) silent at once are one incident. A flood is
    `flood_refusals` refusals of a source in an hour of record time.
    """

    station_hold: timedelta = timedelta(minutes=30)
    station_hours: tuple[int, int] = (7, 22)
    station_silent: timedelta = timedelta(minutes=10)
    report_holds: timedelta = timedelta(hours=1)
    electricity_silent: timedelta = timedelta(minutes=45)
    other_meter_silent: timedelta = timedelta(hours=6)
    missed_intervals: int = 3
    group_share: float = 0.05
    flood_refusals: int = 100


def stations_stuck(docks: pl.DataFrame, rules: Rules, end: datetime) -> pl.DataFrame:
    """Stations empty (no vehicle) or full (no dock) for longer than the hold time, within the hours that count."""
    return pl.concat(
        _clipped(_runs(docks, "station_id", pl.col(column) == 0, rules.report_holds, end), kind, rules)
        for kind, column in (("station_empty", "num_vehicles_available"), ("station_full", "num_docks_available"))
    )


def faults(states: pl.DataFrame, end: datetime) -> pl.DataFrame:
    """Devices that begin to report a fault."""
    word = pl.col("text").str.to_lowercase().str.replace_all(r"[^a-z]", "")
    runs = _runs(states, "point_id", word.is_in(FAULTS), timedelta(days=36_500), end)
    severity = pl.when(word.str.contains("entrapment")).then(pl.lit("critical")).otherwise(pl.lit("high"))
    return _found(runs.with_columns(time=pl.col("since"), detail=pl.col("text")), "device_fault", severity)


def silences(
    rows: pl.DataFrame, kind: str, limit: pl.Expr, groups: pl.Expr, rules: Rules, end: datetime
) -> pl.DataFrame:
    """Entities (column `entity`) without a row for longer than `limit` and than their own missed intervals.

    `groups`: what an entity stands in; where more than the share of a group falls silent in one quarter-hour, that is
    one incident of the group (kind `group_silent`).
    """
    ordered = rows.sort("entity", "time").with_columns(
        next=pl.col("time").shift(-1).over("entity"),
        group=groups,
        allowed=pl.max_horizontal(
            limit, rules.missed_intervals * pl.col("time").diff().over("entity").median().over("entity")
        ),
    )
    fires = (pl.col("time") + pl.col("allowed")).alias("fires")
    silent = ordered.filter(pl.col("next").fill_null(pl.lit(end, TIME)) > fires).with_columns(fires)
    each = _found(
        silent.rename({"time": "since", "next": "until", "fires": "time"}).with_columns(
            detail=(pl.col("allowed").dt.total_minutes()).cast(pl.String)
        ),
        kind,
        pl.lit("warn" if kind == "meter_silent" else "info"),
    ).with_columns(silent["group"], size=silent.join(_sizes(ordered), on="group", how="left")["size"])
    return _grouped(each, rules)


def falls(counted: pl.DataFrame) -> pl.DataFrame:
    """Registers that read less than before and no event says why; `counted`: `twin.reckoning.consumption.steps` (by
    `entity` and `unit`)."""
    fell = counted.filter("fell").with_columns(until=pl.col("time"))
    detail = pl.format("{} {}", pl.col("rise"), pl.col("unit"))
    evidence = pl.concat_list("earlier", "position").list.drop_nulls().alias("positions")
    return _found(fell.with_columns(evidence, detail=detail), "register_fell", pl.lit("data"))


def empty() -> pl.DataFrame:
    """No incident."""
    return pl.DataFrame(schema=FOUND)


def _runs(rows: pl.DataFrame, entity: str, condition: pl.Expr, holds: timedelta, end: datetime) -> pl.DataFrame:
    """Stretches in which rows fulfil a condition: entity, since, until, stands (to when it surely held), first row."""
    ordered = rows.rename({entity: "entity"}).sort("entity", "time").with_columns(on=condition.fill_null(value=False))
    since_last = pl.col("time").diff().over("entity")
    begins = (pl.col("on") != pl.col("on").shift(1).over("entity")).fill_null(value=True) | (since_last > holds)
    next_time = pl.col("time").shift(-1).over("entity")
    marked = ordered.with_columns(
        run=begins.cum_sum().over("entity"),
        next=next_time,
        stands=pl.min_horizontal(next_time.fill_null(pl.lit(end, TIME)), pl.col("time") + holds),
    )
    runs = (
        marked.filter("on")
        .group_by("entity", "run", maintain_order=True)
        .agg(
            pl.col("time").first().alias("since"),
            pl.col("next").last().alias("until"),
            pl.col("stands").last(),
            pl.col("position").first(),
            *([pl.col("text").first()] if "text" in rows.columns else []),
        )
    )
    return runs.drop("run")


def _clipped(runs: pl.DataFrame, kind: str, rules: Rules) -> pl.DataFrame:
    """Runs within the hours that count, one piece a local day, that last longer than the hold time."""
    first, last = rules.station_hours
    local_since, local_stands = (pl.col(c).dt.convert_time_zone(TAIPEI.key) for c in ("since", "stands"))
    days = runs.with_columns(day=pl.date_ranges(local_since.dt.date(), local_stands.dt.date())).explode("day")
    opens, closes = (
        pl.col("day").cast(pl.Datetime("us")).dt.offset_by(f"{hour}h").dt.replace_time_zone(TAIPEI.key)
        .dt.convert_time_zone("UTC")
        for hour in (first, last)
    )  # fmt: skip
    pieces = days.with_columns(
        begins=pl.max_horizontal("since", opens), ends=pl.min_horizontal("stands", closes)
    ).filter(pl.col("ends") - pl.col("begins") > rules.station_hold)
    told = pieces.with_columns(time=pl.col("begins") + rules.station_hold)
    minutes = (pl.col("time") - pl.col("since")).dt.total_minutes().cast(pl.String)
    return _found(told.with_columns(detail=minutes), kind, pl.lit("info"))


def _sizes(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("group").agg(pl.col("entity").n_unique().alias("size"))


def _grouped(each: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Silences, those of a large part of a group in one quarter-hour as one."""
    stamped = each.with_columns(quarter=pl.col("time").dt.truncate("15m"))
    crowd = pl.len().over("group", "quarter")
    many = (crowd >= 2) & (crowd > rules.group_share * pl.col("size"))
    alone = stamped.filter(~many).select(list(FOUND))
    together = (
        stamped.filter(many)
        .group_by("group", "quarter", maintain_order=True)
        .agg(
            pl.col("time").min(),
            pl.col("since").min(),
            pl.when(pl.col("until").is_not_null().all()).then(pl.col("until").max()).alias("until"),
            pl.len().cast(pl.Int64).alias("count"),
            pl.col("size").first(),
            pl.col("positions").explode().unique().sort().head(10),
        )
    )
    told = together.rename({"group": "entity"}).with_columns(detail=pl.format("{}/{}", pl.col("count"), pl.col("size")))
    return pl.concat([alone, _found(told, "group_silent", pl.lit("high"))])


def _found(rows: pl.DataFrame, kind: str, severity: pl.Expr) -> pl.DataFrame:
    """Rows as FOUND: evidence is the row's position and the count 1 where they do not say otherwise."""
    defaults: Sequence[pl.Expr] = [
        *([] if "positions" in rows.columns else [pl.concat_list("position").alias("positions")]),
        *([] if "count" in rows.columns else [pl.lit(1, pl.Int64).alias("count")]),
    ]
    named = rows.with_columns(*defaults, kind=pl.lit(kind), severity=severity)
    return named.select(list(FOUND)).cast(dict(FOUND))  # type: ignore[arg-type]
