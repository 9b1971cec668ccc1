"""Whatever is lost, doubled or damaged in a log is told, with its place; what is legal is not called a problem."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from events import batch
from events.batch import BATCH, Header
from events.entities import ENTITIES, names_schema
from events.errors import ConflictError
from events.ids import SourceId, StreamId
from events.log import Log, NewEvent, Tracked
from events.observations import READINGS
from tests.replay.golden import hours
from tests.twin.test_erasure import erase, filled
from twin.verify import Report, verify

SOURCE = SourceId("kafka:city.senml:0")
ROWS = pl.DataFrame([(0, hours(0), 0, 1.0, 0)], schema=READINGS.stored, orient="row")
AT = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp()) * 1_000_000


def polled(version: int, first: int, last: int) -> NewEvent:
    header = Header("readings", SOURCE, 1, AT, first_offset=first, last_offset=last)
    return NewEvent(StreamId(SOURCE), version, BATCH, batch.encode(header, ROWS))


def naming(version: int, *entities: int) -> NewEvent:
    rows = [(entity, f"m{entity}", "kWh") for entity in entities]
    frame = pl.DataFrame(rows, schema=names_schema(READINGS), orient="row")
    return NewEvent(
        StreamId("entities:readings"), version, ENTITIES, batch.encode(Header("readings", SOURCE, 0, AT), frame)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of two polls and their names."""
    path = tmp_path / "log.sqlite"
    with Log.open(path) as log:
        log.append([naming(1, 0, 1), polled(1, 0, 4)], tracking=Tracked(SOURCE, 4))
        log.append([polled(2, 5, 9)], tracking=Tracked(SOURCE, 9))
    return path


def meddle(path: Path, statement: str) -> Report:
    """The report after a hand in the store."""
    file = sqlite3.connect(path)
    with file:
        file.execute(statement)
    file.close()
    with Log.open(path) as log:
        return verify(log)


def test_a_sound_log_has_no_problem_and_says_what_was_checked(path: Path) -> None:
    with Log.open(path) as log:
        assert verify(log) == Report(3, 3, (), digests=3, sources=1, gaps=())


def test_a_poll_that_told_nothing_new_is_tracked_and_is_no_problem(path: Path) -> None:
    with Log.open(path) as log:
        log.append([], tracking=Tracked(SOURCE, 20))
        assert verify(log).problems == ()


def test_a_gap_in_the_order_is_said_and_is_no_problem(path: Path) -> None:
    report = meddle(path, "UPDATE stored_events SET rowid = 9 WHERE rowid = 3")
    assert (report.gaps, report.problems) == (((2, 9),), ())


def test_a_server_leaves_a_gap_for_an_append_it_rolled_back(postgres_dsn: str) -> None:
    with Log.open(postgres_dsn) as log:
        log.append([polled(1, 0, 4)], tracking=Tracked(SOURCE, 4))
        with pytest.raises(ConflictError, match="another writer was first"):
            log.append([polled(2, 5, 9), polled(1, 0, 4)])
        (position,) = log.append([polled(2, 5, 9)], tracking=Tracked(SOURCE, 9))
        assert position > 2
        assert verify(log) == Report(2, position, (), digests=2, sources=1, gaps=((1, position),))


def test_an_event_that_is_gone_is_missed_in_its_stream(path: Path) -> None:
    report = meddle(path, "DELETE FROM stored_events WHERE rowid = 2")
    assert report.problems == (f"position 3: stream {SOURCE} goes from version 0 to 2",)
    assert report.gaps == ((1, 3),)


def test_a_changed_byte_is_found_by_its_digest(path: Path) -> None:
    report = meddle(path, "UPDATE stored_events SET state = CAST(state || x'00' AS BLOB) WHERE rowid = 2")
    (problem,) = report.problems
    assert problem.startswith("position 2: batch.v1: digest")
    assert report.digests == 2


@pytest.mark.parametrize(("mark", "told"), [("= 8", "7 is tracked"), (None, "none is tracked")])
def test_a_tracked_offset_behind_what_landed_is_a_problem(path: Path, mark: str | None, told: str) -> None:
    statement = f"UPDATE tracking SET notification_id {mark}" if mark else "DELETE FROM tracking"
    assert meddle(path, statement).problems == (f"{SOURCE}: offset 9 landed, but {told}",)


def test_records_that_landed_twice_are_a_problem(path: Path) -> None:
    with Log.open(path) as log:
        log.append([polled(3, 9, 12)], tracking=Tracked(SOURCE, 12))
        assert verify(log).problems == (f"position 4: {SOURCE}: offsets 9 to 12 landed after 5 to 9",)


def test_names_out_of_turn_are_a_problem(path: Path) -> None:
    with Log.open(path) as log:
        log.append([naming(2, 3)])
        (problem,) = verify(log).problems
    assert "entities [3]… are named where 2 is the next" in problem


def test_a_key_that_should_be_gone_is_a_problem(tmp_path: Path) -> None:
    place = filled(tmp_path / "city")
    old = (place.directory / "vault.sqlite").read_bytes()
    erase(place)
    with place.log() as log:
        assert verify(log).problems == ()
        (place.directory / "vault.sqlite").write_bytes(old)
        assert verify(log).problems == ("the vault has 1 keys of erased households; give `twin household erase` again",)
