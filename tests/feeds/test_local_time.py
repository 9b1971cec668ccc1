"""Every way in which the feeds write a time names one instant; what names none is null."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.feeds.local_time import EARLIEST, utc_times
from tests.feeds.offering import UNHURRIED


def instant(text: str) -> datetime | None:
    found = utc_times(pl.Series([text])).item()
    return None if found is None else found.astimezone(UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-04-11 00:25:19",
        "2024/04/11 00:25:19",
        "20240411002519",
        " 2024-04-11T00:25:19 ",
        "2024-04-11T00:25:19+08:00",
        "2024-04-11 00:25:19+0800",
        "2024-04-11 00:25:19 +08",
        "2024-04-10T16:25:19Z",
        "2024-04-10T16:25:19.000000Z",
        "2024-04-10T11:55:19-04:30",
        "1712766319",
        "1712766319.0",
        "1712766319000",
        "1712766319000.0",
        "2024/4/11 上午 12:25:19",
        "2024-04-11 上午12:25:19",
        "2024/04/11 上午 12:25:19+08:00",
    ],
)
def test_one_instant_is_read_from_every_writing_of_it(text: str) -> None:
    assert instant(text) == datetime(2024, 4, 10, 16, 25, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "86400",
        "2024-02-30 00:00:00",
        "0000-00-00 00:00:00",
        "20240431002519",
        "1999-01-01 00:00:00",
        "昨天",
        "2024-04-11",
        "2024-04-11 25:00:00",
        "171276631900",
        "17127663190000",
        "2024/4/11 上午 13:25:19",
        "2024/4/11 下午 00:25:19",
        "上午 12:25:19",
        "NaN",
        "2024-04-11 00:25:19 CST",
        "-1712766319",
    ],
)
def test_what_names_no_instant_since_2000_is_null(text: str) -> None:
    assert instant(text) is None


@UNHURRIED
@given(st.datetimes(EARLIEST.replace(tzinfo=None) + timedelta(days=1), EARLIEST.replace(year=2199, tzinfo=None)))
def test_a_written_taipei_time_is_eight_hours_ahead_of_utc(wall: datetime) -> None:
    expected = (wall - timedelta(hours=8)).replace(tzinfo=UTC)
    assert instant(wall.strftime("%Y/%m/%d %H:%M:%S.%f")) == expected


def test_a_column_of_all_writings_is_read_row_by_row() -> None:
    column = pl.Series(["2024-04-11 00:25:19", None, "2024/04/11 00:25:19", "x", "2024-04-11 00:25:19"])
    known = datetime(2024, 4, 10, 16, 25, 19, tzinfo=UTC)
    assert utc_times(column).to_list() == [known, None, known, None, known]


@UNHURRIED
@given(st.datetimes(EARLIEST.replace(tzinfo=None) + timedelta(days=1), EARLIEST.replace(year=2099, tzinfo=None)))
def test_halves_of_the_day_and_milliseconds_name_the_same_instant_as_the_clock_of_24_hours(moment: datetime) -> None:
    half, hour = ("上午", "下午")[moment.hour // 12], (moment.hour - 1) % 12 + 1
    of_24 = instant(f"{moment:%Y-%m-%d %H:%M:%S}")
    assert instant(f"{moment:%Y/%m/%d} {half} {hour:02}:{moment:%M:%S}") == of_24
    if of_24 is not None and of_24.timestamp() >= 1e9:  # thirteen digits
        assert instant(str(int(of_24.timestamp() * 1000))) == of_24
