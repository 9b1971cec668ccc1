"""Retention: the lake lets old quarters go, the log nothing; what is answered is right, what cannot be is refused."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from events.errors import HistoryLetGoError
from events.observations import READINGS
from replay.city import City
from tests.replay.test_cut_law import START, Row, cut, naive, polls
from tests.replay.test_series_law import a_small_lake, built
from twin.place import Place
from twin.projector import Projector
from twin.rebuild import digest, rebuild

HOURLY = [[(point, hour, float(hour)) for point in range(3)] for hour in range(60)]


def keep(directory: Path, days: int | None) -> None:
    """The city's file with a retention for readings."""
    place = Place(directory)
    if not place.file.exists():
        built(directory, [], set())
    place.write(msgspec.structs.replace(place.read(), retention_days={} if days is None else {"readings": days}))


@settings(max_examples=25, deadline=None)
@given(polls, st.integers(-1, 62), st.integers(0, 14), st.data())
def test_with_a_retention_a_cut_is_right_or_refused(
    given_polls: list[list[Row]], hour: int, known: int, data: st.DataObject
) -> None:
    with a_small_lake(), tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "city"
        keep(directory, 1)
        built(directory, given_polls, data.draw(st.sets(st.integers(0, len(given_polls) - 1))))
        at = START + timedelta(hours=hour)
        with City.open(directory) as city:
            kept_from = city.lake.kept_from(READINGS)
            for position in (known, city.head):
                try:
                    assert cut(city, at, position) == naive(city.log, at, position)
                except HistoryLetGoError:
                    assert kept_from is not None
                    assert at.timestamp() * 1e6 < kept_from or position < city.head


def test_what_is_let_go_comes_back_from_the_log_with_a_longer_retention(tmp_path: Path) -> None:
    early = START + timedelta(hours=5)
    with a_small_lake():
        built(tmp_path / "city", HOURLY, {20})
        with City.open(tmp_path / "city") as city:
            whole = city.cut(early).frame("readings")
        keep(tmp_path / "city", 1)
        built(tmp_path / "city", [[(0, 60, 9.0)]], {0})
        with City.open(tmp_path / "city") as city:
            head = city.head
            with pytest.raises(HistoryLetGoError, match="twin lake retain"):
                city.cut(early).frame("readings")
            with pytest.raises(HistoryLetGoError, match="the log has it"):
                city.series("readings", ["p0"], early, START + timedelta(hours=60))
            last = city.cut(START + timedelta(hours=59)).frame("readings")
            assert last["value"].to_list() == [59.0] * 3
        keep(tmp_path / "city", 30)
        with Place(tmp_path / "city").log() as log:
            assert log.head() == head
            rebuild(log, tmp_path / "city")
        with City.open(tmp_path / "city") as city:
            assert_frame_equal(city.cut(early).frame("readings"), whole)


@settings(max_examples=15, deadline=None)
@given(polls, st.sets(st.integers(0, 11)))
def test_a_rebuild_lets_go_of_the_same_quarters(given_polls: list[list[Row]], flushes: set[int]) -> None:
    with a_small_lake(), tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "city"
        keep(directory, 1)
        built(directory, given_polls, flushes)
        with Place(directory).log() as log:
            made = rebuild(log, directory)
            assert made.before in (None, made.digest)
            assert digest(Projector(log, directory)) == made.digest
