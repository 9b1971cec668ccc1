"""A log that is put back beneath what was built from it: nothing answers from events that are no longer in the log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import psycopg
import pytest
from typer.testing import CliRunner

from events.errors import CorruptEventError, LogReplacedError
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.memory_file import load_memory
from events.monitoring.alarms import OpenAlarms
from events.quarantine import GAP, Refusal
from events.source import Poll
from replay.city import City
from tests.replay.golden import hours, reading
from twin.backup import back_up, back_up_vault
from twin.copy import copy_log
from twin.lake import open_lake
from twin.place import CityFile, Place, init
from twin.projector import Projector
from twin.rebuild import rebuild
from twin.restore import restore
from twin.verify import verify
from twin.verify_city import verify_city
from views.cli import app

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SOURCE = SourceId("test")


def land(place: Place, *values: tuple[str, float, float], ingester: Ingester | None = None) -> None:
    """Land readings (point, hour, value), each a batch of its own."""
    with place.log() as log:
        writer = ingester or Ingester(log)
        for point, hour, value in values:
            writer.append_frames(SOURCE, {"readings": reading(point, hours(hour), value)})


def save(place: Place) -> None:
    """Lake, checkpoint and an ingester's memory on disk, at the head."""
    with place.log() as log:
        projector = Projector(log, place.directory)
        projector.catch_up()
        assert projector.save()
        Ingester(log, checkpoint=place.memory).save()


def told(city: City) -> list[tuple[str, float]]:
    """What the city says now, from the live state, from the past, and as a series: all three agree."""
    live = city.cut().frame("readings").select("point_id", "value").rows()
    past = city.cut(hours(1000)).frame("readings").select("point_id", "value").rows()
    assert live == past
    for point, value in live:
        assert city.series("readings", [point], hours(0), hours(1000))["value"].to_list()[-1] == value
    return sorted(live)


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A city of two meters, backed up, then of three: the third has the number that another will have."""
    log = "log.sqlite" if request.param == "file" else request.getfixturevalue("postgres_dsn")
    made = init(tmp_path / "city", CityFile(log=log))
    land(made, ("m1", 0, 1.0), ("m2", 1, 2.0))
    save(made)
    back_up(made, tmp_path / "backup", NOW)
    land(made, ("m1", 2, 10.0), ("secret", 3, 666.0), ("m2", 4, 20.0))
    save(made)
    return made


def put_back(place: Place, folder: Path) -> None:
    """Restore in place, as an operator does: the broken log goes, the backup's comes."""
    location = place.log_location()
    if "://" in location:
        with psycopg.connect(location) as server:
            server.execute("DROP TABLE stored_events, tracking, segments, seals")
    else:
        for file in place.directory.glob("log.sqlite*"):
            file.rename(file.with_name(f"broken-{file.name}"))
    back_up_vault(place, folder.parent / "vault")
    restore(folder, place, None if "://" not in location else location, None, lambda: NOW)


BEFORE = [("m1", 1.0), ("m2", 2.0)]
AFTER = [("m1", 1.0), ("m2", 2.5), ("m3", 3.0)]


def test_a_city_opened_after_a_restore_answers_from_the_restored_log(place: Place, tmp_path: Path) -> None:
    put_back(place, tmp_path / "backup")
    with City.open(place.directory) as city:
        assert told(city) == BEFORE
    land(place, ("m3", 5, 3.0), ("m2", 6, 2.5))
    with City.open(place.directory) as city:
        assert told(city) == AFTER, "the number of `secret` is m3's now"


def test_a_log_that_grew_beyond_where_it_was_is_known_as_another_one(place: Place, tmp_path: Path) -> None:
    """Given as many events after the restore as there were, or more, then a higher head proves nothing."""
    with place.log() as log:
        head = log.head()
    put_back(place, tmp_path / "backup")
    land(place, ("m3", 5, 3.0), ("m2", 6, 2.5), *(("m1", 7 + n, 1.0) for n in range(6)))
    with place.log() as log:
        assert log.head() > head
        assert load_memory(place.memory, log) is None
        writer = Ingester(log, checkpoint=place.memory)
        assert writer.append_frames(SOURCE, {"readings": reading("m1", hours(2), 10.0)}).rows == {"readings": 1}
    with City.open(place.directory) as city:
        assert city.cut(hours(5)).frame("readings")["value"].to_list() == [10.0, 2.0, 3.0]
        assert "secret" not in city.cut().frame("readings")["point_id"]


def test_what_runs_across_a_restore_notices(place: Place, tmp_path: Path) -> None:
    """Given a reader, a projector and an ingester that stay open, then each goes on from the restored log."""
    with City.open(place.directory) as city, place.log() as log:
        projector, writer = Projector(log, place.directory), Ingester(log, checkpoint=place.memory)
        projector.catch_up()
        assert told(city) == [("m1", 10.0), ("m2", 20.0), ("secret", 666.0)]
        put_back(place, tmp_path / "backup")
        city.refresh()
        assert told(city) == BEFORE
        land(place, ("m3", 5, 3.0), ("m2", 6, 2.5), ingester=writer)
        city.refresh()
        assert told(city) == AFTER
        assert projector.catch_up() == log.head()
        assert projector.save()
        writer.save()
        assert verify(log).problems == ()
    manifest = open_lake(place.lake).manifest
    with City.open(place.directory) as city:
        assert (manifest.position, manifest.mark) == (city.head, city.mark)
        assert told(city) == AFTER


def test_equal_heads_are_told_apart_by_a_reader_that_stays_open(place: Place, tmp_path: Path) -> None:
    with City.open(place.directory) as city:
        head = city.refresh()
        put_back(place, tmp_path / "backup")
        with place.log() as log:
            while log.head() < head:
                land(place, ("m2", 5 + log.head(), 2.5))
            assert log.head() == head
        assert city.refresh() == head
        assert told(city) == [("m1", 1.0), ("m2", 2.5)]


def test_a_rebuild_after_a_restore_heals_and_its_files_are_of_this_log(place: Place, tmp_path: Path) -> None:
    put_back(place, tmp_path / "backup")
    land(place, ("m3", 5, 3.0), ("m2", 6, 2.5))
    with place.log() as log:
        built = rebuild(log, place.directory)
        assert built.before is None, "what was there is of another log: nothing to compare"
        assert not place.memory.exists(), "nor is the ingester's memory left, which would be passed over"
        assert verify(log).problems == tuple(verify_city(place, log)) == ()
    manifest = open_lake(place.lake).manifest
    with City.open(place.directory) as city:
        assert (manifest.position, manifest.mark) == (city.head, city.mark)
        assert told(city) == AFTER


def test_a_server_that_lost_its_last_events_is_known_although_its_seals_stayed(
    postgres_dsn: str, tmp_path: Path
) -> None:
    """A failover to an older copy: the head goes back, and other events take the same positions."""
    place = init(tmp_path / "city", CityFile(log=postgres_dsn))
    land(place, ("m1", 0, 1.0), ("m2", 1, 2.0), ("m1", 2, 10.0))
    save(place)
    with place.log() as log:
        last = log.head()
    with City.open(place.directory) as city, psycopg.connect(postgres_dsn, autocommit=True) as server:
        server.execute("DELETE FROM stored_events WHERE notification_id = %s", (last,))
        server.execute("SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), %s, false)", (last,))
        city.refresh()
        assert told(city) == BEFORE
        land(place, ("m2", 3, 3.0))
        with place.log() as log:
            assert log.head() == last
        city.refresh()
        assert told(city) == [("m1", 1.0), ("m2", 3.0)]
        save(place)
    with City.open(place.directory) as city:
        assert told(city) == [("m1", 1.0), ("m2", 3.0)]


def test_the_log_whose_file_is_gone_is_said_so_and_found_again(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    land(place, ("m1", 0, 1.0))
    path = place.directory / "log.sqlite"
    with place.log() as log:
        path.rename(tmp_path / "away")
        with pytest.raises(LogReplacedError, match="gone; put it back or restore it"):
            log.head()
        (tmp_path / "away").rename(path)
        assert log.head() == 2


def test_events_that_are_not_what_was_sealed_are_not_sealed_again(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    land(place, ("m1", 0, 1.0), ("m1", 1, 2.0))
    save(place)
    with place.log() as log:
        mark = log.mark()
        with pytest.raises(CorruptEventError, match="not the ones that were sealed"):
            log.seal(type(mark)(mark.position, *_other(log)))


def _other(log: Log) -> tuple[str, str]:
    """Digests at the head of a log that had another event before it."""
    *_, last = log.read()
    before = "0" * 64
    return log.mark().__class__(0, before).after(last).digest, before


def test_the_command_line_answers_from_the_restored_log(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    city = ("--city", str(place.directory))
    land(place, ("m1", 0, 1.0))
    run("backup", str(tmp_path / "backup"), *city)
    land(place, ("secret", 3, 666.0))
    run("project", "--until-idle", *city)
    for file in place.directory.glob("log.sqlite*"):
        file.rename(tmp_path / file.name)
    run("restore", str(tmp_path / "backup"), *city)
    land(place, ("m2", 4, 2.0))
    run("cut", "--out", str(tmp_path / "cut.parquet"), *city)
    found = pl.read_parquet(tmp_path / "cut.parquet")
    assert found.select("point_id", "value").rows() == [("m1", 1.0), ("m2", 2.0)]
    run("rebuild", *city)
    run("log", "verify", *city)


def run(*words: str) -> str:
    """A command of the command line, which ends with 0."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def test_a_backup_and_a_copy_bring_the_seals_along(place: Place, tmp_path: Path) -> None:
    with place.log() as log:
        sealed = log.seals()[-1]
    back_up(place, tmp_path / "second", NOW)
    (backed,) = (tmp_path / "second").glob("log-*.sqlite")
    with Log.open(backed) as log:
        assert log.seals()[-1] == sealed
        assert verify(log).sealed == sealed.position
    copy_log(place.log_location(), str(tmp_path / "copy.sqlite"))
    with Log.open(tmp_path / "copy.sqlite") as log:
        assert log.holds(sealed)
        assert verify(log).sealed == sealed.position


def test_alarms_of_a_log_that_is_no_longer_there_are_not_told(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    land(place, ("m1", 0, 1.0))
    back_up(place, tmp_path / "backup", NOW)
    with place.log() as log:
        alarms = OpenAlarms(log)
        poll = Poll(SOURCE, 0, 0, {}, {}, [Refusal(0, GAP, "offsets 3 to 9 are gone", b"{}")])
        Ingester(log).ingest(poll)
        assert len(alarms.look()) == 1
        put_back(place, tmp_path / "backup")
        assert list(alarms.look()) == []
