"""The golden case: one meter, a late reading and a correction, each recorded at its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from events.ids import SourceId
from events.ingest import Ingester
from events.observations import READINGS
from twin.place import Place, init

DAY = datetime(2026, 3, 1, tzinfo=UTC)

RECORDS: list[tuple[float, float, float]] = [(0, 1 / 60, 10.0), (1, 61 / 60, 12.0), (2, 5, 15.0), (1, 33, 11.5)]
"""Hours after DAY: event time, record time; and the value. The third is late, the fourth corrects the second."""


def hours(count: float) -> datetime:
    """The instant `count` hours into the first day."""
    return DAY + timedelta(hours=count)


def golden_city(directory: Path) -> Place:
    """A city with the four records in its log, in the order they were recorded."""
    place = init(directory)
    with place.log() as log:
        for at, recorded, value in RECORDS:
            ingester = Ingester(log, clock=lambda recorded=recorded: hours(recorded))  # type: ignore[misc]
            ingester.append_frames(SourceId("test"), {"readings": reading("m1", hours(at), value)})
    return place


def reading(point: str, at: datetime, value: float) -> pl.DataFrame:
    """One register reading."""
    row = {"point_id": [point], "unit": ["kWh"], "time": [at], "value": [value], "quality": [0], "record": [0]}
    return pl.DataFrame(row, schema=READINGS.decoded)
