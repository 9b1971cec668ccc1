"""Projections: any split of the log, any restart, any number of threads give the same state; all can be built again."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import DOCKS, READINGS
from replay.city import City
from twin.lake import Lake
from twin.latest import in_order, landed, latest, newest
from twin.place import Place, init
from twin.projections import history
from twin.projector import Projector
from twin.rebuild import digest, rebuild
from twin.verify import verify

START = datetime(2026, 3, 1, tzinfo=UTC)
SOURCE = SourceId("test")


def readings(seed: int, rows: int = 40, points: int = 12) -> pl.DataFrame:
    """Readings of a few points over three days, in no order."""
    chance = np.random.Generator(np.random.Philox(seed))
    times = [START + timedelta(minutes=int(m)) for m in chance.integers(0, 3 * 1440, rows)]
    data = {
        "point_id": [f"p{p}" for p in chance.integers(0, points, rows)],
        "unit": ["kWh"] * rows,
        "time": times,
        "value": chance.integers(0, 5, rows).astype(float),
        "quality": [0] * rows,
        "record": [0] * rows,
    }
    return pl.DataFrame(data, schema=READINGS.decoded)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A city of thirty batches."""
    made = init(tmp_path / "city")
    with made.log() as log:
        writer = Ingester(log)
        for seed in range(30):
            writer.append_frames(SOURCE, {"readings": readings(seed)})
    return made


stored = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 6), st.integers(0, 2)), min_size=0, max_size=8, unique_by=lambda r: r
)


@settings(deadline=None)
@given(st.lists(stored, min_size=1, max_size=6))
def test_newest_is_latest_without_the_sorting(batches: list[list[tuple[int, int, int]]]) -> None:
    frames = []
    for position, rows in enumerate(batches, 1):
        data = [(e, START + timedelta(hours=h), s, float(position), 0) for e, h, s in rows]
        frame = pl.DataFrame(data, schema=READINGS.stored, orient="row").sort("entity", "time", "sequence")
        frames.append(landed(READINGS, frame, position))
    assert_frame_equal(newest(frames), latest(in_order(frames)))
    shuffled = pl.concat(frames).sample(fraction=1.0, shuffle=True, seed=1)
    assert_frame_equal(latest(in_order([shuffled])), newest(frames))


def state(log: Log, directory: Path, stops: Sequence[int]) -> str:
    """Digest of the projections after folding in the pieces that `stops` give, saved and opened again at each."""
    for stop in stops:
        projector = Projector(log, directory)
        projector.catch_up(upto=stop)
        projector.save()
    projector = Projector(log, directory)
    projector.catch_up()
    return digest(projector)


@settings(max_examples=15, deadline=None)
@given(stops=st.lists(st.integers(0, 31), max_size=5).map(sorted), opening=st.sampled_from([10, 200, 50_000]))
def test_any_restart_from_any_checkpoint_gives_the_same_state(
    stops: list[int], opening: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = init(tmp_path_factory.mktemp("city"))
    before, history.OPENING_EVERY = history.OPENING_EVERY, opening
    try:
        with made.log() as log:
            writer = Ingester(log)
            for seed in range(30):
                writer.append_frames(SOURCE, {"readings": readings(seed)})
            assert state(log, made.directory / "pieces", stops) == state(log, made.directory / "whole", [])
    finally:
        history.OPENING_EVERY = before


@settings(max_examples=20, deadline=None)
@given(fails=st.sets(st.integers(0, 8)), chunk=st.sampled_from([40, 100, 300]), least=st.sampled_from([80, 200, 500]))
def test_what_is_folded_beside_a_flush_that_fails_is_not_lost(
    fails: set[int], chunk: int, least: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made, calls = init(tmp_path_factory.mktemp("city")), count()

    def flush(*args: Any) -> Lake:
        if next(calls) in fails:
            raise OSError("no space left")
        return history.flush(*args)

    with pytest.MonkeyPatch.context() as patch, made.log() as log:
        writer = Ingester(log)
        for seed in range(30):
            writer.append_frames(SOURCE, {"readings": readings(seed)})
        patch.setattr("twin.projector.CHUNK_ROWS", chunk)
        patch.setattr("twin.projector.FLUSH_ROWS", least)
        patch.setattr("twin.projector.flush", flush)
        projector = Projector(log, made.directory)
        while projector.position < log.head():
            with suppress(OSError):
                projector.catch_up(write=True)
        whole = Projector(log, made.directory / "whole")
        whole.catch_up()
        assert digest(projector) == digest(whole)
        calls = count(100)
        assert projector.save()
        assert digest(Projector(log, made.directory)) == digest(whole)


def test_one_thread_or_many_give_the_same_state(place: Place) -> None:
    code = (
        "import sys; from pathlib import Path; from twin.place import Place; from twin.projector import Projector\n"
        "from twin.rebuild import digest\n"
        "place = Place(Path(sys.argv[1])); p = Projector(place.log(), place.directory); p.catch_up(); print(digest(p))"
    )
    outcomes = {
        subprocess.run(
            [sys.executable, "-c", code, str(place.directory)],
            env={**os.environ, "POLARS_MAX_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(outcomes) == 1


def test_a_rebuild_equals_the_incremental_result(place: Place) -> None:
    with place.log() as log:
        for upto in (5, 17, 31):
            projector = Projector(log, place.directory)
            projector.catch_up(upto=upto)
            assert projector.save()
        built = rebuild(log, place.directory)
        assert built.before == built.digest
        files = _newest(place)
        rebuild(log, place.directory)
        assert _newest(place) == files


def _newest(place: Place) -> dict[str, bytes]:
    """The files of the checkpoint furthest on, by name: an earlier one may still lie beside it."""
    newest = max((place.directory / "checkpoints").glob("at-*"), key=lambda folder: folder.name.split("-")[1])
    return {path.name: path.read_bytes() for path in newest.iterdir()}


def test_a_damaged_lake_is_read_from_the_log_instead(place: Place) -> None:
    with City.open(place.directory) as city:
        whole = city.cut(START + timedelta(days=1)).frame("readings")
    with place.log() as log:
        projector = Projector(log, place.directory)
        projector.catch_up()
        projector.save()
    next((place.directory / "lake" / "readings").glob("part-*.parquet")).unlink()
    with City.open(place.directory) as city:
        assert_frame_equal(city.cut(START + timedelta(days=1)).frame("readings"), whole)


def test_the_rest_of_an_interrupted_flush_is_not_seen(place: Place) -> None:
    with place.log() as log:
        projector = Projector(log, place.directory)
        projector.catch_up(upto=10)
        projector.save()
        manifest = (place.directory / "lake" / "manifest.json").read_bytes()
        projector.catch_up(upto=20)
        projector.save()
        (place.directory / "lake" / "manifest.json").write_bytes(manifest)
        (place.directory / "checkpoints" / "current.json").unlink()
        restarted = Projector(log, place.directory)
        restarted.catch_up()
        fresh = Projector(log, place.directory / "elsewhere")
        fresh.catch_up()
        assert digest(restarted) == digest(fresh)


def test_only_one_process_writes_the_projections_at_a_time(place: Place) -> None:
    with place.log() as log:
        first, second = Projector(log, place.directory), Projector(log, place.directory)
        first.catch_up()
        assert first.save()
        second.catch_up()
        with (place.directory / "checkpoints" / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert not second.save()


def test_a_writer_goes_on_from_the_lake_of_another(place: Place) -> None:
    with place.log() as log:
        first, second = Projector(log, place.directory), Projector(log, place.directory)
        first.catch_up(upto=20)
        second.catch_up(upto=10)
        assert first.save()
        assert not second.save(), "the lake is further on than this writer"
        second.catch_up()
        assert second.save()
        fresh = Projector(log, place.directory / "elsewhere")
        fresh.catch_up()
        assert digest(Projector(log, place.directory)) == digest(second) == digest(fresh)


def test_a_reader_follows_the_log_and_takes_a_newer_lake(place: Place) -> None:
    with City.open(place.directory) as reader, place.log() as log:
        writer, projector = Ingester(log), Projector(log, place.directory)
        writer.append_frames(SOURCE, {"readings": readings(99)})
        reader.refresh()
        projector.catch_up()
        projector.save()
        writer.append_frames(SOURCE, {"readings": readings(100)})
        reader.refresh()
        with City.open(place.directory) as fresh:
            assert_frame_equal(reader.cut().frame("readings"), fresh.cut().frame("readings"))
            at = START + timedelta(hours=30)
            assert_frame_equal(reader.cut(at, 12).frame("readings"), fresh.cut(at, 12).frame("readings"))


def test_a_reader_that_was_behind_a_newer_lake_takes_it_once_it_has_caught_up(place: Place) -> None:
    with place.log() as log:
        reader, writer = Projector(log, place.directory), Projector(log, place.directory)
        reader.catch_up(upto=10)
        writer.catch_up()
        assert writer.save()
        reader.refresh_lake()
        assert reader.lake.position == 0, "a lake that is further on than the reader would show what it has not seen"
        reader.catch_up()
        reader.refresh_lake()
        assert reader.lake.position == reader.position
        assert reader.pending["readings"] == []


def test_counts_in_the_ledger_are_those_of_the_log(place: Place) -> None:
    with City.open(place.directory) as city:
        span = city.span()
        rows = city.series("readings", [f"p{n}" for n in range(12)], START, START + timedelta(days=4))
        assert city.ledger.observations["readings"] == city.ledger.sources["test"].rows
        assert span == (rows["time"].min(), rows["time"].max())


def test_a_series_is_the_latest_belief_of_every_instant(place: Place) -> None:
    with City.open(place.directory) as city:
        rows = city.series("readings", ["p3"], START, START + timedelta(days=4))
        for time, value in rows.select("time", "value").iter_rows():
            cut = city.cut(time).frame("readings").filter(pl.col("point_id") == "p3")
            assert cut.select("time", "value").row(0) == (time, value)


def test_a_log_of_any_families_verifies_and_damage_is_found(place: Place) -> None:
    with place.log() as log:
        docks = pl.DataFrame(
            [("s1", START, 3, 4, 7, None, None, None, True, True, 0)], schema=DOCKS.decoded, orient="row"
        )
        Ingester(log).append_frames(SOURCE, {"docks": docks})
        assert verify(log).problems == ()
        head = log.head()
    import sqlite3

    with sqlite3.connect(place.directory / "log.sqlite") as store:
        store.execute(
            "UPDATE stored_events SET state = substr(state, 1, length(state) - 3) WHERE rowid = ?", (head - 3,)
        )
    with place.log() as log:
        (problem,) = verify(log).problems
        assert problem.startswith(f"position {head - 3}:")


@pytest.mark.parametrize("checkpoints", [1, 3])
@pytest.mark.parametrize("dies_at", [1, 2, 3])
def test_a_lake_made_anew_and_stopped_midway_counts_nothing_twice(
    checkpoints: int, dies_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, calls = init(tmp_path / "city"), count()

    def flush(*args: Any) -> Lake:
        if next(calls) == dies_at:
            raise KeyboardInterrupt  # a full disk is survived; a process that is stopped is not
        return history.flush(*args)

    with made.log() as log:
        writer = Ingester(log)
        for seed in range(30):
            writer.append_frames(SOURCE, {"readings": readings(seed)})
            if seed >= 30 - checkpoints:
                saved = Projector(log, made.directory)
                saved.catch_up()
                assert saved.save()
        ledger, before = saved.ledger, digest(saved)
        manifest = made.lake / "manifest.json"
        told = msgspec.json.decode(manifest.read_bytes())
        manifest.write_bytes(msgspec.json.encode(told | {"version": told["version"] - 1}))
        monkeypatch.setattr("twin.projector.CHUNK_ROWS", 100)
        monkeypatch.setattr("twin.projector.FLUSH_ROWS", 200)
        monkeypatch.setattr("twin.projector.flush", flush)
        with suppress(KeyboardInterrupt):
            Projector(log, made.directory).catch_up(write=True)
        again = Projector(log, made.directory)
        assert 0 < again.position < log.head()
        again.catch_up(write=True)
        assert again.save()
        found = Projector(log, made.directory)
        assert found.ledger == ledger
        assert digest(found) == before
