"""All synthetic observations of the window, cut into slices of event time in the order in which they would arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from views.demo import traffic
from views.demo.meters import INTERVAL, Registers, registers
from views.demo.places import Line, Station
from views.demo.size import Window

SLICE_H = 6
"""Event time in one append."""


class Share:
    """How far the build is when a step begins: shares of the whole, as measured on two cores."""

    AUTHORED, LOADED, GENERATED, APPENDED = 0.02, 0.35, 0.7, 0.92


@dataclass(frozen=True)
class Week:
    """The window's observations by family."""

    window: Window
    registers: tuple[Registers, ...]
    stations: pl.DataFrame
    docks: pl.DataFrame
    positions: pl.DataFrame

    @classmethod
    def of(
        cls, devices: pl.DataFrame, stations: list[Station], lines: list[Line], vehicles: int, window: Window
    ) -> Week:
        """What these meters, stations and vehicles report in the window."""
        return cls(
            window,
            tuple(registers(devices, medium, window) for medium in INTERVAL),
            traffic.station_facts(stations, window.start),
            traffic.docks(stations, window),
            traffic.positions(lines, vehicles, window),
        )


def slices(week: Week) -> Iterator[tuple[float, pl.DataFrame, pl.DataFrame, pl.DataFrame]]:
    """(share of the window done before, readings, docks, positions) of one slice after the other."""
    hours = int((week.window.end - week.window.start).total_seconds() // 3600)
    for first in range(0, hours, SLICE_H):
        after, upto = week.window.hours(first, SLICE_H)
        readings = pl.concat(r.between(after, upto) for r in week.registers)
        yield first / hours, readings, _between(week.docks, after, upto), _between(week.positions, after, upto)


def _between(frame: pl.DataFrame, after: datetime, upto: datetime) -> pl.DataFrame:
    return frame.filter((pl.col("time") > after) & (pl.col("time") <= upto))
