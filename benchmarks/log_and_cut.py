"""The log, the fold into `live`, and cuts at random instants of thirty days of 36,000 points at 15 minutes."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.figures import Figure
from events.batch import BATCH, Header, encode
from events.entities import ENTITIES
from events.ids import SourceId, StreamId
from events.log import Log, NewEvent, Tracked
from events.observations import READINGS
from replay.city import City
from twin.place import init
from twin.projector import Projector

POINTS, DAYS, STEP_S = 36_000, 30, 900
START = datetime(2026, 1, 1, tzinfo=UTC)


def figures() -> list[Figure]:
    """Append, fold, cut: each over the same generated city."""
    with tempfile.TemporaryDirectory() as name:
        place = init(Path(name) / "city")
        with place.log() as log:
            _name_points(log)
            rows, seconds = _append(log)
            found = [Figure("log: readings appended in batches of 36,000", rows / seconds, "readings/s", "≥ 1,000,000")]
            size = (place.directory / "log.sqlite").stat().st_size
            found.append(Figure("log: bytes a reading", size / rows, "B"))
            found += _fold(log, Path(name) / "live", rows)
            started = time.perf_counter()
            projector = Projector(log, place.directory)
            projector.catch_up(write=True)
            projector.save()
            found.append(Figure("log folded into live and lake", rows / (time.perf_counter() - started), "readings/s"))
        return found + _cuts(place.directory)


def _name_points(log: Log) -> None:
    names = {"entity": range(POINTS), "point_id": [f"urn:dev:ser:E{n:010d}:1-0:1.8.0" for n in range(POINTS)]}
    frame = pl.DataFrame(names, schema_overrides={"entity": pl.UInt32}).with_columns(pl.lit("kWh").alias("unit"))
    log.append([NewEvent(StreamId("entities:readings"), 1, ENTITIES, encode(Header("readings", "bench", 0, 0), frame))])


def _batch(step: int, register: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bytes:
    at = int((START.timestamp() + step * STEP_S) * 1e6)
    frame = pl.DataFrame(
        {
            "entity": np.arange(POINTS, dtype=np.uint32),
            "time": np.full(POINTS, at),
            "sequence": np.zeros(POINTS, np.uint16),
            "value": register,
            "quality": np.zeros(POINTS, np.uint8),
        }
    ).cast(READINGS.stored)  # type: ignore[arg-type]
    return encode(Header("readings", "bench", 0, at, offered=POINTS, min_time=at, max_time=at), frame)


def _append(log: Log) -> tuple[int, float]:
    """Rows, and seconds spent encoding and appending (not generating)."""
    chance, register, spent = np.random.default_rng(1), np.zeros(POINTS), 0.0
    steps = DAYS * 86_400 // STEP_S
    for step in range(steps):
        register = np.round(register + chance.gamma(1.0, 0.1, POINTS), 2)
        started = time.perf_counter()
        event = NewEvent(StreamId("bench/readings"), step + 1, BATCH, _batch(step, register))
        log.append([event], tracking=Tracked(SourceId("bench"), step))
        spent += time.perf_counter() - started
    return steps * POINTS, spent


def _fold(log: Log, directory: Path, rows: int) -> list[Figure]:
    """The fold into `live` alone, over the first ten days."""
    upto = 1 + 10 * 96
    projector = Projector(log, directory)
    started = time.perf_counter()
    projector.catch_up(upto=upto)
    seconds = time.perf_counter() - started
    del rows
    return [Figure("log folded into live", 960 * POINTS / seconds, "readings/s", "≥ 5,000,000")]


def _cuts(directory: Path) -> list[Figure]:
    chance = np.random.default_rng(2)
    started = time.perf_counter()
    with City.open(directory) as city:
        opened = time.perf_counter() - started
        times = []
        for minute in chance.integers(60, DAYS * 1440, 60):
            started = time.perf_counter()
            frame = city.cut(START + timedelta(minutes=int(minute))).frame("readings")
            times.append(time.perf_counter() - started)
            assert frame.height == POINTS
        started = time.perf_counter()
        series = city.series("readings", ["urn:dev:ser:E0000000007:1-0:1.8.0"], START, START + timedelta(days=7))
        week = time.perf_counter() - started
        assert series.height == 7 * 96 + 1
    return [
        Figure("city opened from its checkpoint", opened * 1e3, "ms", "≤ 1,000"),
        Figure("cut of 36,000 points in 30 days, median", float(np.median(times)) * 1e3, "ms"),
        Figure("cut of 36,000 points in 30 days, p95", float(np.percentile(times, 95)) * 1e3, "ms", "≤ 150"),
        Figure("a week's series of one point", week * 1e3, "ms"),
    ]
