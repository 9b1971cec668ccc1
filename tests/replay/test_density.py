"""A time bar's bins hold every observation once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.errors import NaiveTimeError, UsageError
from events.ids import SourceId
from events.ingest import Ingester
from events.observations import READINGS
from replay.city import City
from replay.density import density
from twin.place import Place, init
from twin.projector import Projector

START = datetime(2026, 3, 1, tzinfo=UTC)


def filled(directory: Path, hours: list[int], flushed: int) -> Place:
    """A city with a reading at each hour after START; the first `flushed` of them are in the lake."""
    place = init(directory)
    with place.log() as log:
        ingester = Ingester(log)
        for number, some in enumerate((hours[:flushed], hours[flushed:])):
            rows = [(f"p{number}", "kWh", START + timedelta(hours=h), float(i), 0, i) for i, h in enumerate(some)]
            if rows:
                frame = pl.DataFrame(rows, schema=READINGS.decoded, orient="row")
                ingester.append_frames(SourceId("test"), {"readings": frame})
            if not number:
                projector = Projector(log, directory)
                projector.catch_up()
                projector.save()
    return place


@settings(max_examples=25, deadline=None)
@given(
    hours=st.lists(st.integers(0, 400), min_size=1, max_size=40, unique=True),
    flushed=st.integers(0, 40),
    bins=st.integers(1, 30),
    data=st.data(),
)
def test_the_bins_of_a_window_add_up_to_its_rows(
    hours: list[int], flushed: int, bins: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = filled(tmp_path_factory.mktemp("density") / "city", hours, flushed)
    low = data.draw(st.integers(-5, 399))
    high = data.draw(st.integers(low + 1, 410))
    with City.open(place.directory) as city:
        short = density(
            city, "readings", START + timedelta(hours=low), START + timedelta(hours=min(high, low + 40)), bins
        )
        whole = density(city, "readings", START - timedelta(hours=9), START + timedelta(hours=410), bins)
    assert short["count"].sum() == sum(low <= h <= min(high, low + 40) for h in hours)
    assert whole["count"].sum() == len(hours)
    assert (whole["start"][0], whole["end"][-1]) == (START - timedelta(hours=9), START + timedelta(hours=410))


def test_a_day_is_counted_row_by_row(tmp_path: Path) -> None:
    place = filled(tmp_path / "city", [0, 1, 1, 5, 23], 3)
    with City.open(place.directory) as city:
        found = density(city, "readings", START, START + timedelta(hours=24), 4)
    assert found["count"].to_list() == [4, 0, 0, 1]


def test_a_window_that_has_no_length_or_no_zone_is_wrong_usage(tmp_path: Path) -> None:
    with City.open(init(tmp_path / "city").directory) as city:
        with pytest.raises(UsageError, match="give a window that has a length"):
            density(city, "readings", START, START, 4)
        with pytest.raises(NaiveTimeError):
            density(city, "readings", START.replace(tzinfo=None), START, 4)
