"""A row exactly on a window's end has one place; windows cut small play the same history."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from replay.city import City
from replay.density import density
from replay.indicator import run
from replay.player import moments
from replay.windows import aggregated, downsampled
from tests.replay.test_incidents import minutes, reading, told
from twin.indicator_store import IndicatorStore
from twin.indicators import load_indicator
from twin.place import Place, init
from twin.projector import Projector

LAST_OF_HOUR = '''"""Readings of an hour, and the last of them."""
from datetime import timedelta
import polars as pl
name, version, family, window = "last-of-hour", 1, "readings", "hour"
key = ("point_id",)
columns = {"point_id": (pl.String(), None), "rows": (pl.Int64(), "count"), "last": (pl.Float64(), "kWh")}
def fold(rows, start, end):
    assert rows.is_empty() or (start <= rows["time"].min() and rows["time"].max() < end)
    return rows.group_by("point_id").agg(
        pl.len().cast(pl.Int64).alias("rows"), pl.col("value").last().alias("last")
    ).select("point_id", "rows", "last")
'''


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A meter read every quarter hour for two days, most of it in the lake."""
    made = init(tmp_path / "city")
    told(made, "readings", [reading(15 * n, float(n)) for n in range(150)])
    with made.log() as log:
        projector = Projector(log, made.directory)
        projector.catch_up(write=True)
        projector.save()
    told(made, "readings", [reading(15 * n, float(n)) for n in range(150, 193)])
    return made


def test_a_row_on_the_end_of_a_window_is_the_next_ones(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "last_of_hour.py"
    file.write_text(LAST_OF_HOUR, "utf-8")
    with City.open(place.directory) as city:
        run(city, load_indicator(file))
        rows = city.rows("readings", minutes(0), minutes(60))
    store = IndicatorStore(place.directory)
    manifest = store.manifest("last-of-hour")
    assert manifest is not None
    folded = store.rows(manifest).sort("start").select("start", "rows", "last").rows()
    assert folded[0] == (minutes(0), 4, 3.0)
    assert folded[1] == (minutes(60), 4, 7.0)
    assert folded[-1] == (minutes(60 * 48), 1, 192.0)
    assert rows["time"].to_list() == [minutes(15 * n) for n in range(5)]
    hours = aggregated(rows, ["point_id"], "value", "hour")
    assert hours.select("start", "count", "last").rows() == [(minutes(0), 4, 3.0), (minutes(60), 1, 4.0)]


def test_a_row_on_an_edge_of_bins_and_pixels_is_in_one_of_them(place: Place) -> None:
    with City.open(place.directory) as city:
        bins = density(city, "readings", minutes(0), minutes(60), 2)
        seen = downsampled(
            city.rows("readings", minutes(0), minutes(60)), ["point_id"], "value", (minutes(0), minutes(60)), 2
        )
    assert bins["count"].to_list() == [2, 3]
    assert seen.select("pixel", "count", "last").rows() == [(0, 2, 1.0), (1, 3, 4.0)]


@pytest.mark.parametrize("rows", [1, 24, 25, 500_000])
def test_played_windows_cut_small_give_every_row_once_and_in_order(place: Place, rows: int) -> None:
    """Given windows cut between any quarters, then what is played is what was told, to the microsecond at both ends."""
    start, end = minutes(7), minutes(60 * 48)
    with City.open(place.directory) as city, patch("replay.city.PLAYED_ROWS", rows):
        frames = list(city.played("readings", start, end))
        times = [moment.time for moment in moments(city, "readings", start, end)]
        whole = city.rows("readings", start, end)
    assert len(frames) == 1 if rows == 500_000 else len(frames) >= 4
    assert pl.concat(frames).equals(whole.select(frames[0].columns))
    assert times == [minutes(15 * n) for n in range(1, 193)]


def test_a_row_in_the_last_microsecond_of_a_quarter_is_played_once(tmp_path: Path) -> None:
    """Given rows just before, on and just after the edges of quarters of a day, then windows cut there share none."""
    made, least = init(tmp_path / "city"), timedelta(microseconds=1)
    edges = [minutes(120 + 360 * n) + shift for n in range(4) for shift in (-least, timedelta(0), least)]
    told(made, "readings", [reading(0, float(n)) | {"time": time} for n, time in enumerate(edges)])
    with made.log() as log:
        projector = Projector(log, made.directory)
        projector.catch_up(write=True)
        projector.save()
    with City.open(made.directory) as city, patch("replay.city.PLAYED_ROWS", 1):
        assert [moment.time for moment in moments(city, "readings", edges[0], edges[-1])] == edges


def test_no_window_is_played_before_its_start_or_after_its_end(place: Place) -> None:
    with City.open(place.directory) as city, patch("replay.city.PLAYED_ROWS", 1):
        edges = [minutes(15), minutes(15) + timedelta(microseconds=1)]
        first = [next(moments(city, "readings", start, minutes(900))).time for start in edges]
        last = list(moments(city, "readings", minutes(0), minutes(360)))[-1].time
    assert first == [minutes(15), minutes(30)]
    assert last == minutes(360)
