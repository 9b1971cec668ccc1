"""The same readings kept otherwise: a row a reading in PostgreSQL (COPY), and an event a reading with the library."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.figures import Figure
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import READINGS
from tests.parts.postgres import running_server, server_programs

POINTS, TURNS, EVENTS = 36_000, 28, 2_000
"""Meters, quarters of an hour (a million readings in all), and readings kept as an event each."""

START = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = """
    CREATE TABLE readings (point_id text, time timestamptz, value double precision, unit text, quality smallint,
                           PRIMARY KEY (point_id, time))
"""


class Meter(Aggregate):
    """A meter as the library's tutorial would have it: an event a reading."""

    @event("Read")
    def read(self, at: str, value: float) -> None:
        """Take a reading."""
        self.last = (at, value)


def figures() -> list[Figure]:
    """Readings a second and bytes a reading, each contender with an empty store on the same disk."""
    batches = list(_batches())
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        found += _log("our log, SQLite", str(Path(name) / "log.sqlite"), batches)
        if server_programs() is not None:
            found += _on_postgres(batches)
        found += _event_each(Path(name) / "each.sqlite", batches[0])
    return found


def _batches() -> Iterator[pl.DataFrame]:
    """All meters at each quarter of an hour, registers that rise by random amounts in hundredths."""
    chance = np.random.default_rng(1)
    register = np.round(chance.uniform(0, 20_000, POINTS), 2)
    names = [f"urn:dev:ser:E{meter:010d}:1-0:1.8.0" for meter in range(POINTS)]
    schema = {c: t for c, t in READINGS.decoded.items() if c != "record"}
    for turn in range(TURNS):
        register = np.round(register + chance.gamma(1.0, 0.1, POINTS), 2)
        columns: dict[str, Any] = {"point_id": names, "unit": "kWh", "value": register, "quality": 0}
        yield pl.DataFrame(columns | {"time": START + turn * timedelta(minutes=15)}, schema_overrides=schema).select(
            list(schema)
        )


def _log(label: str, location: str, batches: list[pl.DataFrame]) -> list[Figure]:
    with Log.open(location) as log:
        ingester = Ingester(log)
        started = time.perf_counter()
        for batch in batches:
            ingester.append_frames(SourceId("bench"), {"readings": batch})
        seconds = time.perf_counter() - started
    size = Path(location).stat().st_size if "://" not in location else _database_bytes(location)
    return _told(label, POINTS * TURNS, seconds, size)


def _on_postgres(batches: list[pl.DataFrame]) -> list[Figure]:
    import psycopg

    with running_server() as address:
        with closing(psycopg.connect(f"{address}/postgres", autocommit=True)) as base:
            base.execute("CREATE DATABASE log")
            base.execute("CREATE DATABASE rows")
        found = _log("our log, PostgreSQL", f"{address}/log", batches)
        with closing(psycopg.connect(f"{address}/rows", autocommit=True)) as base:
            base.execute(TABLE)
            started = time.perf_counter()
            for batch in batches:
                rows = batch.select("point_id", "time", "value", "unit", "quality")
                with base.cursor().copy("COPY readings FROM STDIN (FORMAT csv)") as copy:
                    copy.write(rows.write_csv(include_header=False))
            seconds = time.perf_counter() - started
        size = _database_bytes(f"{address}/rows")
    return found + _told("PostgreSQL, COPY of a row a reading, primary key", POINTS * TURNS, seconds, size)


def _event_each(path: Path, batch: pl.DataFrame) -> list[Figure]:
    settings = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
    application: Application[Any] = Application(env={**os.environ, **settings})
    meters = [Meter() for _ in range(100)]
    application.save(*meters)
    values = batch["value"].head(EVENTS).to_list()
    started = time.perf_counter()
    for number, value in enumerate(values):
        meter = meters[number % len(meters)]
        meter.read(START.isoformat(), value)
        application.save(meter)
    seconds = time.perf_counter() - started
    application.close()
    return _told("eventsourcing, a saved event a reading, SQLite", EVENTS, seconds, path.stat().st_size)


def _database_bytes(location: str) -> int:
    import psycopg

    with closing(psycopg.connect(location)) as base:
        base.execute("CHECKPOINT")
        row = base.execute("SELECT pg_database_size(current_database()) - pg_database_size('template1')").fetchone()
    return int(row[0]) if row else 0


def _told(label: str, readings: int, seconds: float, size: int) -> list[Figure]:
    return [
        Figure(f"{label}: kept", readings / seconds, "readings/s"),
        Figure(f"{label}: size", size / readings, "B/reading"),
    ]
