"""The law of the series: what an entity's series shows is a plain loop over every landed row, as known at K."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from events import batch
from events.batch import BATCH
from events.entities import dictionaries, take_names
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import READINGS
from replay.city import City
from tests.replay.test_cut_law import START, Row, polls, readings
from twin.place import init
from twin.projector import Projector

Told = list[tuple[str, datetime, float, int]]


@contextlib.contextmanager
def a_small_lake() -> Iterator[None]:
    """Quarters compacted, opened and banded every few rows."""
    small = (
        patch("twin.projections.history.OPENING_EVERY", 5),
        patch("twin.projections.history.PARTS_MOST", 2),
        patch("twin.projections.history.FILE_ROWS", 6),
        patch("twin.projections.bands.SPAN", 2),
        patch("twin.projections.bands.SLACK", 0),
        patch("twin.projections.bands.BAND_ROWS", 3),
        patch("twin.projections.bands.FILES_FEW", 0),
        patch.dict("twin.lake_file.GROUP_ROWS", {"part": 4, "opening": 4, "band": 4}),
    )
    with contextlib.ExitStack() as patched:
        for one in small:
            patched.enter_context(one)
        yield


def naive(log: Log, points: set[str], low: datetime, high: datetime, known: int) -> Told:
    """The last belief of every (point, time) by a plain loop over the log's raw events."""
    entities = dictionaries(log.vault)
    best: dict[tuple[int, datetime], tuple[int, int, float]] = {}
    for event in log.read():
        take_names(entities, event)
        if event.tag == BATCH and event.position <= known:
            for row in batch.decode(event.state, READINGS.stored).iter_rows(named=True):
                told = (int(event.position), row["sequence"], row["value"])
                key = (row["entity"], row["time"])
                best[key] = max(told, best.get(key, (0, 0, 0.0)))
    names = dict(entities[READINGS.name].names().select("entity", "point_id").iter_rows())
    return sorted(
        (names[entity], time, value, position)
        for (entity, time), (position, _, value) in best.items()
        if names[entity] in points and low <= time <= high
    )


def built(directory: Path, given_polls: list[list[Row]], flushes: set[int]) -> None:
    """A city whose lake is flushed after some of the polls."""
    place = init(directory)
    with place.log() as log:
        ingester = Ingester(log)
        for number, poll in enumerate(given_polls):
            ingester.append_frames(SourceId("test"), {"readings": readings(poll)})
            if number in flushes:
                projector = Projector(log, directory)
                projector.catch_up()
                assert projector.save()


@settings(max_examples=25, deadline=None)
@given(polls, st.integers(0, 60), st.integers(0, 62), st.integers(0, 14), st.sets(st.integers(0, 6)), st.data())
def test_a_series_equals_a_plain_loop_over_every_row(
    given_polls: list[list[Row]], first: int, hours: int, known: int, numbers: set[int], data: st.DataObject
) -> None:
    low, high = START + timedelta(hours=first), START + timedelta(hours=first + hours)
    points = {f"p{number}" for number in numbers}
    with a_small_lake(), tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "city"
        built(directory, given_polls, data.draw(st.sets(st.integers(0, len(given_polls) - 1))))
        with City.open(directory) as city:
            everyone = {f"p{number}" for number in range(7)}
            for position in (known, city.head):
                found = city.series("readings", sorted(points), low, high, position)
                assert told(found) == naive(city.log, points, low, high, position)
                whole = city.rows("readings", low, high, position)
                assert told(whole) == naive(city.log, everyone, low, high, position)


@settings(max_examples=15, deadline=None)
@given(polls, st.integers(-1, 62), st.integers(0, 14), st.sets(st.integers(0, 6), min_size=1))
def test_a_cut_of_some_entities_is_those_rows_of_the_whole_cut(
    given_polls: list[list[Row]], hour: int, known: int, numbers: set[int]
) -> None:
    points = [f"p{number}" for number in sorted(numbers)]
    with a_small_lake(), tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "city"
        built(directory, given_polls, set(range(0, len(given_polls), 2)))
        with City.open(directory) as city:
            for cut in (city.cut(START + timedelta(hours=hour), known), city.cut()):
                some = cut.entities("readings", points)
                assert some.equals(cut.frame("readings").filter(pl.col("point_id").is_in(points)))


def told(rows: pl.DataFrame) -> Told:
    """Rows as plain tuples."""
    return rows.select("point_id", "time", "value", "position").rows()


def test_bands_are_written_for_closed_spans_and_hold_each_row_once(tmp_path: Path) -> None:
    with a_small_lake():
        every = [[(point, hour, float(hour)) for point in range(5)] for hour in range(60)]
        built(tmp_path / "city", every, set(range(60)))
        with City.open(tmp_path / "city") as city:
            bands = city.lake.bands(READINGS)
            quarters = city.lake.quarters(READINGS)
            covered = [q for q in quarters if any(b.low <= q.number < b.high for b in bands)]
            assert len(covered) >= 8
            assert sum(band.rows for band in bands) == sum(quarter.rows for quarter in covered)
            within = [b for b in bands if b.low == bands[0].low]
            assert [b.first for b in within[1:]] == [b.last + 1 for b in within[:-1]]


def test_late_rows_beyond_a_share_have_the_bands_written_anew(tmp_path: Path) -> None:
    with a_small_lake():
        every = [[(point, hour, float(hour)) for point in range(5)] for hour in range(60)]
        built(tmp_path / "city", every, set(range(60)))
        with City.open(tmp_path / "city") as city:
            first = {b.file for b in city.lake.bands(READINGS) if b.low == city.lake.bands(READINGS)[0].low}
        built(tmp_path / "city", [[(point, hour, 7.5) for point in range(5) for hour in range(12)]], {0})
        built(tmp_path / "city", [[(9, 60, 1.0)]], {0})
        with City.open(tmp_path / "city") as city:
            again = {b.file for b in city.lake.bands(READINGS) if b.low == city.lake.bands(READINGS)[0].low}
            assert again and not again & first
            assert city.series("readings", ["p1"], START, START + timedelta(hours=11))["value"].to_list() == [7.5] * 12
