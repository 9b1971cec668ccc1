"""What a community draws: interval energy of its electricity meters, with the share that is estimated.

The load is the sum of the homes' meters and of the buildings' own meters. A building's own electricity meter
(`dwelling_id` null) counts the common area (公共用電: lifts, pumps, lighting), as the utility bills it beside the
homes; it is no total of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from events.errors import DomainError
from events.units import scale
from replay.branch import CityView
from replay.engines.registers import Energy, Floats, grid, group_energy
from replay.registers import readings_around
from twin.projections.former import named_dwelling
from twin.reckoning.consumption import curve

FEWEST_HOMES = 10
"""Planners see no aggregate of fewer homes: neither of fewer registered, nor of fewer that have readings."""

POINTS_A_READ = 128
_J_A_KWH = 3.6e6


@dataclass(frozen=True)
class Load:
    """Energy of a community per interval, kWh, what part is estimated, and what it was read from."""

    times: list[datetime]
    step: timedelta
    kwh: Floats
    estimated_kwh: Floats
    homes: int
    common_meters: int
    silent_meters: int
    inputs_sha256: str

    @property
    def estimated_share(self) -> float:
        """Part of the energy that rests on estimates."""
        total = self.kwh.sum()
        return float(self.estimated_kwh.sum() / total) if total > 0 else 0.0


def community_load(
    city: CityView,
    devices: pl.DataFrame,
    community_id: str,
    window: tuple[datetime, datetime],
    step: timedelta,
    known: int,
) -> Load:
    """Load of a community over a window, as known at `known`, from the registers of `devices` (as of the base).

    DomainError below ten metered homes, and when never ten of them have readings at once in the window.
    """
    meters = devices.filter(
        (pl.col("community_id") == community_id)
        & (pl.col("medium") == "electricity")
        & pl.col("point_id").is_not_null()
    ).sort("point_id")
    homes = meters.filter(pl.col("dwelling_id").is_not_null())
    common = meters.filter(pl.col("dwelling_id").is_null())
    _check_privacy(homes, community_id)
    start, end = window
    times, seen = grid(start, end, step), hashlib.sha256()
    of_homes = _energy(city, homes, times, step, known, seen, FEWEST_HOMES)
    of_common = _energy(city, common, times, step, known, seen, 1)
    if of_homes is None:
        raise DomainError(
            f"community {community_id}: of its {homes.height} homes' electricity meters never {FEWEST_HOMES} have "
            f"readings at once from {start.isoformat()} to {end.isoformat()}, known at {known}; choose a window with "
            "data (`twin status`)"
        )
    common_or_none = of_common or Energy(np.zeros(len(times)), np.zeros(len(times)), common.height)
    return Load(
        times,
        step,
        of_homes.kwh + common_or_none.kwh,
        of_homes.estimated_kwh + common_or_none.estimated_kwh,
        homes.filter(named_dwelling()).select(pl.struct("building_id", "dwelling_id").n_unique()).item(),
        common.height,
        of_homes.silent + common_or_none.silent,
        seen.hexdigest(),
    )


def _check_privacy(homes: pl.DataFrame, community_id: str) -> None:
    named = homes.filter(named_dwelling())
    metered = named.select(pl.struct("building_id", "dwelling_id").n_unique()).item() if named.height else 0
    if metered < FEWEST_HOMES:
        raise DomainError(
            f"community {community_id} has {metered} metered homes as of the base; a planner's aggregate holds at "
            f"least {FEWEST_HOMES}, so that no home can be told from it. A model counts from the time it was published "
            "for: choose a later base.at if it came later"
        )


def _energy(
    city: CityView,
    meters: pl.DataFrame,
    times: list[datetime],
    step: timedelta,
    known: int,
    seen: hashlib._Hash,
    fewest: int,
) -> Energy | None:
    points = meters["point_id"].to_list()
    curves = _curves(city, points, (times[0], times[-1] + step), step, known, seen)
    return group_energy(curves, len(points), times, step, fewest)


def _curves(
    city: CityView,
    points: list[str],
    window: tuple[datetime, datetime],
    step: timedelta,
    known: int,
    seen: hashlib._Hash,
) -> Iterator[pl.DataFrame]:
    """The registers' curves in kWh, some points at a time; all that they rest on goes into the digest.

    Registers go on counting over exchanges and roll-overs that events tell of (`twin.reckoning.consumption`).
    """
    events = _in_kwh(city.register_events(known), ("final", "initial", "modulus"))
    for first in range(0, len(points), POINTS_A_READ):
        some = points[first : first + POINTS_A_READ]
        rows = _in_kwh(readings_around(city, some, *window, known), ("value",))
        told = events.filter(pl.col("point_id").is_in(some))
        _digest(seen, some, rows, told)
        yield curve(rows, told, key=["point_id"], step=step)


def _digest(seen: hashlib._Hash, points: list[str], rows: pl.DataFrame, events: pl.DataFrame) -> None:
    """Point by point its readings; then what happened to the registers."""
    time, value = rows["time"].dt.epoch("us").to_numpy(), rows["value"].fill_null(np.nan).to_numpy()
    quality = rows["quality"].fill_null(0).cast(pl.UInt8).to_numpy()
    ends = rows.group_by("point_id", maintain_order=True).len().with_columns(pl.col("len").cum_sum().alias("end"))
    place = {point: slice(end - count, end) for point, count, end in ends.rows()}
    for point in points:
        part = place.get(point, slice(0))
        seen.update(point.encode())
        seen.update(time[part].tobytes() + value[part].tobytes() + quality[part].tobytes())
    for row in events.select("point_id", pl.col("time").dt.epoch("us"), "final", "initial", "modulus").rows():
        seen.update(repr(row).encode())


def _in_kwh(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Rows that count energy, their numbers in kWh, by point and time."""
    factors = {unit: scale(unit)[1] / _J_A_KWH for unit in rows["unit"].unique().to_list() if scale(unit)[0] == "J"}
    factor = pl.col("unit").replace_strict(factors, default=None, return_dtype=pl.Float64)
    counting = rows.with_columns(pl.col(*columns) * factor).filter(pl.col("unit").is_in(list(factors)))
    return counting.sort("point_id", "time")
