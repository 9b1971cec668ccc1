"""What counts as an incident in a family's rows: pure rules over frames, with their parameters (domain notes, 4.1).

Every rule takes rows (identity: `entity`) that begin with the state of every entity before the window, and answers
FOUND and LEANING: whether the answer may be another one with rows further back. `replay.incident_reach` then reads
these, and the caller keeps what fires within the window: so no answer depends on the window asked.
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


LEANING = ("leans", "unsure")
"""Beside FOUND: with rows further back, an incident that `leans` may have another beginning, and one that is `unsure`
may fire at another time, or not at all (`time` is null: as things stand, not at all)."""

OWN_INTERVALS = 3
"""So many intervals between an entity's last reports tell how often it reports."""

QUARTER_MIN = 15
"""Minutes within which silences of a group count as one."""


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
        _clipped(_runs(docks, pl.col(column) == 0, rules.report_holds, end), kind, rules)
        for kind, column in (("station_empty", "num_vehicles_available"), ("station_full", "num_docks_available"))
    )


def faults(states: pl.DataFrame, end: datetime) -> pl.DataFrame:
    """Devices that begin to report a fault."""
    word = pl.col("text").str.to_lowercase().str.replace_all(r"[^a-z]", "")
    runs = _runs(states, word.is_in(FAULTS), timedelta(days=36_500), end)
    severity = pl.when(word.str.contains("entrapment")).then(pl.lit("critical")).otherwise(pl.lit("high"))
    return _found(runs.with_columns(time=pl.col("since"), detail=pl.col("text")), "device_fault", severity)


def silences(rows: pl.DataFrame, kind: str, limit: pl.Expr, rules: Rules, end: datetime) -> pl.DataFrame:
    """Entities without a row for longer than `limit` and than their own missed intervals.

    An entity's own interval is the median of the last ones (`OWN_INTERVALS`) before it fell silent.
    """
    number = pl.int_range(pl.len()).over("entity")
    own = pl.col("time").diff().over("entity").cast(pl.Int64)
    usual = own.rolling_median(OWN_INTERVALS, min_samples=1).over("entity").cast(pl.Duration("us"))
    ordered = rows.sort("entity", "time").with_columns(
        next=pl.col("time").shift(-1).over("entity"),
        allowed=pl.max_horizontal(limit, rules.missed_intervals * usual),
        unsure=number < OWN_INTERVALS,
    )
    fires = pl.col("time") + pl.col("allowed")
    ends = pl.col("next").fill_null(pl.lit(end, TIME))
    long = ordered.filter(ends > pl.col("time") + limit).with_columns(fires=pl.when(ends > fires).then(fires))
    silent = long.filter(pl.col("fires").is_not_null() | pl.col("unsure"))
    named = silent.rename({"time": "since", "next": "until", "fires": "time"})
    told = named.with_columns(detail=(pl.col("allowed").dt.total_minutes()).cast(pl.String))
    return _found(told, kind, pl.lit("warn" if kind == "meter_silent" else "info"))


def together(each: pl.DataFrame, members: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Silences (with what they stand in, `group`), those of a large part of a group in one quarter-hour as one.

    `members`: entity, group, time of a first report; a group counts who reported by the end of the quarter-hour.
    """
    stamped = each.with_columns(quarter=pl.col("time").dt.truncate(f"{QUARTER_MIN}m"))
    stamped = stamped.join(_sizes(stamped, members), on=["group", "quarter"], how="left", maintain_order="left")
    crowd = pl.len().over("group", "quarter")
    many = (crowd >= 2) & (crowd > rules.group_share * pl.col("size"))
    alone = stamped.filter(~many).select([*FOUND, *LEANING])
    crowds = (
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
    told = crowds.rename({"group": "entity"}).with_columns(detail=pl.format("{}/{}", pl.col("count"), pl.col("size")))
    return pl.concat([alone, _found(told, "group_silent", pl.lit("high"))])


def falls(counted: pl.DataFrame) -> pl.DataFrame:
    """Registers that read less than before and no event says why; `counted`: `twin.reckoning.consumption.steps` (by
    `entity` and `unit`)."""
    fell = counted.filter("fell").with_columns(until=pl.col("time"))
    detail = pl.format("{} {}", pl.col("rise"), pl.col("unit"))
    evidence = pl.concat_list("earlier", "position").list.drop_nulls().alias("positions")
    return _found(fell.with_columns(evidence, detail=detail), "register_fell", pl.lit("data"))


def _runs(rows: pl.DataFrame, condition: pl.Expr, holds: timedelta, end: datetime) -> pl.DataFrame:
    """Stretches in which rows fulfil a condition: entity, since, until, stands (to when it surely held), first row;
    `leans`: on the entity's first row, before which it may have begun."""
    ordered = rows.sort("entity", "time").with_columns(on=condition.fill_null(value=False))
    since_last = pl.col("time").diff().over("entity")
    begins = (pl.col("on") != pl.col("on").shift(1).over("entity")).fill_null(value=True) | (since_last > holds)
    next_time = pl.col("time").shift(-1).over("entity")
    marked = ordered.with_columns(
        leans=pl.col("time") == pl.col("time").first().over("entity"),
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
            pl.col("position", "leans").first(),
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


def _sizes(silent: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """How many of each group had reported by the end of each quarter-hour in which one fell silent."""
    asked = silent.select("group", "quarter").unique()
    both = asked.join(members.rename({"time": "heard"}), on="group")
    heard = both.filter(pl.col("heard") < pl.col("quarter") + pl.duration(minutes=QUARTER_MIN))
    return heard.group_by("group", "quarter").agg(pl.col("entity").n_unique().alias("size"))


def _found(rows: pl.DataFrame, kind: str, severity: pl.Expr) -> pl.DataFrame:
    """Rows as FOUND and LEANING: evidence is the row's position and the count 1 where they do not say otherwise."""
    defaults: Sequence[pl.Expr] = [
        *([] if "positions" in rows.columns else [pl.concat_list("position").alias("positions")]),
        *([] if "count" in rows.columns else [pl.lit(1, pl.Int64).alias("count")]),
        *(pl.lit(value=False).alias(c) for c in LEANING if c not in rows.columns),
    ]
    named = rows.with_columns(*defaults, kind=pl.lit(kind), severity=severity)
    return named.select([*FOUND, *LEANING]).cast(dict(FOUND))  # type: ignore[arg-type]
