"""What meters counted in the hours up to their last reading: `twin.reckoning.consumption`, register by register.

A meter counts when its last reading is fresh (`FRESH`) and the whole stretch before that reading is known; otherwise
its use is null, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from events.observations import TIME
from events.units import scale
from replay.city import City
from twin.projections.former import nameless
from twin.reckoning.consumption import curve, of_each, usable, use

DAY = timedelta(hours=24)
FRESH = timedelta(hours=3)
"""A register older than this says nothing of the instant."""

REACH, WIDENING = timedelta(hours=4), 16
"""How far beyond the stretch is looked for the reading that its beginning rests on, and how many times further then."""

FEWEST_HOMES = 10
"""Planners see no aggregate of fewer homes (the same rule as `replay.load`)."""

MEDIA = ("electricity", "water", "gas")
_PLACE = ("device_id", "building_id", "community_id", "dwelling_id", "storey_id", "medium", "unit", "serial")
_ENTITY = ("entity",)


@dataclass(frozen=True)
class Quality:
    """Of what the use in a stretch rests on: meters there are, meters of which it is told, of those the wholly measured
    ones; homes that have meters, and homes of which something is told."""

    meters: int
    counted: int
    measured: int
    homes: int
    homes_counted: int

    @property
    def share(self) -> float | None:
        """Wholly measured among the meters that count, None when none does."""
        return self.measured / self.counted if self.counted else None


def meter_use(city: City, at: datetime, known: int | None, span: timedelta = DAY) -> pl.DataFrame:
    """Use of every meter in the `span` up to its last reading at or before `at`.

    Columns: point_id, device_id, building_id, community_id, dwelling_id (null: the building's own meter), storey_id,
    medium, unit, serial, time (of the last reading, null: none yet), value (of the register), age_h, used (in `unit`),
    interpolated (the part of it over gaps), estimated (whether any of it is not measured), state
    (`twin.reckoning.consumption.USE`, null: no reading). Nameless registers that report no more are not in it.
    """
    at = at.astimezone(UTC)
    cut = city.cut(at, known)
    meters = cut.devices().filter(pl.col("point_id").is_not_null())
    last = _last(city, cut.frame("readings"), meters)
    told = _used(city, last, at, cut.known, span)
    joined = meters.select("point_id", *_PLACE).join(told, "point_id", how="left")
    factor = _factor(joined)
    fresh = at - pl.col("time") <= FRESH
    whole = fresh & (pl.col("known_share") == 1) & factor.is_not_null()
    found = joined.select(
        "point_id",
        *_PLACE,
        "time",
        value=pl.col("value") * factor,
        age_h=(pl.lit(at) - pl.col("time")).dt.total_seconds() / 3600,
        used=pl.when(whole).then(pl.col("amount") * factor),
        interpolated=pl.when(whole).then(pl.col("interpolated") * factor),
        estimated=pl.col("measured_share") < pl.col("known_share"),
        state="state",
    ).sort("point_id")
    reporting = pl.col("age_h") <= FRESH / timedelta(hours=1)
    return found.filter(~nameless("point_id") | reporting)


def quality(use: pl.DataFrame) -> Quality:
    """What rows of `meter_use` rest on."""
    counts, home = pl.col("used").is_not_null(), pl.struct("building_id", "dwelling_id")
    of_homes = pl.col("dwelling_id").is_not_null()
    row = use.select(
        pl.len(),
        counts.sum().alias("counted"),
        (counts & (pl.col("state") == "measured")).sum().alias("measured"),
        home.filter(of_homes).n_unique().alias("homes"),
        home.filter(of_homes & counts).n_unique().alias("homes_counted"),
    ).row(0)
    return Quality(*row)


def by_community(use: pl.DataFrame) -> pl.DataFrame:
    """Use of homes by community and medium; groups of fewer than ten homes that count are left out.

    Columns: community_id, medium, unit, homes (that count), used (their sum), per_home.
    """
    homes = use.filter(pl.col("dwelling_id").is_not_null() & pl.col("used").is_not_null())
    sums = homes.group_by("community_id", "medium", "unit").agg(
        homes=pl.struct("building_id", "dwelling_id").n_unique(), used=pl.col("used").sum()
    )
    enough = sums.filter(pl.col("homes") >= FEWEST_HOMES)
    return enough.with_columns(per_home=pl.col("used") / pl.col("homes")).sort("community_id", "medium")


def of_communities(use: pl.DataFrame, medium: str) -> pl.DataFrame:
    """Rows of the homes' meters of a medium in the communities that `by_community` tells of."""
    told = by_community(use).filter(pl.col("medium") == medium)["community_id"]
    homes = pl.col("dwelling_id").is_not_null() & pl.col("community_id").is_in(told.to_list())
    return use.filter(homes & (pl.col("medium") == medium))


def by_storey(use: pl.DataFrame, medium: str) -> pl.DataFrame:
    """Mean use of the homes of each storey: storey_id, homes, used, per_home."""
    homes = use.filter(pl.col("dwelling_id").is_not_null() & (pl.col("medium") == medium))
    return (
        homes.group_by("storey_id")
        .agg(homes=pl.col("used").count(), used=pl.col("used").sum())
        .with_columns(per_home=pl.when(pl.col("homes") > 0).then(pl.col("used") / pl.col("homes")))
        .sort("storey_id")
    )


def register_use(
    city: City, register: tuple[str, str], stretch: tuple[datetime, datetime], known: int | None, every: timedelta
) -> pl.DataFrame:
    """Use of a register (point_id, unit) per interval of `every` within a stretch, from readings up to its end.

    Columns: time (the interval's beginning), used, estimated (whether any of it is not measured), state
    (`twin.reckoning.consumption.USE`). An interval that is not wholly known is left out.
    """
    start, at = (moment.astimezone(UTC) for moment in stretch)
    position = city.head if known is None else known
    codes = city.register_codes(register[0]).filter(unit=register[1])["entity"].to_list()
    changed = city.coded_register_events(position)
    events = changed.filter(pl.col("entity").is_in(codes), pl.col("time") <= at)
    return intervals(_around(city, codes, start, at, position), every, start, events)


def intervals(
    readings: pl.DataFrame, every: timedelta, start: datetime | None = None, events: pl.DataFrame | None = None
) -> pl.DataFrame:
    """As `register_use`, of readings (time, value, quality) and events of one register; from its first by default."""
    read = readings.with_columns(entity=pl.lit(0, pl.UInt32)).filter(usable())
    if not read.height:
        schema = {"time": TIME, "used": pl.Float64(), "estimated": pl.Boolean(), "state": pl.String()}
        return pl.DataFrame(schema=schema)
    begins = read["time"].min() if start is None else start
    bounds = pl.Series([begins, read["time"].max()], dtype=TIME).dt.truncate(every)
    edges = pl.datetime_range(bounds[0], bounds[1] + every, every, eager=True).cast(TIME)
    told = None if events is None else events.with_columns(entity=pl.lit(0, pl.UInt32))
    each = of_each(curve(read, told, key=_ENTITY), read.select(_ENTITY).unique(), edges, _ENTITY)
    whole = each.filter(pl.col("known_share") == 1)
    return whole.select(time="start", used="amount", estimated=pl.col("state") != "measured", state="state")


def _last(city: City, readings: pl.DataFrame, meters: pl.DataFrame) -> pl.DataFrame:
    """Last reading of each meter: entity, point_id, read_in (its unit), time, value; of several units the last read."""
    latest = readings.join(meters.select("point_id").unique(), "point_id", how="semi").sort("point_id", "time", "unit")
    one = latest.unique("point_id", keep="last", maintain_order=True)
    codes = one.join(city.names("readings"), on=["point_id", "unit"], how="inner", maintain_order="left")
    return codes.select("entity", "point_id", "time", "value", read_in="unit")


def _used(city: City, last: pl.DataFrame, at: datetime, known: int, span: timedelta) -> pl.DataFrame:
    """`last` with the consumption of each register in the span up to its last point that is fresh at `at`."""
    fresh = last.filter(at - pl.col("time") <= FRESH)
    events = city.coded_register_events(known).filter(pl.col("time") <= at)
    curves = curve(_around(city, fresh["entity"].to_list(), at - span - FRESH, at, known), events, key=_ENTITY)
    ends = curves.group_by("entity", maintain_order=True).agg(pl.col("time").last().alias("end"))
    windows = ends.select("entity", start=pl.col("end") - span, end="end")
    return last.join(use(curves, windows, _ENTITY).drop("start", "end"), "entity", how="left")


def _around(city: City, codes: list[int], start: datetime, at: datetime, known: int) -> pl.DataFrame:
    """Readings of registers from `start` to `at`, and of each a usable one at or before `start`, if it has any."""
    span, found = city.span(), [city.coded("readings", codes, start - REACH, at, known)]
    high, reach = start - REACH, REACH * WIDENING
    while span is not None and high > span[0]:
        has = pl.concat(found).filter(usable() & (pl.col("time") <= start))["entity"].unique()
        missing = sorted(set(codes) - set(has.to_list()))
        if not missing:
            break
        found.append(city.coded("readings", missing, high - reach, high - timedelta(microseconds=1), known))
        high, reach = high - reach, WIDENING * reach
    return pl.concat(found)


def _factor(rows: pl.DataFrame) -> pl.Expr:
    """From a register's unit to that of its kind of meter; null where they count different things."""
    pairs = rows.select("read_in", "unit").drop_nulls().unique().rows()
    factors: Mapping[tuple[str, str], float] = {
        (a, b): scale(a)[1] / scale(b)[1] for a, b in pairs if a == b or scale(a)[0] == scale(b)[0]
    }
    names = {f"{a} {b}": 1.0 if a == b else factor for (a, b), factor in factors.items()}
    pair = pl.concat_str("read_in", "unit", separator=" ")
    return pair.replace_strict(names, default=None, return_dtype=pl.Float64)
