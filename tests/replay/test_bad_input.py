"""What cannot be answered is said clearly, and no question gets a wrong number."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from events.errors import NaiveTimeError, UsageError
from events.ids import SourceId
from events.ingest import Ingester
from events.observations import FAMILIES
from replay.city import City
from replay.diff import frame_of
from replay.show import facts_of
from replay.why import why
from tests.house.checkout import CHECKOUT
from tests.replay.golden import golden_city, hours
from tests.replay.test_cut_law import START, Row, readings
from twin.place import Place, init
from twin.projector import Projector
from twin.rebuild import rebuild


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return golden_city(tmp_path / "city")


def flushed(place: Place) -> None:
    with place.log() as log:
        projector = Projector(log, place.directory)
        projector.catch_up()
        assert projector.save()


@pytest.mark.parametrize("in_lake", ["in the lake", "in the log"])
def test_before_the_city_began_there_is_nothing_and_in_the_future_what_is_known_today(
    place: Place, in_lake: str
) -> None:
    if in_lake == "in the lake":
        flushed(place)
    with City.open(place.directory) as city:
        assert all(city.cut(hours(-1)).frame(name).is_empty() for name in FAMILIES)
        assert all(frame_of(city.cut(hours(-1)), name).is_empty() for name in ("communities", "devices"))
        far = city.cut(hours(24 * 365 * 100)).frame("readings")
        assert_frame_equal(far, city.cut().frame("readings"))
        (fact,) = facts_of(city.cut(hours(24)), "m1", hours(24))
        assert fact.age_s == 22 * 3600, "the value says how old it is"


def test_beyond_the_head_is_the_head_and_before_the_first_position_is_nothing(place: Place) -> None:
    with City.open(place.directory) as city:
        beyond, head = city.cut(hours(3), 10**9), city.cut(hours(3))
        assert beyond.known == head.known == city.head
        assert_frame_equal(beyond.frame("readings"), head.frame("readings"))
        assert city.cut(hours(3), -7).frame("readings").is_empty()
        assert city.cut(hours(3), hours(-24)).frame("readings").is_empty()
        assert city.cut(hours(3), hours(24 * 999)).known == city.head


def test_a_time_without_zone_and_an_unknown_entity_are_refused_with_advice(place: Place) -> None:
    with City.open(place.directory) as city:
        naive = hours(1).replace(tzinfo=None)
        for ask in (
            lambda: city.cut(naive),
            lambda: city.cut(hours(1), naive),
            lambda: city.series("readings", ["m1"], naive, hours(2)),
            lambda: city.rows("readings", hours(0), naive),
        ):
            with pytest.raises(NaiveTimeError, match="has no zone"):
                ask()
        assert city.series("readings", ["m9"], hours(0), hours(9)).is_empty()
        with pytest.raises(UsageError, match="'m9' is not known"):
            why(city, "m9", "value", hours(3))
        with pytest.raises(UsageError, match="no observation family 'metres'"):
            city.cut().frame("metres")


def test_a_window_that_ends_before_it_starts_holds_nothing(place: Place) -> None:
    with City.open(place.directory) as city:
        assert city.rows("readings", hours(3), hours(0)).is_empty()


def test_a_log_that_is_written_while_it_is_read_changes_no_cut_of_a_position(tmp_path: Path) -> None:
    """Given a writer that lands a batch a moment and flushes, then what a reader knows at a position stays."""
    place = init(tmp_path / "city")
    stop = threading.Event()

    def write() -> None:
        with place.log() as log:
            ingester, projector, hour = Ingester(log), Projector(log, place.directory), 0
            while not stop.is_set():
                ingester.append_frames(SourceId("t"), {"readings": readings([(hour % 5, hour % 50, float(hour))])})
                hour += 1
                if hour % 10 == 0:
                    projector.catch_up()
                    projector.save()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        with City.open(place.directory) as city:
            while city.head < 12:
                city.refresh()
            first = city.cut(START + timedelta(hours=20), 11).frame("readings")
            for _ in range(25):
                city.refresh()
                assert_frame_equal(city.cut(START + timedelta(hours=20), 11).frame("readings"), first)
    finally:
        stop.set()
        thread.join()
    assert first.height > 0


@settings(max_examples=25, deadline=None)
@given(
    poll=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 60), st.integers(0, 3).map(float)),
        min_size=1, max_size=30, unique_by=lambda r: r[:2],
    ),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_rows_of_one_batch_in_any_order_give_the_same_cut(
    poll: list[Row], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shuffled = [poll[i] for i in np.random.Generator(np.random.Philox(seed)).permutation(len(poll))]
    frames = []
    for rows in (poll, shuffled):
        place = init(tmp_path_factory.mktemp("shuffled") / "city")
        with place.log() as log:
            Ingester(log).append_frames(SourceId("t"), {"readings": readings(rows)})
        with City.open(place.directory) as city:
            span = (START, START + timedelta(hours=61))
            cuts = [city.cut(START + timedelta(hours=h)).frame("readings") for h in (0, 13, 60)]
            frames.append(pl.concat([*cuts, city.rows("readings", *span).select(cuts[0].columns)]))
    assert_frame_equal(frames[0], frames[1])


def test_one_thread_or_many_give_the_same_cuts_differences_and_incidents(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    chance = np.random.Generator(np.random.Philox(7))
    with place.log() as log:
        ingester = Ingester(log)
        for _ in range(12):
            rows = [(int(p), int(h), float(v)) for p, h, v in chance.integers(0, 60, (200, 3))]
            ingester.append_frames(SourceId("t"), {"readings": readings(rows)})
    flushed(place)
    code = (
        "import sys, hashlib; from datetime import timedelta; from replay.city import City\n"
        "from replay.diff import diff\n"
        "from replay.incidents import incidents; from tests.replay.test_cut_law import START\n"
        "with City.open(sys.argv[1]) as city:\n"
        "    a, b = city.cut(START + timedelta(hours=9), 7), city.cut(START + timedelta(hours=40))\n"
        "    frames = [a.frame('readings'), b.frame('readings'), diff(a, b, 'readings'),\n"
        "        city.rows('readings', START, START + timedelta(hours=50)),\n"
        "        incidents(city, START, START + timedelta(hours=50)).drop('positions')]\n"
        "    print(hashlib.sha256(''.join(f.write_csv() for f in frames).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, place.directory],
            cwd=CHECKOUT, env={**os.environ, "POLARS_MAX_THREADS": threads}, capture_output=True, text=True, check=True,
        ).stdout
        for threads in ("1", "2", "5")
    }  # fmt: skip
    assert len(digests) == 1


@pytest.mark.parametrize("damage", ["missing", "cut short", "empty"])
def test_a_lake_file_that_is_missing_or_damaged_never_gives_a_wrong_number(
    place: Place, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    with City.open(place.directory) as city:
        whole = city.cut(hours(3)).frame("readings")
    flushed(place)
    file = next((place.directory / "lake" / "readings").glob("part-*.parquet"))
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: 100 if damage == "cut short" else 0])
    with City.open(place.directory) as city:
        assert_frame_equal(city.cut(hours(3)).frame("readings"), whole)
    assert "is missing or damaged; history is read from the log instead" in caplog.text
    with place.log() as log:
        rebuild(log, place.directory)
    caplog.clear()
    with City.open(place.directory) as city:
        assert_frame_equal(city.cut(hours(3)).frame("readings"), whole)
        assert city.lake.position == city.head
    assert not caplog.text
