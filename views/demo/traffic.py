"""Synthetic bikes and buses: dock counts every ten minutes, positions every minute."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from events.clock import TAIPEI
from events.observations import DOCKS, POSITIONS, STATIONS, TIME
from views.demo.noise import stream
from views.demo.places import Line, Station
from views.demo.size import Window

Floats = npt.NDArray[np.float64]

BIKE_STEP = timedelta(minutes=10)
BUS_STEP = timedelta(minutes=1)
SERVICE_STARTS_H = 5.5
NIGHT_LINE = 4
"""Every so many vehicles one runs all night; the others start at half past five and stop at midnight."""

SPEED_M_S = 5.2
"""Of a city bus, stops included: 19 km/h."""


def station_facts(stations: list[Station], since: datetime) -> pl.DataFrame:
    """Decoded `stations`."""
    columns = ("station_id", "name", "name_en", "district", "longitude", "latitude", "capacity")
    frame = pl.DataFrame({c: [getattr(s, c) for s in stations] for c in columns})
    return frame.with_columns(pl.lit(since, dtype=TIME).alias("time")).cast(
        pl.Schema({**STATIONS.entity, **STATIONS.values})
    )


def docks(stations: list[Station], window: Window) -> pl.DataFrame:
    """Decoded `docks` of the whole window: a daily swing by the station's habit, and a wandering about it."""
    count = int((window.end - window.start) / BIKE_STEP)
    times = [window.start + BIKE_STEP * (j + 1) for j in range(count)]
    hour = np.array([_hour(t) for t in times])
    by_day = np.clip((hour - 6.5) / 3, 0, 1) - np.clip((hour - 16.5) / 3, 0, 1)
    return pl.concat(_docks(s, times, by_day) for s in stations)


def positions(lines: list[Line], vehicles: int, window: Window) -> pl.DataFrame:
    """Decoded `positions` of the whole window: vehicles go to and fro on their lines while service runs."""
    count = int((window.end - window.start) / BUS_STEP)
    times = [window.start + BUS_STEP * (j + 1) for j in range(count)]
    day = np.array([_hour(t) >= SERVICE_STARTS_H for t in times])
    seconds = np.arange(count, dtype=np.float64) * BUS_STEP.total_seconds()
    stamps = pl.Series("time", times, dtype=TIME)
    night = np.ones(count, np.bool_)
    rides = []
    for n in range(vehicles):
        runs = day if n % NIGHT_LINE else night
        rides.append(_ride(n, lines[n % len(lines)], seconds[runs], stamps.filter(pl.Series(runs))))
    return pl.concat(rides)


def _docks(station: Station, times: list[datetime], by_day: Floats) -> pl.DataFrame:
    draw = stream("docks", station.station_id)
    wander = np.empty(len(times))
    at = 0.0
    for j, shock in enumerate(draw.normal(0, 0.05, len(times))):
        at = wander[j] = 0.97 * at + shock
    share = 0.5 + station.habit * 0.55 * (by_day - 0.4) + wander
    disabled = (draw.random(len(times)) < 0.15).astype(np.int32)
    bikes = np.clip((share * station.capacity).round(), 0, station.capacity - disabled).astype(np.int32)
    frame = pl.DataFrame(
        {
            "station_id": pl.repeat(station.station_id, len(times), eager=True),
            "time": pl.Series(times, dtype=TIME),
            "num_vehicles_available": bikes,
            "num_docks_available": station.capacity - disabled - bikes,
            "capacity": pl.repeat(station.capacity, len(times), eager=True),
            "num_ebikes_available": (bikes * 0.18).astype(np.int32),
            "num_vehicles_disabled": disabled,
            "num_docks_disabled": np.zeros(len(times), np.int32),
            "is_renting": pl.repeat(value=True, n=len(times), eager=True),
            "is_returning": pl.repeat(value=True, n=len(times), eager=True),
        }
    )
    return frame.select(*DOCKS.entity, "time", *DOCKS.values).cast(pl.Schema(DOCKS.values))


def _ride(n: int, line: Line, seconds: Floats, stamps: pl.Series) -> pl.DataFrame:
    draw = stream("vehicle", str(n))
    pace = SPEED_M_S * draw.uniform(0.85, 1.15)
    gone = (draw.uniform(0, 2 * line.length_m) + pace * seconds) % (2 * line.length_m)
    outward = gone <= line.length_m
    along = np.where(outward, gone, 2 * line.length_m - gone)
    leg = np.clip(np.searchsorted(line.along_m, along, side="right") - 1, 0, len(line.along_m) - 2)
    way = np.diff(line.corners, axis=0)[leg] * np.where(outward, 1, -1)[:, None]
    frame = pl.DataFrame(
        {
            "vehicle_id": pl.repeat(f"demo-bus-{n + 1:02d}", len(seconds), eager=True),
            "route_id": pl.repeat(line.route_id, len(seconds), eager=True),
            "time": stamps,
            "longitude": np.interp(along, line.along_m, line.corners[:, 0]).round(6),
            "latitude": np.interp(along, line.along_m, line.corners[:, 1]).round(6),
            "bearing": np.degrees(np.arctan2(way[:, 0], way[:, 1])) % 360,
            "speed": (pace * draw.uniform(0.4, 1.6, len(seconds))).round(1),
            "kind": pl.repeat("bus", len(seconds), eager=True),
        }
    )
    return frame.select(*POSITIONS.entity, "time", *POSITIONS.values).cast(pl.Schema(POSITIONS.values))


def _hour(moment: datetime) -> float:
    local = moment.astimezone(TAIPEI)
    return local.hour + local.minute / 60
