"""Archive tables land whole, whatever their form, spelling and order of rows."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from events.feeds import youbike_archive
from tests.feeds.offering import offer, reasons

DAY_ROWS = 105_082
REPORT = ("station_id", "time", "num_vehicles_available", "num_docks_available", "capacity")
ONE = ("500101001", datetime(2024, 9, 9, 17, 1, 37, tzinfo=UTC), 24, 4, 28)


@pytest.fixture(scope="module")
def day(shared_data: Path) -> bytes:
    return (shared_data / "youbike" / "slots_2024-09-10.parquet").read_bytes()


def parquet(table: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


def reports(*tables: bytes) -> list[tuple[object, ...]]:
    return offer(youbike_archive.decode, *tables).frames["docks"].select(REPORT).rows()


def test_the_whole_day_lands_in_whatever_slices_it_comes(day: bytes) -> None:
    whole = offer(youbike_archive.decode, day)
    assert whole.offered == whole.frames["docks"].height == DAY_ROWS
    messages = youbike_archive.split(day)
    assert len(messages) == 22
    assert max(map(len, messages)) < 500_000
    parts = offer(youbike_archive.decode, *messages)
    assert parts.frames["docks"].drop("record").equals(whole.frames["docks"].drop("record"))


def test_the_day_as_parquet_and_as_csv_of_any_dialect_is_the_same(day: bytes) -> None:
    table = pl.read_parquet(io.BytesIO(day))
    expected = offer(youbike_archive.decode, day).frames["docks"].drop("record")
    windows = table.write_csv(include_bom=True, line_terminator="\r\n", quote_style="always").encode()
    tabs = gzip.compress(table.write_csv(separator="\t").encode())
    for written in (windows, tabs):
        slices = youbike_archive.split(written)
        assert max(map(len, slices)) < 500_000
        assert offer(youbike_archive.decode, *slices).frames["docks"].drop("record").equals(expected)


def test_every_row_tells_what_the_table_holds(day: bytes) -> None:
    table = pl.read_parquet(io.BytesIO(day))
    docks = offer(youbike_archive.decode, day).frames["docks"]
    assert docks["station_id"].equals(table["sno"].alias("station_id"))
    assert (
        docks["num_vehicles_available"]
        .cast(pl.String)
        .equals(table["available_rent_bikes"].alias("num_vehicles_available"))
    )
    local = docks["time"].dt.convert_time_zone("Asia/Taipei").dt.strftime("%Y-%m-%d %H:%M:%S")
    assert local.equals(table["infoTime"].alias("time"))


@pytest.mark.parametrize(
    "table",
    [
        b"sno,total,available_rent_bikes,available_return_bikes,infoTime\n500101001,28,24,4,2024-09-10 01:01:37\n",
        b"sno,tot,sbi,bemp,mday\n500101001,28,24,4,20240910010137",
        b"Station_ID;Capacity;num_bikes_available;num_docks_available;last_reported\n500101001;28;24;4;1725901297\n",
        b"StationUID,BikesCapacity,AvailableRentBikes,AvailableReturnBikes,SrcUpdateTime\n"
        b"TPE500101001,28,24,4,2024-09-10T01:01:37+08:00\n",
        b"infoTime,sno,extra,Quantity,sbi,bemp\n2024-09-09T17:01:37Z,500101001,,28,24.0,4\n",
        "站點代號,總停車格,可借車位數,可還空位數,資料更新時間\n500101001,28,24,4,2024/09/10 01:01:37\n".encode(),
    ],
)
def test_every_collectors_spelling_tells_the_same_report(table: bytes) -> None:
    assert reports(table) == [ONE]


def test_typed_parquet_columns_are_read_as_text_ones_are() -> None:
    numbers = {"sno": [500101001], "total": [28], "sbi": [24.0], "bemp": [4]}
    zoned = pl.DataFrame(numbers | {"infoTime": [datetime(2024, 9, 9, 17, 1, 37, tzinfo=UTC)]})
    taipei = zoned.with_columns(pl.col("infoTime").dt.convert_time_zone("Asia/Taipei"))
    naive = taipei.with_columns(pl.col("infoTime").dt.replace_time_zone(None))
    floats = naive.with_columns(pl.col("sno").cast(pl.Float64), notes=pl.lit([1, 2]))
    assert reports(*map(parquet, (naive, zoned, taipei, floats))) == [ONE] * 4


def test_a_row_that_cannot_be_taken_is_refused_as_json() -> None:
    table = b"sno,total,sbi,bemp,infoTime\n1,28,24,4,2024-09-10 01:01:37\n2,28,-24,4,2024-09-10 01:01:37\n,1,1,1,\n"
    decoded = offer(youbike_archive.decode, table)
    assert decoded.frames["docks"]["station_id"].to_list() == ["1"]
    assert reasons(decoded) == [
        "youbike-archive: station 2: num_vehicles_available is '-24', not a count from 0 to 10000",
        "youbike-archive: a report without a station id",
    ]
    assert b'"sbi":"-24"' in decoded.refused["payload"][0]


def test_a_line_with_more_fields_than_the_header_is_refused_and_the_others_land() -> None:
    table = b"sno,sna,sbi,bemp,infoTime\n1,a,1,2,2024-09-10 01:01:37\n2,b,c,1,2,2024-09-10 01:01:37\n"
    decoded = offer(youbike_archive.decode, table)
    assert decoded.frames["docks"]["station_id"].to_list() == ["1"]
    assert reasons(decoded) == ["youbike-archive: more fields than the header names"]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (b"", "empty payload"),
        (b"\n\n", "empty payload"),
        (b"sno,infoTime,sbi,bemp\n", "a table without rows"),
        (b"sno,infoTime\n1,2024-09-10 01:01:37\n", "a table without a column for vehicles"),
        (b"hello\nworld\n", "a table without a column for station_id (such as sno): it has hello"),
        (b"PAR1 and nothing more", "Parquet cannot be read"),
        (b"sno,name\n1,\xff\xfd\n", "not UTF-8"),
        (gzip.compress(b"sno\n1\n", mtime=0)[:-2], "gzip ends early"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_whole(table: bytes, reason: str) -> None:
    assert list(youbike_archive.split(table)) == [table]
    decoded = offer(youbike_archive.decode, table)
    (why,) = reasons(decoded)
    assert reason in why
    assert decoded.refused["payload"].to_list() == [table]


def test_slices_of_a_csv_keep_every_line() -> None:
    header, line = b"sno,infoTime,sbi,bemp", b"%d,2024-09-10 01:01:37,1,2"
    table = b"\n".join([header, *(line % n for n in range(12_001))])
    slices = youbike_archive.split(table)
    assert len(slices) == 3
    assert all(s.startswith(header) for s in slices)
    assert [row[0] for row in reports(*slices)] == [str(n) for n in range(12_001)]
