"""What an indicator of the family `consumption` is folded from: the use of every register, and what that rests on.

A register's use in a window rests on its *points* (usable readings, exchanges): those within, the last one at or before
the window and the first one at or behind its end. It is told from these alone, so that the same window has the same
bytes whatever else was read; and a new point changes the windows between the point before it and the one behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from events import batch
from events.batch import BATCH
from events.clock import TAIPEI
from events.observations import READINGS, TIME
from events.units import scale
from replay.city import City
from replay.registers import readings_around
from replay.windows import CONSUMPTION, Period, consumption
from twin.reckoning.consumption import KEY, usable

COUNTED = ("J", "m3")
"""Registers count energy or volume: base units of `events.units.scale`."""

_INSTANT = timedelta(microseconds=1)
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Basis:
    """Usable readings (columns of `City.series`) and what happened to registers (`City.register_events`)."""

    readings: pl.DataFrame
    events: pl.DataFrame

    @property
    def points(self) -> pl.DataFrame:
        """Where the registers' curves have their points: the key, time."""
        begun = self.events.filter(pl.col("final").is_not_null())
        return pl.concat([frame.select(*KEY, "time") for frame in (self.readings, begun)])

    def of(self, span: Span) -> Basis:
        """What the use in a window rests on, and nothing else; sorted by register and time."""
        reach = _reach(self.points, span)
        within = pl.col("time").is_between(pl.col("low"), pl.col("high"))
        readings, events = (
            frame.join(reach, on=KEY, how="inner").filter(within).select(frame.columns).sort(*KEY, "time")
            for frame in (self.readings, self.events)
        )
        return Basis(readings, events)

    def use(self, span: Span, period: Period) -> pl.DataFrame:
        """Use in a window, a row a register that has a point in it or on both sides (CONSUMPTION)."""
        own = self.of(span)
        between = own.points.select(KEY).unique().join(own.readings, on=KEY, how="anti").sort(KEY)
        readings = pl.concat([own.readings, between], how="diagonal")  # registers between two exchanges are told too
        return consumption(readings, *span, period, events=own.events).select(list(CONSUMPTION))


def basis(city: City, span: Span, known: int) -> Basis:
    """What the use of every register rests on in the windows between two instants, as known at a position."""
    return _basis(city, registers(city), span, known)


def registers(city: City) -> pl.DataFrame:
    """Every register that ever reported: entity, point_id, unit; by name."""
    names = city.names(READINGS.name)
    counting = [unit for unit in names["unit"].unique().to_list() if scale(unit)[0] in COUNTED]
    return names.filter(pl.col("unit").is_in(counting)).select("entity", *KEY).sort(KEY)


def spans_changed(city: City, covered: int, position: int) -> pl.DataFrame:
    """Stretches of time (low, high, both within) in which what landed behind `covered` can change some use."""
    changed = _changed(city, covered, position)
    found = [pl.DataFrame(schema={"low": TIME, "high": TIME})]
    for _, some in changed.group_by(pl.col("time").dt.convert_time_zone(TAIPEI.key).dt.date(), maintain_order=True):
        times = some.select(low=pl.col("time").min() - _INSTANT, high=pl.col("time").max() + _INSTANT).row(0)
        found.append(_between_neighbours(some, _basis(city, some, times, position).points))
    return pl.concat(found)


def _basis(city: City, known_as: pl.DataFrame, span: Span, known: int) -> Basis:
    """`basis` of some registers (the key)."""
    names = known_as.select(KEY).unique()
    points = names["point_id"].unique().sort().to_list()
    readings = readings_around(city, points, *span, known).filter(usable())
    own = (frame.join(names, on=KEY, how="semi") for frame in (readings, city.register_events(known)))
    return Basis(*own)


def _changed(city: City, covered: int, position: int) -> pl.DataFrame:
    """Points told of behind `covered`: the key, time, and the last time of all of the register's."""
    frames = [frame for frame in _landed(city, covered, position) if frame.height]
    events = city.register_events(position).filter(pl.col("position") > covered)
    known_as = registers(city)
    landed = pl.concat(frames).unique() if frames else pl.DataFrame(schema={"entity": pl.UInt32(), "time": TIME})
    told = [landed.join(known_as, on="entity", how="inner"), events.join(known_as, on=KEY, how="semi")]
    both = pl.concat([frame.select(*KEY, "time") for frame in told]).unique().sort("time", *KEY)
    return both.with_columns(last=pl.col("time").max().over(KEY))


def _landed(city: City, covered: int, position: int) -> Iterator[pl.DataFrame]:
    """Entity and time of readings landed since, a frame a batch."""
    for event in city.log.read(covered, upto=position, tags=(BATCH,)):
        if batch.header_of(event.state).family == READINGS.name:
            yield batch.decode(event.state, READINGS.stored, ["entity", "time"]).unique()


def _between_neighbours(changed: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """Around each change from the point before it to the one behind it, as believed now (low, high).

    Where none is behind it any more, what was there is among the changes of the register: as far as these go.
    """
    own, there = changed.sort("time"), points.unique().sort("time")
    for strategy, side in (("backward", "before"), ("forward", "behind")):
        other = there.select(*KEY, pl.col("time").alias(side), at="time")
        own = own.join_asof(
            other,
            left_on="time",
            right_on="at",
            by=list(KEY),
            strategy=strategy,  # type: ignore[arg-type]
            allow_exact_matches=False,
            check_sortedness=False,
        ).drop("at", strict=False)
    return own.select(
        low=pl.coalesce("before", "time"),
        high=pl.coalesce(pl.col("behind") - _INSTANT, "last"),
    )


def _reach(points: pl.DataFrame, span: Span) -> pl.DataFrame:
    """From which instant to which one each register's use in a window rests on points: the key, low, high.

    Registers whose points all lie on one side of the window are not in it.
    """
    start, end = (pl.lit(moment, TIME) for moment in span)
    time = pl.col("time")
    ends = points.group_by(KEY).agg(
        low=time.filter(time <= start).max(), high=time.filter(time >= end).min(), first=time.min(), last=time.max()
    )
    inside = ends.filter(pl.col("first") < end, pl.col("last") >= start)
    return inside.select(*KEY, pl.col("low").fill_null(start), pl.col("high").fill_null(end))
