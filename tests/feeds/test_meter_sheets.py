"""Tables of power, water and gas companies as people export them: their words, title lines, encodings and numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.feeds.meters import meter_table
from tests.feeds.offering import UNHURRIED, offer, reasons

MIDNIGHT = datetime(2024, 3, 11, 16, tzinfo=UTC)
"""The beginning of 2024-03-12 in Taipei."""

Row = tuple[str, str, float, float]
"""Point without `meter:`, unit, hours after MIDNIGHT, value."""


def rows(document: bytes) -> list[Row]:
    readings = offer(meter_table.decode, document).frames["readings"]
    hour = timedelta(hours=1)
    told = readings.select("point_id", "unit", "time", "value").rows()
    return [(p.removeprefix("meter:"), unit, (at - MIDNIGHT) / hour, value) for p, unit, at, value in told]


@pytest.mark.parametrize(
    ("document", "right"),
    [
        ("水號,抄表日期,用水度數\nB-12,113/03/12,35\n", [("B-12:用水度數", "m3", 0, 35)]),
        ("用戶號碼,抄表日期,用氣度數(度)\nG1,2024/03/12,37\n", [("G1:用氣度數(度)", "m3", 0, 37)]),
        ("電號,日期,時間,度數\nE1,2024/03/12,24:00,3\n", [("E1:度數", "kWh", 24, 3)]),
        ("水表號碼;日期;時間;用水量（度）\nW;2024/03/12;00:30;0,5\n", [("W:用水量（度）", "m3", 0.5, 0.5)]),
        ("電號,起始時間,結束時間,電 (瓩時)\nE,2024/03/12 00:00,113/03/12 00:30,2\n", [("E:電 (瓩時)", "kWh", 0.5, 2)]),
        ("電號,用電日期,時段,用電量(度)\nE,113/03/12,23:30~00:00,2\n", [("E:用電量(度)", "kWh", 24, 2)]),
        ("電號,資料時間,最高需量(瓩),無效電度kvarh\nE,2024/03/12 00:30,12,\n", [("E:最高需量(瓩)", "kW", 0.5, 12)]),
        (
            "戶號,日期,類別,用量,單位\nA,2024/03/12,水,2,度\nA,2024/03/12,電,3,度\n",
            [("A:水", "m3", 0, 2), ("A:電", "kWh", 0, 3)],
        ),
        ("表號,資料時間,發電量_MWh\nE,2024/03/12 00:30,-1.5\n", [("E:發電量_MWh", "kWh", 0.5, -1500)]),
        (
            "水號,日期,00:00 - 00:30,23:30 - 00:00,單位\nW,113/03/12,0.1,0.3,度\n",
            [("W:interval", "m3", 0.5, 0.1), ("W:interval", "m3", 24, 0.3)],
        ),
        (
            "電號\t日期\t00:15(kWh)\t24:00(kWh)\nE\t2024/03/12\t0.1\t--\n",
            [("E:interval", "kWh", 0.25, 0.1)],
        ),
        (
            "台灣自來水公司,,\n單位：度,,\n水號,A-77,\n日期,00:30,24:00\n2024/03/12,0.1,0.2\n",
            [("A-77:interval", "m3", 0.5, 0.1), ("A-77:interval", "m3", 24, 0.2)],
        ),
        ("台灣電力公司\n電號：0412\n\n資料時間,用量(度)\n2024/03/12 00:30,0.1\n", [("0412:用量(度)", "kWh", 0.5, 0.1)]),
        ('電號,時間,kWh\n"=""04""",2024/03/12 00:30,N/A\n"=""04""",2024/03/12 01:00,4\n', [("04:kWh", "kWh", 1, 4)]),
    ],
)  # fmt: skip
def test_what_a_utility_calls_its_columns_is_understood(document: str, right: list[Row]) -> None:
    assert rows(document.encode()) == right
    assert not reasons(offer(meter_table.decode, document.encode()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp950"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_table_is_the_same_in_every_encoding(encoding: str, ending: str) -> None:
    lines = ["電號,用電時間,用電量(度)", "0412,2024/03/12 00:30,0.5", ""]
    assert rows(ending.join(lines).encode(encoding)) == [("0412:用電量(度)", "kWh", 0.5, 0.5)]


@pytest.mark.parametrize(
    ("values", "right"),
    [
        (['"1,234"', "998.5"], [1234, 998.5]),
        (['"1,234,567"', '"1,234"'], [1_234_567, 1234]),
        (['"1.234,5"', '"-1,234"'], [1234.5, -1.234]),
        (['"0,125"', '"12,5"'], [0.125, 12.5]),
        (['"1 234.5"', "'1234.5'"], [1234.5]),
    ],
)
def test_a_comma_is_what_its_column_says(values: list[str], right: list[float]) -> None:
    lines = [f"M,2024-03-12 0{at}:00,{value}" for at, value in enumerate(values)]
    assert [row[3] for row in rows("\n".join(["meter,time,reading (kWh)", *lines]).encode())] == right


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ('meter,time,reading (kWh)\nM,2024-03-12 00:00,"1,234"\n', "a comma that may group thousands"),
        ("表號,資料時間,度數\nX,2024/03/12 00:30,3\n", "度 is kWh of electricity and m3 of water or gas"),
        ("meter,date,supply_kwh\nM,12/03/2024,1\n", "may be two: write the year first"),
        ("meter,time,supply_kwh\nM,2000-01-01 00:30,1\n", "the clock was never set"),
        ("電號,資料時間,kWh\n合計,,99\n", "is no time"),
        ("電號,資料時間,kWh\nE,2024/03/12 00:30,1,035\n", "more fields than the header names"),
        ("電號,日期,00:15\nE,2024/03/12,1\n", "no column unit"),
    ],
)
def test_what_may_be_two_things_is_refused_with_its_reason_and_again(document: str, reason: str) -> None:
    decoded = offer(meter_table.decode, document.encode())
    assert decoded.frames["readings"].is_empty()
    assert reason in reasons(decoded)[0]
    assert offer(meter_table.decode, decoded.refused["payload"][0]).refused.height


@settings(UNHURRIED, max_examples=8)
@given(counts=st.lists(st.integers(0, 9_999_999), min_size=1, max_size=6), meters=st.integers(1, 4))
def test_slices_of_a_table_under_its_titles_tell_what_the_whole_tells(counts: list[int], meters: int) -> None:
    lines = [f'E{at % meters},2024/03/12 {at:02}:00,"{count:,}.5"' for at, count in enumerate(counts)]
    filler = [f"E{at},2024/03/13 00:00,0.5" for at in range(6000)]
    titles = ["台灣電力公司,,", "列印日期,2024/04/01,"]
    document = "\n".join([*titles, "電號,資料時間,用電量(度)", *lines, *filler]).encode()
    parts = meter_table.split(document)
    assert len(parts) > 1
    assert sorted(row for part in parts for row in rows(part)) == sorted(rows(document))
