"""Consumption: what a cumulative register counted between two instants. The only one: whoever tells of use asks here.

A register is a curve over its usable readings (finite, not `Quality.INVALID`), taken to rise evenly between two:

    exchanged at t, from final F to initial I   t is a reading too: the old meter's F, and the new one's I goes on
    rolled over at t, modulus M                 the next reading at or after t counts M more
    a fall that no event tells of               the time between the two readings is unknown, never clipped to zero

The time between two readings is, for the rest, *estimated* where either reading is no measurement; else *interpolated*
where they are further apart than GAP steps (what was counted is known, when is not); else *measured*. Before the first
and after the last reading it is unknown.

Everything is a running sum along the curve, and a window's use is the difference at its two ends. So the parts of any
split add up to the whole, and no answer depends on the window asked or on the readings between its ends, if the
readings hold the last one at or before the first window and the first at or after the last (`replay.registers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from events.observations import TIME, Quality

KEY = ("point_id", "unit")
"""What a register is, among readings."""

HOUR = timedelta(hours=1)

GAP = 1.5
"""Readings further apart than this many steps leave the shape between them unknown."""

ROUNDING = 1e-12
"""Of a step's largest number: a fall by less comes from adding, not from the meter."""

EVENTS: dict[str, pl.DataType] = {
    "time": TIME,
    **dict.fromkeys(("final", "initial", "modulus"), pl.Float64()),
}
"""What happened to registers, beside their key: exchanged (final, initial) or rolled over (modulus), in their unit."""

USE: dict[str, pl.DataType] = {
    "start": TIME,
    "end": TIME,
    **dict.fromkeys(("amount", "interpolated", "estimated", "known_share", "measured_share"), pl.Float64()),
    **dict.fromkeys(("fell", "rolled_over"), pl.Boolean()),
    "state": pl.String(),
}
"""Use of a window, beside the register's key, in its unit. `amount`: what is known of it, null where nothing is;
`interpolated`, `estimated`: the parts of it that are, the rest is measured. `known_share`, `measured_share`: of the
window's time. `fell`: a fall that no event tells of, `rolled_over`: a roll-over told by its digits alone. `state`:
measured, interpolated, estimated (all known, and at worst so), incomplete (partly known) or unknown."""

_AMOUNTS = ("amount", "interpolated", "estimated")
_TIMES = ("known_us", "interpolated_us", "estimated_us")
_COUNTS = ("falls", "rolls")


def usable() -> pl.Expr:
    """Whether a reading says anything of its register."""
    return pl.col("value").is_finite().fill_null(value=False) & (pl.col("quality").fill_null(0) != Quality.INVALID)


def steps(
    readings: pl.DataFrame, events: pl.DataFrame | None = None, key: Sequence[str] = KEY, modulus: float | None = None
) -> pl.DataFrame:
    """Usable readings and exchanges in order, each with what was counted since the one before of its register.

    Columns: the key, time, value, position (null: none was given, or an exchange), estimated (no measurement), since
    (null: the first), earlier (position before), rise (null: the first), fell, rolled.
    """
    points = _points(readings, _told(readings, events, key), key)
    same = pl.all_horizontal(pl.col(k) == pl.col(k).shift(1) for k in key).fill_null(value=False)
    before = pl.when(same).then(pl.col("value").shift(1))
    raw = pl.col("value") - before + pl.col("jump")
    rolled = pl.lit(value=False)
    if modulus is not None:
        ends = (before >= 0.9 * modulus) & (pl.col("value") < 0.1 * modulus)
        rolled = (ends & (pl.col("jump") == 0)).fill_null(value=False)
    finest = ROUNDING * pl.max_horizontal(pl.col("value").abs(), before.abs(), pl.col("jump").abs())
    return (
        points.with_columns(
            since=pl.when(same).then(pl.col("time").shift(1)),
            earlier=pl.when(same).then(pl.col("position").shift(1)),
            vague=pl.col("estimated") | pl.col("estimated").shift(1).fill_null(value=False),
            rolled=rolled,
            rise=raw + pl.when(rolled).then(modulus or 0.0).otherwise(0.0),
        )
        .with_columns(fell=(pl.col("rise") < -finest).fill_null(value=False))
        .drop("jump")
    )


def curve(
    readings: pl.DataFrame,
    events: pl.DataFrame | None = None,
    *,
    key: Sequence[str] = KEY,
    step: timedelta = HOUR,
    modulus: float | None = None,
) -> pl.DataFrame:
    """Running sums along every register of `readings` (key, time, value, quality), sorted by key and time.

    `step` is how often the register is read. Of falls that `events` (EVENTS beside the key) do not tell of, one is a
    roll-over when the register counts modulo `modulus` and falls from its last tenth to its first.
    """
    length = (pl.col("time") - pl.col("since")).dt.total_microseconds().fill_null(0)
    known = ~pl.col("fell") & (length > 0)
    estimated = known & pl.col("vague")
    interpolated = known & ~pl.col("vague") & (length > GAP * (step // timedelta(microseconds=1)))
    gained = pl.when("fell").then(0.0).otherwise(pl.col("rise").fill_null(0.0).clip(0.0))
    sums = steps(readings, events, key, modulus).select(
        *key,
        "time",
        length=length,
        amount=gained,
        interpolated=gained * interpolated,
        estimated=gained * estimated,
        known_us=length * known,
        interpolated_us=length * interpolated,
        estimated_us=length * estimated,
        falls=pl.col("fell").cast(pl.Int64),
        rolls=pl.col("rolled").cast(pl.Int64),
    )
    rising = ("length", *_AMOUNTS, *_TIMES)
    same = pl.all_horizontal(pl.col(k) == pl.col(k).shift(-1) for k in key).fill_null(value=False)
    ahead = [pl.when(same).then(pl.col(c).shift(-1)).otherwise(0).alias(f"next_{c}") for c in rising]
    return sums.with_columns(*ahead).with_columns(pl.col(*_AMOUNTS, *_TIMES, *_COUNTS).cum_sum().over(key))


def use(curves: pl.DataFrame, windows: pl.DataFrame, key: Sequence[str] = KEY) -> pl.DataFrame:
    """Use of each window of `windows` (key, start, end) along `curve`: the windows' columns and USE, in their order.

    A window of a register without a reading is unknown.
    """
    numbered = windows.with_row_index("window")
    low, high = (_at(curves, numbered, edge, key) for edge in ("start", "end"))
    gained = {c: (high[c] - low[c]).alias(c) for c in (*_AMOUNTS, *_TIMES, *_COUNTS)}
    told = windows.with_columns(*gained.values())
    length = (pl.col("end") - pl.col("start")).dt.total_microseconds()
    measured = pl.col("known_us") - pl.col("interpolated_us") - pl.col("estimated_us")
    state = (
        pl.when(pl.col("known_us") == 0)
        .then(pl.lit("unknown"))
        .when(pl.col("known_us") < length)
        .then(pl.lit("incomplete"))
        .when(pl.col("estimated_us") > 0)
        .then(pl.lit("estimated"))
        .when(pl.col("interpolated_us") > 0)
        .then(pl.lit("interpolated"))
        .otherwise(pl.lit("measured"))
    )
    return told.select(
        *windows.columns,
        *(pl.when(pl.col("known_us") > 0).then(pl.col(c).clip(0.0)) for c in _AMOUNTS),
        known_share=pl.col("known_us") / length,
        measured_share=measured / length,
        fell=pl.col("falls") > 0,
        rolled_over=pl.col("rolls") > 0,
        state=state,
    )


def of_each(curves: pl.DataFrame, registers: pl.DataFrame, edges: pl.Series, key: Sequence[str] = KEY) -> pl.DataFrame:
    """Use of each of `registers` (the key, no two the same) between successive `edges`: key and USE, in that order."""
    spans = pl.DataFrame({"start": edges[:-1], "end": edges[1:]}, schema={"start": TIME, "end": TIME})
    return use(curves, registers.select(key).join(spans, how="cross", maintain_order="left_right"), key)


def _told(readings: pl.DataFrame, events: pl.DataFrame | None, key: Sequence[str]) -> pl.DataFrame:
    """Events of the registers of `readings`, each with what it adds to all that comes after."""
    if events is None or not events.height:
        schema = {k: readings.schema[k] for k in key} | EVENTS | {"jump": pl.Float64()}
        return pl.DataFrame(schema=schema)
    own = events.join(readings.select(key).unique(), on=key, how="semi")
    jump = pl.coalesce("modulus", pl.col("final") - pl.col("initial"))
    return own.select(*key, *EVENTS, jump.alias("jump")).sort("time")


def _points(readings: pl.DataFrame, told: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Readings and exchanges by key and time, with the sum of what happened since the one before (`jump`)."""
    number = pl.col("position") if "position" in readings.columns else pl.lit(None, pl.Int64).alias("position")
    estimated = pl.col("quality").fill_null(0) != Quality.MEASURED
    read = readings.filter(usable()).select(*key, "time", "value", number, estimated=estimated).sort(*key, "time")
    if not told.height:
        return read.with_columns(jump=0.0)
    began = told.filter(pl.col("final").is_not_null()).join(read, on=[*key, "time"], how="anti")
    begun = began.select(
        *key, "time", pl.lit(None, read.schema["position"]).alias("position"), value="initial", estimated=False
    )
    points = pl.concat([read, begun.select(read.columns)]).sort("time")
    met = told.join_asof(
        points.select(*key, "time", met="time"), on="time", by=list(key), strategy="forward", check_sortedness=False
    )
    jumps = met.drop_nulls("met").group_by(*key, pl.col("met").alias("time")).agg(pl.col("jump").sum())
    return (
        points.join(jumps, on=[*key, "time"], how="left").with_columns(pl.col("jump").fill_null(0.0)).sort(*key, "time")
    )


def _at(curves: pl.DataFrame, windows: pl.DataFrame, edge: str, key: Sequence[str]) -> pl.DataFrame:
    """The running sums at an edge of every window, in the windows' order."""
    asked = windows.select(*key, "window", pl.col(edge).alias("edge")).sort("edge")
    found = asked.join_asof(
        curves, left_on="edge", right_on="time", by=list(key), strategy="backward", check_sortedness=False
    )
    elapsed = pl.min_horizontal((pl.col("edge") - pl.col("time")).dt.total_microseconds(), "next_length")
    part = pl.when(pl.col("next_length") > 0).then(elapsed / pl.col("next_length")).otherwise(0.0)
    within = pl.when(pl.col("next_length") > 0).then(elapsed).otherwise(0)
    return found.sort("window").select(
        *((pl.col(c) + pl.col(f"next_{c}") * part).fill_null(0.0).alias(c) for c in _AMOUNTS),
        *((pl.col(c) + within * (pl.col(f"next_{c}") > 0)).fill_null(0).alias(c) for c in _TIMES),
        *(pl.col(c).fill_null(0) for c in _COUNTS),
    )
