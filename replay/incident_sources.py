"""Incidents of the way in: a source that fell silent, a flood of refusals, corrections that came late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import polars as pl

from events import batch
from events.batch import BATCH
from events.clock import EPOCH
from events.kafka.records import Lost
from events.log import Log
from events.monitoring.freshness import allowed_s
from events.observations import FAMILIES, TIME
from events.quarantine import GAP, QUARANTINE, refusals_of
from replay.city import City
from replay.clocks import position_at
from replay.incident_rules import FOUND, Rules

LATENESS = {"docks": timedelta(minutes=5), "readings": timedelta(hours=48)}
"""How late a row of a family may be told and corrected before it is an incident (domain notes, section 6)."""

QUARTER_DAY = timedelta(hours=6)
"""Corrections are counted by quarters of a day, UTC: the lake's partitions."""

BACK = timedelta(hours=1)
"""How soon after a source fell silent it is looked for again."""

_EVER = np.iinfo(np.int64).max

_SILENT: dict[str, pl.DataType] = {
    "source": pl.String(),
    **dict.fromkeys(("time", "fires", "until"), TIME),
    "allowed_s": pl.Float64(),
    "position": pl.Int64(),
}

FAR = 64
"""Positions further apart than this are read from the log by themselves."""


def stale_sources(log: Log, told: Mapping[str, pl.DataFrame], end: datetime) -> pl.DataFrame:
    """Sources silent for longer than `events.monitoring.freshness` allows; `told`: a family's rows (entity, time,
    position), with the state before them.

    A source is watched by what it told last of anything: what another source has told of since is that one's. `until`:
    when it told something again, within BACK after the incident; null: not within it.
    """
    owned = pl.concat([_owned(log, rows) for rows in told.values()])
    found = [_silences_of(rows) for _, rows in owned.group_by("source", maintain_order=True)]
    silent = pl.concat(found) if found else pl.DataFrame(schema=_SILENT)
    within = silent.filter(pl.col("fires") < pl.lit(end, TIME)).sort("source", "time")
    back = pl.when(pl.col("until") <= pl.col("fires") + BACK).then(pl.col("until"))
    return _found(
        within.select(
            pl.col("fires").alias("time"),
            pl.lit("source_stale").alias("kind"),
            pl.col("source").alias("entity"),
            pl.lit("data").alias("severity"),
            pl.col("time").alias("since"),
            back.alias("until"),
            pl.lit(1, pl.Int64).alias("count"),
            (pl.col("allowed_s") / 60).round(0).cast(pl.Int64).cast(pl.String).alias("detail"),
            pl.concat_list("position").alias("positions"),
        )
    )


def _owned(log: Log, rows: pl.DataFrame) -> pl.DataFrame:
    """Instants at which each source told of a family: source, time, position, allowed_s, and `upto`: when another
    source told of the same thing (null: none did)."""
    columns = ["source", "time", "position", "allowed_s", "upto"]
    known = sources_of(log, sorted(rows["position"].unique()))
    if known["source"].n_unique() <= 1:  # nothing can have been taken over: its instants are enough
        instants = rows.group_by("time").agg(pl.col("position").min())
        return instants.join(known, on="position").with_columns(upto=pl.lit(None, TIME)).select(columns)
    named = rows.select("entity", "time", "position").join(known, on="position").sort("entity", "time")
    taken = pl.col("source").shift(-1).over("entity") != pl.col("source")
    run = (pl.col("source") != pl.col("source").shift(1).over("entity")).fill_null(value=True).cum_sum()
    upto = pl.when(taken).then(pl.col("time").shift(-1).over("entity"))
    return (
        named.with_columns(run=run, upto=upto).with_columns(pl.col("upto").backward_fill().over("run")).select(columns)
    )


def _silences_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Of one source's rows (with `upto`: when another source took the thing over): instants followed by silence."""
    ordered = rows.sort("time", "position").with_columns(
        fires=pl.col("time") + pl.duration(seconds=pl.col("allowed_s"))
    )
    time, fires = (ordered[c].dt.epoch("us").to_numpy() for c in ("time", "fires"))
    upto = ordered["upto"].dt.epoch("us").fill_null(_EVER).to_numpy()
    kept = np.append(time[upto == _EVER], _EVER)
    after = kept[np.searchsorted(kept, time, side="right")]  # the next instant of a thing that stays the source's
    asked = np.flatnonzero((after > fires) & (upto > fires))
    ends = np.searchsorted(time, fires[asked], side="right")
    begins = np.searchsorted(time, time[asked], side="right")
    alone = [not (upto[low:high] > at).any() for low, high, at in zip(begins, ends, fires[asked], strict=True)]
    again = np.append(time, _EVER)[ends[alone]]
    silent = ordered[asked[alone]].with_columns(pl.Series("again", again))
    until = pl.when(pl.col("again") < _EVER).then(pl.col("again")).cast(TIME)
    first = silent.with_columns(until=until).unique("time", keep="first", maintain_order=True)
    return first.select(list(_SILENT))


def floods(log: Log, start: datetime, end: datetime, known: int, rules: Rules) -> pl.DataFrame:
    """Sources of which many inputs were refused within an hour of the clock of record times, whole hours together."""
    first, last = _recorded(log, _hour(start), _hour(end) + timedelta(hours=1), known)
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
    first, last = _recorded(log, start, end, known)
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


def corrections(city: City, family: str, start: datetime, end: datetime, known: int) -> pl.DataFrame:
    """Values that were told in time and told anew when their time of lateness was over.

    One incident for each entity, correcting event and quarter of a day, in the quarters that hold the window.
    """
    low, high = (moment.astimezone(UTC) - (moment.astimezone(UTC) - EPOCH) % QUARTER_DAY for moment in (start, end))
    told = city.versions(family, low, high + QUARTER_DAY - timedelta(microseconds=1), known)
    key = ["entity", "time"]
    same = pl.all_horizontal(pl.col(k) == pl.col(k).shift(1) for k in key).fill_null(value=False)
    again = told.filter(same | same.shift(-1, fill_value=False))
    versions = again.join(sources_of(city.log, sorted(again["position"].unique())), on="position").sort(
        *key, "position"
    )
    in_time = pl.col("recorded") <= pl.col("time") + LATENESS[family]
    both = versions.group_by(key, maintain_order=True).agg(
        pl.col("position").filter(in_time).last().alias("position_then"),
        pl.col("position").last(),
        late=~in_time.last(),
    )
    late = both.filter(pl.col("late") & pl.col("position_then").is_not_null())
    name = next(iter(FAMILIES[family].entity))
    named = late.join(city.names(family).select("entity", name), on="entity").sort(name, "time")
    corrected = (
        named.with_columns(quarter=pl.col("time").dt.truncate("6h"))
        .group_by(name, "position", "quarter", maintain_order=True)
        .agg(
            pl.col("time").first(),
            pl.col("time").last().alias("until"),
            pl.len().cast(pl.Int64).alias("count"),
            pl.col("position_then").first(),
        )
    )
    return _found(
        corrected.select(
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
    """`position`, `source`, how long the source may be silent (`allowed_s`) and when it was `recorded`, of batches at
    rising positions."""
    wanted = set(positions)
    rows = [
        (event.position, header.source, allowed_s(header.source), header.recorded)
        for low, high in _stretches(positions)
        for event in log.read(low - 1, upto=high, tags=(BATCH,))
        if event.position in wanted
        for header in (batch.header_of(event.state),)
    ]
    schema: dict[str, pl.DataType] = {
        "position": pl.Int64(), "source": pl.String(), "allowed_s": pl.Float64(), "recorded": TIME,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _recorded(log: Log, start: datetime, end: datetime, known: int) -> tuple[int, int]:
    """The position before the first event recorded from `start` on, and that of the last one up to `end`."""
    return position_at(log, start - timedelta(microseconds=1), known), position_at(log, end, known)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


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
