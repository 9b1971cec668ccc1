"""A synthetic stretch of meter registers: electricity every 15 minutes, water and gas every hour.

Shapes are ours, levels plausible for small flats in Taipei's mild months: some 6 kWh, 0.45 m3 of water and 0.3 m3 of
gas a home and day. A few homes stand empty, a few leak, a few meters fall silent, and one storey's gateway is out for
some hours, whose readings the head-end estimated: a manager has something to find.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from events.clock import TAIPEI
from events.observations import TIME, Quality
from views.demo.noise import stream
from views.demo.size import Window

Floats = npt.NDArray[np.float64]

INTERVAL = {"electricity": timedelta(minutes=15), "water": timedelta(hours=1), "gas": timedelta(hours=1)}
"""Medium -> time between readings."""

DAILY = {"electricity": 6.2, "water": 0.45, "gas": 0.3}
"""Mean use of a home: kWh, m3, m3 a day."""

COMMON_DAILY = {"electricity": 2.1, "water": 0.03, "gas": 0.005}
"""Use of a building's common parts by each of its homes: kWh, m3, m3 a day (lifts, pumps, lights, cleaning)."""

NO_HOMES = 30
"""A building without homes uses as much as the common parts of so many."""

EMPTY_SHARE, LEAK_SHARE, SILENT_SHARE = 0.05, 0.01, 0.006

LEAK_M3_PER_H = 0.012
"""A running toilet."""

OUTAGE_H = 9
"""How long the gateway of one storey of a building is out."""

# Relative use by hour of the day, midnight first: people out at work, people at home, people up late.
_HABITS = {
    "electricity": (
        (5, 4, 4, 4, 4, 5, 8, 10, 6, 4, 4, 4, 5, 4, 4, 4, 5, 8, 14, 18, 18, 16, 13, 8),
        (5, 4, 4, 4, 4, 6, 9, 10, 9, 9, 9, 10, 11, 9, 9, 9, 10, 11, 13, 14, 14, 12, 9, 6),
        (12, 9, 6, 4, 4, 4, 4, 4, 5, 5, 6, 7, 8, 7, 7, 8, 9, 10, 12, 14, 15, 16, 16, 15),
    ),
    "water": (
        (2, 1, 1, 1, 1, 3, 11, 13, 6, 2, 2, 2, 3, 2, 2, 2, 3, 7, 10, 11, 13, 14, 10, 5),
        (2, 1, 1, 1, 1, 4, 9, 10, 8, 7, 6, 8, 8, 5, 5, 5, 6, 8, 9, 9, 10, 9, 6, 3),
        (8, 5, 2, 1, 1, 1, 2, 4, 5, 5, 5, 7, 7, 5, 5, 5, 6, 7, 9, 9, 10, 12, 13, 11),
    ),
    "gas": (
        (0, 0, 0, 0, 0, 2, 8, 8, 3, 1, 1, 3, 4, 1, 1, 1, 3, 10, 14, 9, 10, 12, 8, 2),
        (0, 0, 0, 0, 0, 4, 8, 7, 4, 2, 4, 12, 8, 2, 1, 2, 6, 14, 10, 6, 8, 8, 4, 1),
        (4, 1, 0, 0, 0, 0, 1, 2, 3, 2, 2, 6, 8, 2, 1, 1, 2, 6, 12, 9, 6, 9, 12, 9),
    ),
}
_COMMON = (5, 4, 4, 4, 4, 5, 8, 10, 9, 7, 7, 7, 8, 7, 7, 7, 8, 10, 12, 12, 11, 10, 8, 6)

_ROUGHNESS = {"electricity": 3.0, "water": 0.8, "gas": 0.6}
"""Shape of the gamma noise on an interval's use: small is bursty."""


@dataclass(frozen=True)
class Registers:
    """Meters of one medium as a matrix: value of `points[i]` at `times[j]`, NaN where nothing was reported."""

    unit: str
    points: list[str]
    times: list[datetime]
    value: Floats
    quality: npt.NDArray[np.uint8]

    def between(self, after: datetime, upto: datetime) -> pl.DataFrame:
        """Decoded `readings` with after < time <= upto, by point, then time."""
        chosen = [j for j, t in enumerate(self.times) if after < t <= upto]
        value, quality = self.value[:, chosen].ravel(), self.quality[:, chosen].ravel()
        point, moment = (
            np.repeat(np.arange(len(self.points)), len(chosen)),
            np.tile(np.arange(len(chosen)), len(self.points)),
        )
        times = pl.Series("time", [self.times[j] for j in chosen], dtype=TIME)
        frame = pl.DataFrame(
            {
                "point_id": pl.Series(self.points, dtype=pl.String).gather(point),
                "unit": pl.repeat(self.unit, len(value), eager=True),
                "time": times.gather(moment),
                "value": value,
                "quality": quality,
            }
        )
        return frame.filter(pl.col("value").is_not_nan())


def registers(devices: pl.DataFrame, medium: str, window: Window) -> Registers:
    """Registers of all meters of a medium; `devices` as in `twin.projections.register`."""
    meters = devices.filter(pl.col("medium") == medium).sort("point_id")
    step = INTERVAL[medium]
    count = int((window.end - window.start) / step)
    times = [window.start + step * (j + 1) for j in range(count)]
    homes = (
        devices.filter(pl.col("dwelling_id").is_not_null())
        .group_by("building_id")
        .agg(pl.col("dwelling_id").n_unique())
    )
    size = dict(homes.iter_rows())
    shapes = [_shape(habit, times) for habit in (*_HABITS[medium], _COMMON)]
    value = np.empty((meters.height, count))
    whose = meters.select("point_id", "building_id", "dwelling_id")
    for i, (point, building, dwelling) in enumerate(whose.iter_rows()):
        if dwelling:
            used = _home(point, f"{building}/{dwelling}", medium, shapes)
        else:
            used = _common(point, medium, shapes[-1], size.get(building, NO_HOMES))
        value[i] = stream(point, "start").uniform(40, 4000) * DAILY[medium] + np.cumsum(used)
    quality = np.zeros(value.shape, np.uint8)
    _disturb(meters, value, quality, times)
    unit = meters["unit"][0] if meters.height else ""
    return Registers(unit, meters["point_id"].to_list(), times, value.round(3), quality)


def _homes(devices: pl.DataFrame) -> dict[str, int]:
    """Building -> number of its homes."""
    homes = devices.filter(pl.col("dwelling_id").is_not_null()).group_by("building_id")
    return dict(homes.agg(pl.col("dwelling_id").n_unique()).iter_rows())


def _home(point: str, home: str, medium: str, shapes: list[Floats]) -> Floats:
    """Use of each interval in one home, in the medium's unit."""
    of_home, of_meter = stream(home), stream(point)
    occupied = of_home.random() > EMPTY_SHARE
    habit = int(of_home.integers(3))
    level = float(of_home.lognormal(-0.08, 0.4)) * (1.0 if occupied else 0.04)
    used: Floats = level * shapes[habit] * DAILY[medium] * _rough(of_meter, medium, len(shapes[habit]))
    if medium == "water" and stream(home, "leak").random() < LEAK_SHARE:
        used += LEAK_M3_PER_H
    return used


def _common(point: str, medium: str, shape: Floats, homes: int) -> Floats:
    noise = stream(point).gamma(40.0, 1 / 40.0, len(shape))
    return shape * COMMON_DAILY[medium] * homes * noise


def _rough(generator: np.random.Generator, medium: str, count: int) -> Floats:
    shape = _ROUGHNESS[medium]
    return generator.gamma(shape, 1 / shape, count)


def _shape(habit: tuple[int, ...], times: list[datetime]) -> Floats:
    """Share of a day's use that falls into the interval before each time; weekends are later and a little more."""
    step_h = (times[1] - times[0]) / timedelta(hours=1)
    local = [t.astimezone(TAIPEI) for t in times]
    hour = np.array([t.hour + t.minute / 60 for t in local]) - step_h / 2
    weekend = np.array([t.weekday() >= 5 for t in local])
    share = np.interp((hour - 0.5 - 1.2 * weekend) % 24, np.arange(25), [*habit, habit[0]])
    result: Floats = share / sum(habit) * step_h * (1 + 0.12 * weekend)
    return result


def _disturb(meters: pl.DataFrame, value: Floats, quality: npt.NDArray[np.uint8], times: list[datetime]) -> None:
    """Silence some meters for good, and let one storey of each building be estimated for some hours."""
    count = len(times)
    storeys = dict(meters.select("building_id", "storey_id").unique().sort("building_id", "storey_id").iter_rows())
    for i, (point, building, storey) in enumerate(meters.select("point_id", "building_id", "storey_id").iter_rows()):
        fate = stream(point, "fate")
        if fate.random() < SILENT_SHARE:
            value[i, int(fate.integers(count // 3, count)) :] = np.nan
        if storey == storeys[building]:
            first = int(stream(building, "outage").integers(count // 2, max(count // 2 + 1, count - 4)))
            last = min(count - 1, first + int(OUTAGE_H * 3600 / (times[1] - times[0]).total_seconds()))
            value[i, first:last] = np.linspace(value[i, first], value[i, last], last - first, endpoint=False)
            quality[i, first:last] = Quality.ESTIMATED
