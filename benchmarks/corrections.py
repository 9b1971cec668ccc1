"""A year-file of one meter, sent again with a corrected value in every day; and the ingester's memory file.

`python -m benchmarks.corrections METERS BATCHES` runs it at another size.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.figures import Figure
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import READINGS

START = datetime(2025, 1, 1, tzinfo=UTC)
HOURS = 365 * 24
REPEATS = 5


def figures(meters: int = 40, batches: int = 20_000) -> list[Figure]:
    """CPU seconds of a first load and of a corrected file, and of the memory file after many batches."""
    with tempfile.TemporaryDirectory() as name:
        return [*_corrected(Path(name), meters), *_memory(Path(name), batches)]


def _corrected(folder: Path, meters: int) -> list[Figure]:
    with Log.open(folder / "year.sqlite") as log:
        writer = Ingester(log)
        first = [_seconds(writer, year(m, 0)) for m in range(meters)]
        again = [_seconds(writer, year(meters // 2, turn)) for turn in range(1, REPEATS + 1)]
        repeated = [_seconds(writer, year(m, 0)) for m in range(REPEATS)]
    ratio = min(again) / float(np.median(first))
    return [
        Figure(f"a meter's year-file, first load, median of {meters}", float(np.median(first)) * 1e3, "ms CPU"),
        Figure(f"the same corrected, among {meters} meters", min(again) * 1e3, "ms CPU"),
        Figure("the same sent again", min(repeated) * 1e3, "ms CPU"),
        Figure("corrected ÷ first load", ratio, "×", "≤ 1.2"),
    ]


def _memory(folder: Path, batches: int) -> list[Figure]:
    path = folder / "memory.npz"
    with Log.open(folder / "many.sqlite") as log:
        writer = Ingester(log, checkpoint=path)
        for number in range(batches):
            writer.append_frames(SourceId("bench"), {"readings": _rows(np.arange(40) % 40, number, 0.0)})
        writer.save()
        saving = min(_timed(writer.save) for _ in range(REPEATS))
        loading = min(_timed(lambda: Ingester(log, checkpoint=path)) for _ in range(REPEATS))
    return [
        Figure(f"memory file after {batches:,} batches of 40 points", path.stat().st_size / 1e3, "kB"),
        Figure("its save", saving * 1e3, "ms CPU"),
        Figure("its load", loading * 1e3, "ms CPU"),
    ]


def year(meter: int, turn: int) -> pl.DataFrame:
    """A year of one meter; `turn` changes one value of every day."""
    rows = _rows(np.full(HOURS, meter), np.arange(HOURS) * 3600, np.arange(HOURS) * 0.25)
    changed = (pl.int_range(pl.len()) % 24 == 7).cast(pl.Float64) * turn
    return rows.with_columns(pl.col("value") + changed)


def _rows(meters: np.ndarray, seconds: np.ndarray | int, values: np.ndarray | float) -> pl.DataFrame:
    at = pl.lit(START) + pl.duration(seconds=pl.col("s"))
    told = pl.DataFrame({"m": meters, "s": np.broadcast_to(seconds, len(meters))})
    return told.with_columns(pl.Series("value", np.broadcast_to(values, len(meters)), pl.Float64)).select(
        pl.format("urn:dev:ser:M{}:1-0:1.8.0", "m").alias("point_id"),
        pl.lit("kWh").alias("unit"),
        at.cast(READINGS.decoded["time"]).alias("time"),
        "value",
        pl.lit(0, pl.UInt8).alias("quality"),
        pl.lit(0, pl.UInt32).alias("record"),
    )


def _seconds(writer: Ingester, rows: pl.DataFrame) -> float:
    return _timed(lambda: writer.append_frames(SourceId("file:years"), {"readings": rows}))


def _timed(work: object) -> float:
    began = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - began


if __name__ == "__main__":
    for figure in figures(*map(int, sys.argv[1:3])):
        print(f"{figure.name}: {figure.value:,.3g} {figure.unit} {figure.target}")
