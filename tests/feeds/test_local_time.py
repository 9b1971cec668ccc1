"""Every way in which the feeds write a time names one instant; what names none is null."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.feeds.local_time import EARLIEST, utc_times
from events.feeds.times.day_order import year_first
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
        "2024-04-11 12:25:19 AM",
        "1712766319000000",
        "1712766319000000000",
        "113/04/11 00:25:19",
        "113-4-11 0:25:19",
        "1130411002519",
        "1130411 00:25:19",
        "民國113年4月11日 0時25分19秒",
        "民國113/04/11 00:25:19",
        "113年04月11日 00:25:19",
        "2024年4月11日 00:25:19",
        "2024.04.11 00:25:19",
        "11.04.2024 00:25:19",
        "２０２４／０４／１１　００：２５：１９",
        "113/04/11 00:25:19+08:00",
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
        "2000-01-01 00:00:00",
        "2000-01-01T08:00:00Z",
        "2000-12-31 12:00:00",
        "946684800",
        "11/04/2024 00:25:19",
        "11/04/24 00:25:19",
        "99/04/11 00:25:19",
        "113/02/30 00:25:19",
        "1131304002519",
        "113/04/11",
        "2024-04-11 24:00:01",
        "1205000000000",
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
    if of_24 is not None and of_24.year >= 2011:  # earlier milliseconds are years of the Republic
        assert instant(str(int(of_24.timestamp() * 1000))) == of_24


@pytest.mark.parametrize("text", ["2024/03/12 24:00", "113/03/12 24:00:00", "2024-03-12T16:00:00Z", "2024-03-13 00:00"])
def test_the_end_of_a_day_is_the_beginning_of_the_next(text: str) -> None:
    assert instant(text) == datetime(2024, 3, 12, 16, tzinfo=UTC)


@UNHURRIED
@given(st.datetimes(EARLIEST.replace(tzinfo=None) + timedelta(days=1), EARLIEST.replace(year=2099, tzinfo=None)))
def test_a_year_of_the_republic_is_1911_after(moment: datetime) -> None:
    year = moment.year - 1911
    expected = instant(f"{moment:%Y-%m-%d %H:%M:%S}")
    assert instant(f"民國{year}/{moment:%m/%d %H:%M:%S}") == expected
    if year >= 100:
        assert instant(f"{year}/{moment:%m/%d %H:%M:%S}") == expected
        assert instant(f"{year}{moment:%m%d%H%M%S}") == expected or year > 129


@UNHURRIED
@given(st.lists(st.dates(date(2002, 1, 1), date(2099, 12, 31)), min_size=1, max_size=5))
def test_days_and_months_change_places_only_where_a_column_says_so(days: list[date]) -> None:
    told = year_first(pl.Series([f"{d:%d/%m/%Y} 00:15" for d in days])).to_list()
    if any(d.day > 12 for d in days):
        assert told == [f"{d:%Y-%m-%d} 00:15" for d in days]
    else:
        assert told == [f"{d:%d/%m/%Y} 00:15" for d in days]
