"""Compaction moves small batches into segments, and nobody who reads the log sees a difference."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from events import batch
from events.batch import BATCH, Header
from events.compaction import FEWEST, compact
from events.errors import ConflictError, CorruptEventError
from events.ids import SourceId, StreamId
from events.ingest import Ingester
from events.log import Log, NewEvent, Tracked
from events.observations import FAMILIES
from twin.copy import copy_log
from twin.verify import verify

START = datetime(2026, 3, 1, tzinfo=UTC)
POLLS = 3 * FEWEST


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a log can be made."""
    return str(tmp_path / "log.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_dsn"))


@pytest.fixture
def log(location: str) -> Iterator[Log]:
    """A log on SQLite or PostgreSQL with many small batches of two families."""
    with Log.open(location) as log:
        ingester = Ingester(log)
        for poll in range(POLLS):
            ingester.append_frames(SourceId("test"), {"readings": readings(poll), "states": states(poll)})
        yield log


def readings(poll: int, points: int = 5) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "point_id": [f"urn:dev:ser:{n}" for n in range(points)],
            "unit": "kWh",
            "time": START + timedelta(seconds=poll),
            "value": [poll + n / 7 for n in range(points)],
            "quality": 0,
        },
        schema={c: t for c, t in FAMILIES["readings"].decoded.items() if c != "record"},
    )


def states(poll: int) -> pl.DataFrame:
    told = {"point_id": ["urn:dev:lift:1"], "time": [START + timedelta(seconds=poll)], "text": [f"{poll}F"]}
    return pl.DataFrame(told, schema={c: t for c, t in FAMILIES["states"].decoded.items() if c != "record"})


def contents(log: Log) -> list[object]:
    """Everything a reader sees: rows decoded, of other events the bytes."""
    seen: list[object] = []
    for event in log.read():
        head = (event.position, event.stream, event.version, event.tag)
        if event.tag != BATCH:
            seen.append((*head, event.state))
            continue
        header = batch.header_of(event.state)
        seen.append((*head, header, batch.decode(event.state, FAMILIES[header.family].stored).rows()))
    return seen


def test_positions_headers_and_rows_are_what_they_were(log: Log) -> None:
    before, marks = contents(log), log.head()

    done = compact(log, small_rows=100)

    assert done.batches == 2 * POLLS
    assert done.segments == 2
    assert done.bytes_after < done.bytes_before / 5
    assert contents(log) == before
    assert log.head() == marks
    assert [log.at(p).state for p in (3, 4)] == [e.state for e in log.read(2, upto=4)]
    assert verify(log).problems == ()


def test_a_second_run_finds_nothing_to_do(log: Log) -> None:
    compact(log, small_rows=100)
    before = contents(log)

    again = compact(log, small_rows=100)

    assert again.batches == 0
    assert contents(log) == before


def test_an_ingester_goes_on_and_knows_what_was_compacted(log: Log) -> None:
    compact(log, small_rows=100)
    landed = Ingester(log).append_frames(SourceId("test"), {"readings": readings(0, points=1)})

    assert (landed.duplicates, landed.rows) == (1, {"readings": 0})


def test_a_compacted_log_is_copied_with_its_segments(log: Log, location: str, tmp_path: Path) -> None:
    compact(log, small_rows=100)

    copied = copy_log(location, str(tmp_path / "copy.sqlite"))

    with Log.open(tmp_path / "copy.sqlite") as copy:
        assert copied.position == log.head()
        assert contents(copy) == contents(log)
        assert [e.state for e in copy.stored()] == [e.state for e in log.stored()]


def test_a_damaged_segment_is_said_and_never_read(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with Log.open(path) as log:
        frame = pl.DataFrame({"entity": [1], "value": [2.0]})
        for at in range(FEWEST):
            state = batch.encode(Header("readings", "s", 0, at), frame)
            log.append([NewEvent(StreamId("s"), at + 1, BATCH, state)], tracking=Tracked(SourceId("s"), at))
        compact(log)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE segments SET state = CAST(substr(state, 1, length(state) - 1) || x'00' AS BLOB)")

    with Log.open(path) as log, pytest.raises(CorruptEventError, match="segment 1 of the log does not have the digest"):
        list(log.read())


def test_a_batch_that_does_not_verify_is_not_moved(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with Log.open(path) as log:
        for at in range(FEWEST):
            state = batch.encode(Header("readings", "s", 0, at), pl.DataFrame({"entity": [1], "value": [2.0]}))
            damaged = state[:-20] + bytes([state[-20] ^ 1]) + state[-19:] if at == 3 else state
            log.append([NewEvent(StreamId("s"), at + 1, BATCH, damaged)])
        before = [e.state for e in log.stored()]

        with pytest.raises(CorruptEventError, match="position 4"):
            compact(log)

        assert [e.state for e in log.stored()] == before


def test_two_compactions_at_once_cannot_both_take_a_batch(log: Log) -> None:
    store = log.segment_store
    event = next(e for e in log.stored(tags=[BATCH]))
    store.replace(store.next_number(), b"TS1", {event.position: b"TB2" + b"\0" * 40})

    with pytest.raises(ConflictError, match="another compaction"):
        store.replace(store.next_number(), b"TS1", {event.position: b"TB2" + b"\0" * 40})


def test_a_sqlite_log_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    frame = pl.DataFrame({"entity": range(100), "value": [i / 7 for i in range(100)]})
    with Log.open(path) as log:
        for at in range(2_000):
            log.append([NewEvent(StreamId("s"), at + 1, BATCH, batch.encode(Header("readings", "s", 0, at), frame))])
    before = path.stat().st_size
    with Log.open(path) as log:
        compact(log)

    assert path.stat().st_size < before / 3
