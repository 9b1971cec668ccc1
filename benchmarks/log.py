"""The log, and the fold into `live`, of ten days of 36,000 points at 15 minutes."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.figures import Figure
from events.batch import BATCH, Header, encode
from events.entities import ENTITIES
from events.ids import SourceId, StreamId
from events.log import Log, NewEvent, Tracked
from events.observations import READINGS
from twin.place import init
from twin.projector import Projector

POINTS, DAYS, STEP_S = 36_000, 10, 900
START = datetime(2026, 1, 1, tzinfo=UTC)


def figures() -> list[Figure]:
    """Append, then fold."""
    with tempfile.TemporaryDirectory() as name:
        place = init(Path(name) / "city")
        with place.log() as log:
            _name_points(log)
            rows, seconds = _append(log)
            size = (place.directory / "log.sqlite").stat().st_size
            started = time.perf_counter()
            Projector(log, Path(name) / "live").catch_up()
            folded = time.perf_counter() - started
        return [
            Figure("log: readings appended in batches of 36,000", rows / seconds, "readings/s", "≥ 1,000,000"),
            Figure("log: bytes a reading", size / rows, "B"),
            Figure("log folded into live", rows / folded, "readings/s", "≥ 5,000,000"),
        ]


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
