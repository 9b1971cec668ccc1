"""A copied log is the same log: positions, digests, tracked offsets; between both stores, gaps and all."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from events import batch
from events.batch import Header
from events.errors import UsageError
from events.ids import SourceId, StreamId
from events.log import Log, NewEvent, Tracked
from events.quarantine import QUARANTINE, Refusal, frame
from twin.copy import copy_log, log_digest

SOURCE = SourceId("kafka:city.senml:0")


def refusal_event(version: int) -> NewEvent:
    header = Header("quarantine", SOURCE, 1, 1_700_000_000_000_000)
    state = batch.encode(header, frame([Refusal(version, "senml", "a reason", b"\x00\xff\\\t\n")]))
    return NewEvent(StreamId(SOURCE), version, QUARANTINE, state)


@pytest.fixture
def written(tmp_path: Path) -> str:
    """A log of two events with a gap between their positions, as a server leaves after a failed append."""
    path = str(tmp_path / "old.sqlite")
    with Log.open(path) as log:
        log.append([refusal_event(1), refusal_event(2)], tracking=Tracked(SOURCE, 41))
    file = sqlite3.connect(path)
    with file:
        file.execute("UPDATE stored_events SET rowid = 9 WHERE originator_version = 2")
    file.close()
    return path


def held(location: str) -> tuple[list[int], int | None]:
    with Log.open(location) as log:
        return [e.position for e in log.read()], log.tracked(SOURCE)


def test_a_file_is_copied_with_its_positions_and_offsets(written: str, tmp_path: Path) -> None:
    target = str(tmp_path / "new.sqlite")
    copied = copy_log(written, target)
    assert (copied.events, copied.position) == (2, 9)
    assert held(target) == held(written) == ([1, 9], 41)
    assert log_digest(target) == (2, copied.digest)


def test_a_log_goes_to_the_server_and_back_unchanged(written: str, tmp_path: Path, postgres_dsn: str) -> None:
    back = str(tmp_path / "back.sqlite")
    there = copy_log(written, postgres_dsn)
    assert copy_log(postgres_dsn, back) == there
    assert held(postgres_dsn) == held(back) == ([1, 9], 41)


def test_the_copy_goes_on_behind_the_last_position(written: str, tmp_path: Path, postgres_dsn: str) -> None:
    for target in (str(tmp_path / "new.sqlite"), postgres_dsn):
        copy_log(written, target)
        with Log.open(target) as log:
            assert log.append([refusal_event(3)], tracking=Tracked(SOURCE, 42)) == [10]
            assert log.tracked(SOURCE) == 42


def test_a_target_that_holds_events_is_refused_and_stays_as_it_was(written: str, tmp_path: Path) -> None:
    target = str(tmp_path / "taken.sqlite")
    with Log.open(target) as log:
        log.append([refusal_event(1)])
    with pytest.raises(UsageError, match="holds events already"):
        copy_log(written, target)
    assert held(target)[0] == [1]
