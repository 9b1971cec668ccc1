"""Incidents of the way in: a source that fell silent, a flood of refusals, corrections that came late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec
import polars as pl

from events import batch
from events.batch import BATCH
from events.kafka.records import Lost
from events.log import Log
from events.monitoring.freshness import allowed_s
from events.observations import FAMILIES, TIME
from events.quarantine import GAP, QUARANTINE, refusals_of
from replay.city import City
from replay.clocks import position_at
from replay.incident_rules import FOUND, Rules, empty

LATENESS = {"docks": timedelta(minutes=5), "readings": timedelta(hours=48)}
"""How late a row of a family may be told and corrected before it is an incident (domain notes, section 6)."""

FAR = 64
"""Positions further apart than this are read from the log by themselves."""


def stale_sources(log: Log, told: Iterable[pl.DataFrame], end: datetime) -> pl.DataFrame:
    """Sources silent for longer than `events.monitoring.freshness` allows; `told` has position and time."""
    times = pl.concat([f.select("position", "time") for f in told]).unique().sort("position")
    named = times.join(sources_of(log, times["position"].unique().to_list()), on="position")
    ordered = named.sort("source", "time", "position").unique(["source", "time"], keep="first", maintain_order=True)
    spaced = ordered.with_columns(
        until=pl.col("time").shift(-1).over("source"),
        fires=pl.col("time") + pl.duration(seconds=pl.col("allowed_s")),
    )
    silent = spaced.filter(pl.col("until").fill_null(pl.lit(end, TIME)) > pl.col("fires"))
    return _found(
        silent.select(
            pl.col("fires").alias("time"),
            pl.lit("source_stale").alias("kind"),
            pl.col("source").alias("entity"),
            pl.lit("data").alias("severity"),
            pl.col("time").alias("since"),
            "until",
            pl.lit(1, pl.Int64).alias("count"),
            (pl.col("allowed_s") / 60).round(0).cast(pl.Int64).cast(pl.String).alias("detail"),
            pl.concat_list("position").alias("positions"),
        )
    )


def floods(log: Log, start: datetime, end: datetime, known: int, rules: Rules) -> pl.DataFrame:
    """Sources of which many inputs were refused within an hour; their clock is the record time."""
    first, last = position_at(log, start, known), position_at(log, end, known)
    rows = [
        (header.recorded, header.source, max(header.refused, header.rows), event.position)
        for event in log.read(first, upto=last, tags=(QUARANTINE,))
        for header in (batch.header_of(event.state),)
    ]
    schema = {"time": TIME, "entity": pl.String(), "refused": pl.Int64(), "position": pl.Int64()}
    refused = pl.DataFrame(rows, schema=schema, orient="row").with_columns(hour=pl.col("time").dt.truncate("1h"))
    by_hour = refused.with_columns(sum=pl.col("refused").cum_sum().over("entity", "hour"))
    hours = by_hour.group_by("entity", "hour", maintain_order=True).agg(
        pl.col("time").filter(pl.col("sum") >= rules.flood_refusals).first().alias("fires"),
        pl.col("time").first().alias("since"),
        pl.col("time").last().alias("until"),
        pl.col("refused").sum().alias("count"),
        pl.col("position").head(10).alias("positions"),
    )
    told = hours.filter(pl.col("fires").is_not_null()).rename({"fires": "time"})
    return _found(
        told.with_columns(
            kind=pl.lit("quarantine_flood"), severity=pl.lit("data"), detail=pl.col("count").cast(pl.String)
        )
    )


def lost_offsets(log: Log, start: datetime, end: datetime, known: int) -> pl.DataFrame:
    """Records that a topic no longer had when they were to be read; their clock is the record time, each one counts."""
    first, last = position_at(log, start, known), position_at(log, end, known)
    rows = [
        (header.recorded, header.source, refusal, event.position)
        for event in log.read(first, upto=last, tags=(QUARANTINE,))
        for header in (batch.header_of(event.state),)
        for refusal in refusals_of(event.state)
        if refusal.format == GAP
    ]
    gone = [msgspec.json.decode(refusal.payload, type=Lost) for _, _, refusal, _ in rows]
    found = {
        "time": [row[0] for row in rows],
        "kind": ["offsets_lost"] * len(rows),
        "entity": [row[1] for row in rows],
        "severity": ["high"] * len(rows),
        "since": [row[0] for row in rows],
        "until": [row[0] for row in rows],
        "count": [lost.last - lost.first + 1 for lost in gone],
        "detail": [f"{lost.first}–{lost.last}" for lost in gone],
        "positions": [[row[3]] for row in rows],
    }
    return pl.DataFrame(found, schema=dict(FOUND))


def corrections(city: City, family: str, now: pl.DataFrame, end: datetime) -> pl.DataFrame:
    """Values of the window that were told in time and told anew when their time of lateness was over.

    `now`: the window's rows (`City.rows`) as believed now. One incident for each entity and correcting event.
    """
    if not now.height:
        return empty()
    known = city.position_at(end + LATENESS[family])
    if not known or known >= city.head:
        return empty()
    kind = FAMILIES[family]
    then = city.rows(family, now["time"].min(), end, known)  # type: ignore[arg-type]
    key = [*kind.entity, "time"]
    both = now.join(then, on=key, how="inner", suffix="_then").filter(pl.col("position") > pl.col("position_then"))
    name = next(iter(kind.entity))
    told = (
        both.sort(name, "time")
        .group_by(name, "position", maintain_order=True)
        .agg(
            pl.col("time").first(),
            pl.col("time").last().alias("until"),
            pl.len().cast(pl.Int64).alias("count"),
            pl.col("position_then").first(),
        )
    )
    return _found(
        told.select(
            "time",
            pl.lit("late_correction").alias("kind"),
            pl.col(name).alias("entity"),
            pl.lit("data").alias("severity"),
            pl.col("time").alias("since"),
            "until",
            "count",
            pl.col("position").cast(pl.String).alias("detail"),
            pl.concat_list("position_then", "position").alias("positions"),
        )
    )


def sources_of(log: Log, positions: list[int]) -> pl.DataFrame:
    """`position`, `source` and how long the source may be silent (`allowed_s`) of batches at rising positions."""
    wanted = set(positions)
    rows = [
        (event.position, source, allowed_s(source))
        for low, high in _stretches(sorted(wanted))
        for event in log.read(low - 1, upto=high, tags=(BATCH,))
        if event.position in wanted
        for source in (batch.header_of(event.state).source,)
    ]
    return pl.DataFrame(rows, schema={"position": pl.Int64, "source": pl.String, "allowed_s": pl.Float64}, orient="row")


def _stretches(positions: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of runs of positions that lie near one another."""
    if not positions:
        return
    low = high = positions[0]
    for position in positions[1:]:
        if position - high > FAR:
            yield low, high
            low = position
        high = position
    yield low, high


def _found(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(list(FOUND)).cast(dict(FOUND))  # type: ignore[arg-type]
