"""The log's contract, the same for every store."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from events.errors import ConflictError, LogUnavailableError
from events.ids import Position, SourceId, StreamId
from events.log import Log, NewEvent, Tracked
from tests.parts.required import need

SOURCE = SourceId("kafka:city.senml:0")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a log can be made."""
    if request.param == "sqlite":
        return str(tmp_path / "log.sqlite")
    dsn: str = request.getfixturevalue("postgres_dsn")
    return dsn


@pytest.fixture
def log(location: str) -> Iterator[Log]:
    """An empty log."""
    with Log.open(location) as opened:
        yield opened


def event(stream: str, version: int, tag: str = "thing.happened.v1", state: bytes = b"x") -> NewEvent:
    """An event to append."""
    return NewEvent(StreamId(stream), version, tag, state)


def test_positions_are_one_total_order_over_all_streams(log: Log) -> None:
    first = log.append([event("a", 1), event("b", 1)])
    second = log.append([event("a", 2)])
    assert [*first, *second] == sorted({*first, *second})
    assert [e.position for e in log.read()] == [*first, *second]
    assert log.head() == second[-1]


def test_an_empty_log_has_head_zero_and_no_events(log: Log) -> None:
    assert log.head() == 0
    assert list(log.read()) == []
    assert log.tracked(SOURCE) is None


def test_what_was_appended_is_read_back(log: Log) -> None:
    (position,) = log.append([event("a", 1, "other.thing.v3", b"\x00\xff\n")])
    found = log.at(position)
    assert (found.stream, found.version, found.tag, found.state) == ("a", 1, "other.thing.v3", b"\x00\xff\n")
    assert log.version("a") == 1
    assert log.version("nobody") == 0


def test_reading_is_bounded_by_position_and_tag_and_pages_hide_nothing(log: Log) -> None:
    positions = log.append([event("a", n, f"tag{n % 3}.v1") for n in range(1, 200)])
    assert [e.position for e in log.read(positions[9], upto=positions[150], page=7)] == positions[10:151]
    assert [e.version for e in log.read(tags=["tag1.v1"], page=5)] == [n for n in range(1, 200) if n % 3 == 1]


def test_a_stream_version_is_written_once(log: Log) -> None:
    log.append([event("a", 1)])
    with pytest.raises(ConflictError):
        log.append([event("b", 1), event("a", 1)])
    assert log.version("b") == 0, "a refused append writes nothing"


def test_events_and_their_sources_offset_land_together_or_not_at_all(log: Log) -> None:
    log.append([event("a", 1)], tracking=Tracked(SOURCE, 41))
    assert log.tracked(SOURCE) == 41
    with pytest.raises(ConflictError):
        log.append([event("a", 2)], tracking=Tracked(SOURCE, 41))
    assert log.version("a") == 1
    with pytest.raises(ConflictError):
        log.append([event("a", 1)], tracking=Tracked(SOURCE, 50))
    assert log.tracked(SOURCE) == 41


def test_offset_zero_is_tracked(log: Log) -> None:
    log.append([], tracking=Tracked(SOURCE, 0))
    assert log.tracked(SOURCE) == 0


def test_a_reader_sees_what_another_connection_appends(location: str, log: Log) -> None:
    with Log.open(location) as other:
        other.append([event("a", 1)])
        assert log.head() == other.head()


def test_waiting_ends_when_another_connection_appends(location: str, log: Log) -> None:
    """Given someone who waits a minute at most, when another connection appends, then the wait ends with its head."""
    (before,) = log.append([event("a", 1)])
    with ThreadPoolExecutor(1) as other, Log.open(location) as reader:
        waiting = other.submit(reader.wait, before, 60)
        (after,) = log.append([event("a", 2)])
        assert waiting.result() == after


def test_an_append_between_two_waits_is_not_missed(location: str, log: Log) -> None:
    with Log.open(location) as reader:
        seen = reader.wait(0, 0)
        for version in range(1, 6):
            (position,) = log.append([event("a", version)])
            seen = reader.wait(seen, 60)
            assert seen == position


def test_waiting_ends_by_itself_when_nothing_comes(log: Log) -> None:
    (head,) = log.append([event("a", 1)])
    assert log.wait(head, 0.05) == head


def test_a_server_tells_the_waiting_without_being_asked_again(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head is asked for before and after a message, and not while there is silence."""
    asked: list[Position] = []

    def counted(opened: Log) -> Position:
        asked.append(head(opened))
        return asked[-1]

    head = Log.head
    monkeypatch.setattr(Log, "head", counted)
    with Log.open(postgres_dsn) as log, Log.open(postgres_dsn) as reader, ThreadPoolExecutor(1) as other:
        waiting = other.submit(reader.wait, 0, 60)
        while not asked:
            time.sleep(0.01)
        (position,) = log.append([event("a", 1)])
        assert waiting.result() == position
        assert asked == [0, position, position]


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailableError, match="check that the folder exists"):
        Log.open(tmp_path / "absent" / "log.sqlite")


def test_a_file_that_is_no_log_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"this is not a database, whatever its name may say" * 100)
    with pytest.raises(LogUnavailableError, match="not a database"):
        Log.open(path)


def test_a_locked_log_refuses_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.log_store.LOCK_TIMEOUT_S", 1)
    path = tmp_path / "log.sqlite"
    with Log.open(path) as log:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LogUnavailableError, match="another process holds it"):
            log.append([event("a", 1)])
        holder.execute("ROLLBACK")
        holder.close()
        assert log.append([event("a", 1)])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False).returncode == 0
    need(folder if made else None, "a small file system (mount -t tmpfs)", "run as root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_so_loses_nothing_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    with Log.open(small_disk / "log.sqlite") as log:
        landed = 0
        with pytest.raises(LogUnavailableError, match="free some disk space"):
            for landed in range(1000):
                log.append([event("a", landed + 1, state=b"x" * 50_000)], tracking=Tracked(SOURCE, landed))
    with Log.open(small_disk / "log.sqlite") as log:
        assert log.tracked(SOURCE) == landed - 1
        assert log.version("a") == landed
        assert [e.version for e in log.read()] == list(range(1, landed + 1))


def test_what_a_full_disk_refused_lands_once_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    with Log.open(small_disk / "log.sqlite") as log:
        log.append([event("a", 1)])
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"0" * 4096):
                pass
        with pytest.raises(LogUnavailableError, match="free some disk space"):
            log.append([event("a", 2, state=b"x" * 500_000)], tracking=Tracked(SOURCE, 7))
        ballast.unlink()
        log.append([event("a", 2, state=b"x" * 500_000)], tracking=Tracked(SOURCE, 7))
        assert (log.version("a"), log.tracked(SOURCE)) == (2, 7)
