"""Interval energy of a group of meters, from the use of each register (`twin.reckoning.consumption`); never negative.

An interval of a meter that is not wholly known takes the mean of the group's meters that have one there; it counts as
estimated, as does what is interpolated over a gap. An interval that fewer meters have than the caller wants to see
together is drawn straight between its neighbours, so that no single meter shines through.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from events.observations import TIME
from twin.reckoning.consumption import of_each

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Energy:
    """kWh per interval of a group of meters (their sum), the part of it that is not measured, and how many meters had
    no usable interval at all."""

    kwh: Floats
    estimated_kwh: Floats
    silent: int


def grid(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Beginnings of the intervals from `start` up to `end`."""
    return [start + i * step for i in range(-(-(end - start) // step))]


def group_energy(
    curves: Iterable[pl.DataFrame], meters: int, times: list[datetime], step: timedelta, fewest: int = 1
) -> Energy | None:
    """Energy of `meters` like meters, whose curves (`consumption.curve`, by point_id, in kWh) come in pieces.

    None when no interval is known of at least `fewest` of them.
    """
    edges, intervals = pl.Series([*times, times[-1] + step], dtype=TIME), len(times)
    known, sure, counted = np.zeros(intervals), np.zeros(intervals), np.zeros(intervals, dtype=np.int64)
    heard = 0
    for piece in curves:
        has, amount, measured = _intervals(piece, edges, intervals)
        known += amount.sum(axis=0)
        sure += measured.sum(axis=0)
        counted += has.sum(axis=0)
        heard += int(has.any(axis=1).sum())
    counted = np.where(counted < fewest, 0, counted)
    if not counted.any():
        return None
    known, sure = np.where(counted > 0, known, 0.0), np.where(counted > 0, sure, 0.0)
    total = known + (meters - counted) * _filled(known, counted)
    return Energy(total, np.maximum(total - sure, 0.0), meters - heard)


def _intervals(curves: pl.DataFrame, edges: pl.Series, intervals: int) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
    """(registers, intervals): which are wholly known, and of those the energy and its measured part (else 0)."""
    each = of_each(curves, curves.select("point_id").unique(maintain_order=True), edges, ["point_id"])
    whole = pl.col("known_share") == 1
    amount, measured = pl.col("amount"), pl.col("amount") - pl.col("interpolated") - pl.col("estimated")
    told = each.select(
        whole.alias("has"),
        pl.when(whole).then(amount).otherwise(0.0).alias("amount"),
        pl.when(whole).then(measured).otherwise(0.0).alias("measured"),
    )
    has, known, sure = (told[c].to_numpy().reshape(-1, intervals) for c in told.columns)
    return has, known, sure


def _filled(known: Floats, counted: Ints) -> Floats:
    """Mean energy of a meter in each interval; where no meter has one, drawn straight between its neighbours."""
    has = counted > 0
    mean = np.divide(known, counted, out=np.zeros(len(known)), where=has)
    places = np.arange(len(known))
    return np.asarray(np.interp(places, places[has], mean[has]), dtype=np.float64)
