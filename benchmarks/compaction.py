"""What small polls cost in the log, and what is left of that after `twin log compact`."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks.figures import Figure
from events import batch
from events.compaction import compact
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import READINGS

POLLS, ROWS, POINTS = 5_000, 20, 36_000
"""Twenty readings a poll: the dwelling meters' pace at a poll a second (domain notes, 2.2)."""

START = datetime(2026, 1, 1, tzinfo=UTC)


def figures() -> list[Figure]:
    """Bytes a reading in the file before and after, the pace of compaction, and of reading the log back."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "log.sqlite"
        with Log.open(path) as log:
            ingester = Ingester(log)
            ingester.append_frames(SourceId("bench"), {"readings": _readings(range(POINTS))})
        named = path.stat().st_size
        with Log.open(path) as log:
            ingester = Ingester(log)
            for poll in range(POLLS):
                first = POINTS + poll * ROWS
                ingester.append_frames(SourceId("bench"), {"readings": _readings(range(first, first + ROWS))})
        before, slow = path.stat().st_size, _seconds_to_read(path)
        started = time.perf_counter()
        with Log.open(path) as log:
            done = compact(log)
        seconds = time.perf_counter() - started
        after, fast = path.stat().st_size, _seconds_to_read(path)
    readings = POLLS * ROWS
    return [
        Figure(f"log of polls of {ROWS} readings", (before - named) / readings, "B/reading"),
        Figure("the same, compacted", (after - named) / readings, "B/reading"),
        Figure("compaction", done.batches / seconds, "batches/s"),
        Figure("log read back before", POLLS / slow, "batches/s"),
        Figure("log read back, compacted", POLLS / fast, "batches/s"),
    ]


def _readings(counts: range) -> pl.DataFrame:
    """One reading a count: the meters take turns, a quarter of an hour a turn."""
    turns = [divmod(count, POINTS) for count in counts]
    return pl.DataFrame(
        {
            "point_id": [f"urn:dev:ser:E{meter:010d}:1-0:1.8.0" for _, meter in turns],
            "unit": "kWh",
            "time": [START + timedelta(minutes=15) * turn for turn, _ in turns],
            "value": [turn * 0.25 + meter / 100 for turn, meter in turns],
            "quality": 0,
        },
        schema={c: t for c, t in READINGS.decoded.items() if c != "record"},
    )


def _seconds_to_read(path: Path) -> float:
    started = time.perf_counter()
    with Log.open(path) as log:
        for event in log.read(tags=[batch.BATCH]):
            batch.decode(event.state, READINGS.stored)
    return time.perf_counter() - started


if __name__ == "__main__":
    for figure in figures():
        print(figure)
