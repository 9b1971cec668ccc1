"""Laws of use: differences of registers, never a guess, never fewer than ten homes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.city import City
from tests.views.conftest import END
from views import usage

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=40))
def test_intervals_add_up_to_the_register(steps: list[int]) -> None:
    values = [sum(steps[: n + 1]) for n in range(len(steps))]
    times = [START + HOUR * n for n in range(len(steps))]
    rows = pl.DataFrame({"time": times, "value": [float(v) for v in values], "quality": [0] * len(steps)})
    made = usage.intervals(rows, HOUR)
    assert made["used"].sum() == pytest.approx(values[-1] - values[0])
    assert made["time"].to_list() == times[:-1]


def test_what_lies_over_a_gap_is_interpolated_and_no_measurement() -> None:
    rows = pl.DataFrame(
        {"time": [START, START + 3 * HOUR, START + 4 * HOUR], "value": [1.0, 4.0, 5.0], "quality": [0, 0, 1]}
    )
    made = usage.intervals(rows, HOUR)
    assert made["used"].to_list() == pytest.approx([1.0, 1.0, 1.0, 1.0])
    assert made["state"].to_list() == ["interpolated"] * 3 + ["estimated"]


@given(st.integers(1, 30))
def test_no_sum_is_shown_of_fewer_than_ten_homes(homes: int) -> None:
    use = pl.DataFrame(
        {
            "community_id": ["c"] * homes,
            "building_id": ["b"] * homes,
            "dwelling_id": [f"d{n}" for n in range(homes)],
            "medium": ["water"] * homes,
            "unit": ["m3"] * homes,
            "used": [1.0] * homes,
        }
    )
    shown = usage.by_community(use)
    assert shown.height == (1 if homes >= 10 else 0)


def test_use_is_the_difference_of_two_cuts(small_city: Path) -> None:
    with City.open(small_city) as city:
        use = usage.meter_use(city, END, None)
        known = use.filter(pl.col("used").is_not_null()).row(0, named=True)
        rows = city.series("readings", [known["point_id"]], END - usage.DAY, END)
        assert known["used"] == pytest.approx(rows["value"][-1] - rows["value"][0])


def test_a_silent_meter_has_no_use(small_city: Path) -> None:
    with City.open(small_city) as city:
        use = usage.meter_use(city, END, None)
        silent = use.filter(pl.col("age_h") > usage.FRESH / HOUR)
        assert silent.height > 0
        assert silent["used"].null_count() == silent.height


def test_before_a_day_has_passed_nothing_is_used(small_city: Path) -> None:
    with City.open(small_city) as city:
        use = usage.meter_use(city, END - timedelta(days=1, hours=20), None)
        assert use["used"].null_count() == use.height
