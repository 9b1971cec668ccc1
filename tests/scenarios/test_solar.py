"""The array under Taipei's sky: the city's own array, the seasons, the night."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from replay import parameters
from replay.engines.solar import FIRST_DAYS, Site, annual_yield, cloud_factors, kwh_per_kwp

XINGLONG = Site(121.5578, 24.98836)
SOUTH = (10.0, 180.0)
P = parameters.load()


def test_the_citys_own_array_yields_what_it_is_rated_for() -> None:
    """興隆, 6.24 kWp: 5,616 kWh a year, within 12 %."""
    assert 6.24 * annual_yield(2026, XINGLONG, SOUTH, P) == pytest.approx(5616, rel=0.12)


@pytest.mark.parametrize("tilt", [0.0, 10.0, 20.0, 30.0])
@pytest.mark.parametrize("year", [2024, 2026])
def test_a_roof_facing_south_yields_800_to_1000(tilt: float, year: int) -> None:
    assert 800 <= annual_yield(year, XINGLONG, (tilt, 180.0), P) <= 1000


def test_facing_south_beats_facing_north_and_a_wall() -> None:
    south = annual_yield(2026, XINGLONG, (20.0, 180.0), P)
    assert south > annual_yield(2026, XINGLONG, (20.0, 0.0), P)
    assert south > annual_yield(2026, XINGLONG, (90.0, 180.0), P)


def test_there_is_no_sun_at_night_and_most_about_noon_of_taipei() -> None:
    midnight = datetime(2026, 7, 1, tzinfo=UTC) - timedelta(hours=8)
    day = kwh_per_kwp(
        [midnight + i * timedelta(minutes=15) for i in range(96)], timedelta(minutes=15), XINGLONG, SOUTH, P
    )
    assert (day >= 0).all()
    assert day[: 4 * 4].sum() == day[4 * 20 :].sum() == 0
    assert 4 * 11 <= int(np.argmax(day)) < 4 * 13


def test_quarter_hours_and_hours_count_the_same_energy() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    totals = [
        kwh_per_kwp([start + i * step for i in range(timedelta(days=10) // step)], step, XINGLONG, SOUTH, P).sum()
        for step in (timedelta(minutes=15), timedelta(hours=1))
    ]
    assert totals[0] == pytest.approx(totals[1], rel=0.01)


def test_a_month_without_cloud_has_the_clear_sky_and_one_without_sun_a_quarter_of_it() -> None:
    assert cloud_factors(25.0, [0.0] * 12, 0.25) == pytest.approx(0.25)
    assert cloud_factors(25.0, [999.0] * 12, 0.25) == pytest.approx(1.0)


def test_the_days_of_summer_are_longer_than_those_of_winter() -> None:
    """Given the same sunshine every month, then it is a smaller share of June's 13.6-hour days than of December's 10.5.

    Daylight of the months' middle days at 25.03° N after the sunrise equation, cos w = -tan(lat) tan(declination).
    """
    overcast, sunshine_h = 0.25, [150.0] * 12
    share = (cloud_factors(25.03, sunshine_h, overcast) - overcast) / (1 - overcast)
    day_h = 150.0 / share / np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    assert day_h[5] == pytest.approx(13.6, abs=0.15)
    assert day_h[11] == pytest.approx(10.5, abs=0.15)
    assert (np.diff(day_h[:6]) > 0).all() and (np.diff(day_h[6:]) < 0).all()
    south = cloud_factors(-25.03, sunshine_h, overcast)
    assert south[5] > south[11]


def test_months_begin_where_the_calendar_says() -> None:
    year = [date(2025, month, 1).timetuple().tm_yday for month in range(1, 13)]
    assert FIRST_DAYS.tolist() == [*year, 366]


def test_no_intervals_are_no_energy() -> None:
    assert len(kwh_per_kwp([], timedelta(hours=1), XINGLONG, SOUTH, P)) == 0
