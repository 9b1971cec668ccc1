"""Interval energy from cumulative registers: differences, with every gap and reset marked and none of them negative.

Between two readings the register is taken to rise evenly, so an interval's energy is the difference of the register at
its two ends. What an interval rests on:

    measured    readings at most 1.5 intervals apart, all of quality `measured`
    estimated   across a longer gap (the energy is known, its shape is not), or a reading that was itself estimated
    unknown     before the first or after the last reading, or across a fall of the register (reset or exchange)

An unknown interval of a meter takes the mean of the group's meters that have one there; it counts as estimated. An
interval that fewer meters have than the caller wants to see together is drawn straight between its neighbours, so that
no single meter shines through.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from events.observations import Quality

ROUNDING = 1e-12
"""Of a register's largest value: a fall by less comes from adding, not from the meter."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GAP = 1.5
"""Readings further apart than this many intervals leave the shape between them unknown."""


@dataclass(frozen=True)
class Register:
    """Readings of one meter in order of time: UTC microseconds, kWh, `Quality` codes."""

    time_us: Ints
    kwh: Floats
    quality: npt.NDArray[np.uint8]

    def part(self, rows: slice) -> Register:
        """Some of the readings."""
        return Register(self.time_us[rows], self.kwh[rows], self.quality[rows])


@dataclass(frozen=True)
class Energy:
    """kWh per interval of a group of meters (their sum), the part of it that is estimated, and how many meters had no
    usable reading at all."""

    kwh: Floats
    estimated_kwh: Floats
    silent: int


def grid(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Beginnings of the intervals from `start` up to `end`."""
    return [start + i * step for i in range(-(-(end - start) // step))]


def group_energy(
    registers: Iterable[Register], start: datetime, step: timedelta, intervals: int, fewest: int = 1
) -> Energy | None:
    """Energy of a group of like meters; None when no interval is known of at least `fewest` of them."""
    edges = _edges(start, step, intervals)
    known, sure, counted = np.zeros(intervals), np.zeros(intervals), np.zeros(intervals, dtype=np.int64)
    meters = silent = 0
    for register in registers:
        kwh, measured = intervals_of(register, edges)
        has = ~np.isnan(kwh)
        known[has] += kwh[has]
        sure[has & measured] += kwh[has & measured]
        counted += has
        meters, silent = meters + 1, silent + int(not has.any())
    counted = np.where(counted < fewest, 0, counted)
    if not counted.any():
        return None
    known, sure = np.where(counted > 0, known, 0.0), np.where(counted > 0, sure, 0.0)
    total = known + (meters - counted) * _filled(known, counted)
    return Energy(total, np.maximum(total - sure, 0.0), silent)


def falls(value: Floats) -> npt.NDArray[np.bool_]:
    """At which steps a register reads less than before, by more than its arithmetic rounds (an exchange adds to it)."""
    finest = ROUNDING * np.abs(value).max(initial=0.0)
    fell: npt.NDArray[np.bool_] = np.diff(value) < -finest
    return fell


def intervals_of(register: Register, edges: Ints) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """kWh of one meter between successive edges (NaN where unknown), and which of them are measured."""
    usable = (register.quality != Quality.INVALID) & np.isfinite(register.kwh)
    time, value, quality = register.time_us[usable], register.kwh[usable], register.quality[usable]
    if len(time) < 2:
        return np.full(len(edges) - 1, np.nan), np.zeros(len(edges) - 1, dtype=np.bool_)
    length, rise, fell = np.diff(time), np.diff(value), falls(value)
    vague = (
        (length > GAP * (edges[1] - edges[0])) | (quality[1:] != Quality.MEASURED) | (quality[:-1] != Quality.MEASURED)
    )
    at_edges = np.interp(edges, time, _sum(np.where(fell, 0.0, rise)))
    kwh = np.maximum(np.diff(at_edges), 0.0)  # what arithmetic rounds is no energy fed back
    unknown = _touches(fell, time, edges) | (edges[:-1] < time[0]) | (edges[1:] > time[-1])
    return np.where(unknown, np.nan, kwh), ~(unknown | _touches(vague, time, edges))


def _edges(start: datetime, step: timedelta, intervals: int) -> Ints:
    first = round(start.timestamp() * 1e6)
    return first + np.arange(intervals + 1, dtype=np.int64) * (step // timedelta(microseconds=1))


def _sum(rises: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(rises)])


def _touches(marked: npt.NDArray[np.bool_], time: Ints, edges: Ints) -> npt.NDArray[np.bool_]:
    """Which intervals overlap a marked stretch between readings: the marked time up to each edge has grown."""
    marked_us = np.where(marked, np.diff(time), 0).astype(np.float64)
    overlap: npt.NDArray[np.bool_] = np.diff(np.interp(edges, time, _sum(marked_us))) > 0.5
    return overlap


def _filled(known: Floats, counted: Ints) -> Floats:
    """Mean energy of a meter in each interval; where no meter has one, drawn straight between its neighbours."""
    has = counted > 0
    mean = np.divide(known, counted, out=np.zeros(len(known)), where=has)
    places = np.arange(len(known))
    return np.asarray(np.interp(places, places[has], mean[has]), dtype=np.float64)
