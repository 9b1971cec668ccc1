"""Projections are built anew beside the running ones: readers and writers go on, and a kill leaves the old answer."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from events.ingest import Ingester
from events.log import Log
from replay.city import City
from tests.house.checkout import CHECKOUT
from tests.twin.test_projections import SOURCE, START, place, readings
from twin import checkpoint
from twin import rebuild as rebuilding
from twin.lake import open_lake
from twin.place import Place
from twin.projections.live import Live
from twin.projector import Projector
from twin.rebuild import digest, rebuild

__all__ = ["place"]

NOON = START + timedelta(hours=36)


def flushed(place: Place) -> None:
    """Live and history on disk."""
    with place.log() as log:
        projector = Projector(log, place.directory)
        projector.catch_up()
        assert projector.save()


def seen(city: City) -> list[pl.DataFrame]:
    """What a reader is asked: live, past, as then known, a series."""
    day = city.series("readings", ["p3"], START, NOON)
    return [city.cut().frame("readings"), city.cut(NOON).frame("readings"), city.cut(NOON, 9).frame("readings"), day]


def same(before: list[pl.DataFrame], after: list[pl.DataFrame]) -> None:
    for one, other in zip(before, after, strict=True):
        assert_frame_equal(one, other)


def test_a_reader_answers_the_same_before_after_and_past_the_swap(place: Place) -> None:
    flushed(place)
    with City.open(place.directory) as reader, place.log() as log:
        before, files = seen(reader), reader.lake.manifest.files()
        built = rebuild(log, place.directory)
        assert built.before == built.digest
        same(before, seen(reader))
        reader.refresh()
        assert reader.lake.manifest.files().isdisjoint(files), "the new lake answers now"
        same(before, seen(reader))


def test_a_reader_goes_on_while_projections_are_built(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a reader asked at every step of the fold, then each answer is the one before."""
    flushed(place)
    fold, answers = Live.fold, []
    with City.open(place.directory) as reader:
        before = seen(reader)

        def asked(self: Live, state: object, batches: object) -> object:
            answers.append(seen(reader))
            reader.refresh()
            return fold(self, state, batches)  # type: ignore[arg-type]

        with place.log() as log:
            monkeypatch.setattr("twin.projector.CHUNK_ROWS", 100)
            monkeypatch.setattr("twin.projector.FLUSH_ROWS", 300)
            monkeypatch.setattr(Live, "fold", asked)
            rebuild(log, place.directory)
            monkeypatch.setattr(Live, "fold", fold)
    assert len(answers) > 5
    for answer in answers:
        same(before, answer)


def test_an_ingester_writes_and_flushes_meanwhile_and_nothing_is_lost(place: Place) -> None:
    flushed(place)
    stop = threading.Event()

    def ingest() -> None:
        with place.log() as log:
            writer, projector, seed = Ingester(log), Projector(log, place.directory), 1000
            while not stop.is_set():
                writer.append_frames(SOURCE, {"readings": readings(seed, rows=5)})
                projector.catch_up()
                projector.save()
                seed += 1

    thread = threading.Thread(target=ingest)
    thread.start()
    try:
        with place.log() as log:
            for _ in range(4):
                rebuild(log, place.directory)
    finally:
        stop.set()
        thread.join()
    assert_equal_to_a_fresh_fold(place)


def assert_equal_to_a_fresh_fold(place: Place) -> None:
    with place.log() as log:
        found, fresh = Projector(log, place.directory), Projector(log, place.directory / "elsewhere")
        found.catch_up()
        fresh.catch_up()
        assert digest(found) == digest(fresh)


def test_a_writer_that_holds_the_old_lake_takes_the_new_one_before_it_flushes(place: Place) -> None:
    with place.log() as log:
        writer = Projector(log, place.directory)
        writer.catch_up()
        assert writer.save()
        rebuild(log, place.directory)
        Ingester(log).append_frames(SOURCE, {"readings": readings(77)})
        writer.catch_up()
        assert writer.save()
    assert_equal_to_a_fresh_fold(place)


@pytest.mark.parametrize("where", ["twin.rebuild.digest", "twin.rebuild._adopt", "twin.rebuild.checkpoint.save"])
def test_a_rebuild_that_is_killed_leaves_an_answer_that_is_whole(place: Place, where: str) -> None:
    flushed(place)
    with City.open(place.directory) as city:
        before = seen(city)
    code = (
        "import os, signal, sys; from pathlib import Path; from unittest.mock import patch\n"
        "from twin.place import Place; from twin.rebuild import rebuild\n"
        "place = Place(Path(sys.argv[1]))\n"
        "die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "with place.log() as log, patch(sys.argv[2], die): rebuild(log, place.directory)"
    )
    died = subprocess.run([sys.executable, "-c", code, place.directory, where], cwd=CHECKOUT, check=False)
    assert died.returncode == -signal.SIGKILL
    with City.open(place.directory) as city:
        same(before, seen(city))
    with place.log() as log:
        built = rebuild(log, place.directory)
        assert built.before == built.digest
    assert not (place.directory / "rebuilding").exists()


def test_a_projection_of_a_new_version_is_built_from_the_log_at_the_next_start(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a checkpoint of version 1, when the code is of version 2, then a rebuild makes its own."""
    flushed(place)
    with City.open(place.directory) as old_reader:
        before = seen(old_reader)
        monkeypatch.setattr(checkpoint, "VERSIONS", {**checkpoint.VERSIONS, Live.name: Live.version + 1})
        assert checkpoint.load(place.directory / "checkpoints").position == 0
        with place.log() as log:
            rebuild(log, place.directory)
        assert checkpoint.load(place.directory / "checkpoints").position == old_reader.head
        old_reader.refresh()
        same(before, seen(old_reader))
        with City.open(place.directory) as new_reader:
            same(before, seen(new_reader))


def test_files_that_a_rebuild_replaced_go_with_the_next_flush(place: Place) -> None:
    flushed(place)
    with place.log() as log:
        old = {f.name for f in (place.directory / "lake" / "readings").glob("part-*")}
        rebuild(log, place.directory)
        assert old < {f.name for f in (place.directory / "lake" / "readings").glob("part-*")}
        _land(log, 1)
        flushed(place)
        assert old.isdisjoint(f.name for f in (place.directory / "lake" / "readings").glob("part-*"))


def _land(log: Log, seed: int) -> None:
    Ingester(log).append_frames(SOURCE, {"readings": readings(seed + 500)})


def test_a_rebuild_waits_for_another_process_that_flushes(place: Place) -> None:
    flushed(place)
    lock, done = place.directory / "checkpoints" / "lock", threading.Event()

    def build() -> None:
        with place.log() as log:
            rebuild(log, place.directory)
        done.set()

    held = place.lake / "manifest.json"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = held.read_bytes()
        thread = threading.Thread(target=build)
        thread.start()
        assert not done.wait(3), "it has built by now, and waits to put it in the place of the old"
        assert held.read_bytes() == before
    assert done.wait(60)
    thread.join()
    assert held.read_bytes() != before
    assert_equal_to_a_fresh_fold(place)


def test_a_lake_that_moved_on_while_a_rebuild_waited_is_not_put_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given another writer that lands and flushes after the fold and before the swap, then its rows stay."""
    flushed(place)
    alone, moved = rebuilding._alone, list[int]()

    @contextmanager
    def after_another(lock: Path) -> Iterator[None]:
        with place.log() as log:
            Ingester(log).append_frames(SOURCE, {"readings": readings(4242, rows=30)})
            flushed(place)
            moved.append(log.head())
        with alone(lock):
            yield

    monkeypatch.setattr(rebuilding, "_alone", after_another)
    with place.log() as log:
        built = rebuild(log, place.directory)
    assert moved == [built.position], "the swap covers what was flushed meanwhile"
    assert open_lake(place.lake).position == built.position
    assert_equal_to_a_fresh_fold(place)
