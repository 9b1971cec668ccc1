"""YouBike documents of all generations tell the same things of a station, by the captures and by hand-read facts."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest

from events.feeds import youbike
from tests.feeds.offering import offer, reasons

ROW_2024 = {
    "sno": "500101001", "sna": "YouBike2.0_捷運科技大樓站", "tot": 28, "sbi": 24, "sarea": "大安區",
    "mday": "2024-04-11 00:25:19", "lat": 25.02605, "lng": 121.5436, "snaen": "YouBike2.0_MRT Technology Bldg. Sta.",
    "bemp": 4, "act": "1", "srcUpdateTime": "2024-04-11 00:26:23", "updateTime": "2024-04-11 00:26:51",
    "infoTime": "2024-04-11 00:25:19", "infoDate": "2024-04-11",
}  # fmt: skip
REPORTED = ("station_id", "time", "num_vehicles_available", "num_docks_available", "capacity", "is_renting")


def document_2026(shared_data: Path) -> bytes:
    return (shared_data / "youbike" / "youbike_immediate_2026_sample_01.json.gz").read_bytes()


def document_v1(shared_data: Path) -> bytes:
    return (shared_data / "youbike" / "v1_YouBikeTP_b.json").read_bytes()


def row(**changes: object) -> bytes:
    return json.dumps([ROW_2024 | changes]).encode()


def test_every_station_of_the_2026_document_lands(shared_data: Path) -> None:
    decoded = offer(youbike.decode, document_2026(shared_data))
    docks, stations = decoded.frames["docks"], decoded.frames["stations"]
    assert decoded.offered == docks.height == stations.height == 1790
    assert docks["station_id"].n_unique() == 1790
    assert (~docks["is_renting"]).sum() == 29
    assert (
        docks.filter(pl.col("num_vehicles_available") + pl.col("num_docks_available") != pl.col("capacity")).height
        == 479
    )


def test_a_station_of_2026_says_what_the_document_says(shared_data: Path) -> None:
    decoded = offer(youbike.decode, document_2026(shared_data))
    dock = decoded.frames["docks"].filter(pl.col("station_id") == "500101001").select(REPORTED)
    assert dock.rows() == [("500101001", datetime(2026, 8, 20, 11, 39, 2, tzinfo=UTC), 24, 4, 28, True)]
    station = decoded.frames["stations"].filter(pl.col("station_id") == "500101001").drop("record")
    told_at = datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC)
    names = ("YouBike2.0_捷運科技大樓站", "YouBike2.0_MRT Technology Bldg. Sta.", "大安區")
    assert station.rows() == [("500101001", told_at, *names, 121.5436, 25.02605, 28)]


def test_every_station_of_the_first_generation_lands(shared_data: Path) -> None:
    document = document_v1(shared_data)
    decoded = offer(youbike.decode, document)
    assert decoded.offered == decoded.frames["docks"].height == len(json.loads(document)["retVal"]) == 220
    first = decoded.frames["docks"].select(REPORTED).row(0)
    assert first == ("0001", datetime(2016, 2, 16, 7, 44, 28, tzinfo=UTC), 158, 19, 180, True)
    assert decoded.frames["stations"]["name"][0] == "捷運市政府站(3號出口)"


def test_a_station_of_2024_says_what_the_document_says() -> None:
    docks = offer(youbike.decode, row()).frames["docks"]
    time = datetime(2024, 4, 10, 16, 25, 19, tzinfo=UTC)
    assert docks.select(REPORTED).rows() == [("500101001", time, 24, 4, 28, True)]


def test_field_names_of_a_collector_are_read_too() -> None:
    names = {"sno": "1", "total": "7", "available_rent_bikes": "0", "available_return_bikes": "7"}
    document = json.dumps([names | {"infoTime": "2024/09/10 01:01:37"}]).encode()
    time = datetime(2024, 9, 9, 17, 1, 37, tzinfo=UTC)
    assert offer(youbike.decode, document).frames["docks"].select(REPORTED).rows() == [("1", time, 0, 7, 7, None)]


def test_the_report_time_is_never_the_feeds() -> None:
    later = row(srcUpdateTime="2024-04-11 09:00:00", updateTime="2024-04-11 09:00:00")
    assert offer(youbike.decode, later).frames["docks"]["time"][0] == datetime(2024, 4, 10, 16, 25, 19, tzinfo=UTC)
    without = {k: v for k, v in ROW_2024.items() if k not in ("mday", "infoTime")}
    decoded = offer(youbike.decode, json.dumps([without]).encode())
    assert reasons(decoded) == ["youbike: station 500101001: no report time"]


def test_a_closed_station_neither_rents_nor_takes_back() -> None:
    docks = offer(youbike.decode, row(act="0")).frames["docks"]
    assert docks.select("is_renting", "is_returning").rows() == [(False, False)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sno": ""}, "a report without a station id"),
        ({"sno": None}, "a report without a station id"),
        ({"mday": "2024-02-30 00:00:00"}, "station 500101001: '2024-02-30 00:00:00' is no report time"),
        ({"mday": "", "infoTime": None}, "station 500101001: no report time"),
        ({"sbi": -1}, "num_vehicles_available is '-1', not a count from 0 to 10000"),
        ({"sbi": 99999999999999999999}, "num_vehicles_available is '99999999999999999999', not a count"),
        ({"sbi": 2.5}, "num_vehicles_available is '2.5', not a count"),
        ({"sbi": "NaN"}, "num_vehicles_available is 'NaN', not a count"),
        ({"sbi": None}, "no num_vehicles_available"),
        ({"bemp": ""}, "no num_docks_available"),
        ({"bemp": True}, "num_docks_available is 'true', not a count"),
        ({"tot": "many"}, "capacity is 'many', not a count"),
        ({"act": "2"}, "is_renting is '2', neither 1 nor 0"),
        ({"tot": [28]}, "a row holds a list or an object"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_with_the_row(changes: dict[str, object], reason: str) -> None:
    document = json.dumps([ROW_2024, ROW_2024 | changes, ROW_2024]).encode()
    decoded = offer(youbike.decode, document)
    assert decoded.frames["docks"].height == 2
    (why,) = reasons(decoded)
    assert reason in why
    assert json.loads(decoded.refused["payload"][0]) == ROW_2024 | changes


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "empty payload"),
        (b"[]", "a document without stations"),
        (b"{}", "an object with nothing where retVal or an array is asked"),
        (b'{"retCode":1,"retVal":{}}', "a document without stations"),
        (b'{"retCode":1,"retVal":7}', "Expected `array`"),
        (b"<html>503</html>", "JSON"),
        (b'[{"sno":"1"}', "JSON"),
        (b"[" * 20_000, "nested too deeply"),
        ('["捷運"]'.encode("big5"), "not UTF-8"),
        (gzip.compress(b"[]", mtime=0)[:-4], "gzip ends early"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_whole(document: bytes, reason: str) -> None:
    decoded = offer(youbike.decode, row(), document, row())
    assert decoded.frames["docks"]["record"].to_list() == [0, 2]
    (why,) = reasons(decoded)
    assert reason in why
    assert decoded.refused["payload"].to_list() == [document]


@pytest.mark.parametrize("stray", [b"null", b"5", b'"x"', b"[1]"])
def test_a_row_that_is_no_object_leaves_the_others_alone(stray: bytes) -> None:
    inner = msgspec.json.encode(ROW_2024)
    decoded = offer(youbike.decode, b"[" + inner + b"," + stray + b"," + inner + b"]")
    assert decoded.frames["docks"].height == 2
    assert decoded.refused["payload"].to_list() == [stray]


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert offer(youbike.decode, b"\xef\xbb\xbf" + row()).frames["docks"].height == 1


def test_impossible_coordinates_leave_a_station_unplaced() -> None:
    stations = offer(youbike.decode, row(lat=0, lng=0), row(lat="x"), row(lng=725.0)).frames["stations"]
    assert stations.select("longitude", "latitude").rows() == [(None, None)] * 3


def test_the_messages_of_a_document_tell_what_the_document_tells(shared_data: Path) -> None:
    document = document_2026(shared_data)
    messages = youbike.split(document)
    assert len(messages) > 1
    assert max(map(len, messages)) < 500_000
    whole, parts = offer(youbike.decode, document), offer(youbike.decode, *messages)
    for family in ("docks", "stations"):
        assert parts.frames[family].drop("record").equals(whole.frames[family].drop("record"))


def test_a_broken_document_stays_one_message() -> None:
    broken = b"[" + b" " * 500_000
    assert list(youbike.split(broken)) == [broken]


TDX = {"StationUID": "TPE500101001", "StationID": "500101001"}
PLACE = {"StationPosition": {"PositionLon": 121.5436, "PositionLat": 25.02605}}
TDX_TIMES = {"SrcUpdateTime": "2024-04-11T00:26:23+08:00", "UpdateTime": "2024-04-11T00:26:51+08:00"}


def test_tdx_availability_speaks_of_the_citys_station() -> None:
    counts = {"ServiceStatus": 1, "AvailableRentBikes": 24, "AvailableReturnBikes": 4}
    electric = {"AvailableRentBikesDetail": {"GeneralBikes": 20, "ElectricBikes": 4}}
    decoded = offer(youbike.decode, json.dumps([TDX | TDX_TIMES | counts | electric]).encode())
    time = datetime(2024, 4, 10, 16, 26, 23, tzinfo=UTC)
    assert decoded.frames["docks"].select(REPORTED).rows() == [("500101001", time, 24, 4, None, True)]
    assert decoded.frames["docks"]["num_ebikes_available"].to_list() == [4]
    assert decoded.frames["stations"].is_empty()


@pytest.mark.parametrize("member", youbike.WRAPPED)
def test_a_wrapped_tdx_answer_tells_what_its_bare_rows_do(member: str) -> None:
    row = TDX | TDX_TIMES | {"ServiceStatus": 1, "AvailableRentBikes": 24, "AvailableReturnBikes": 4}
    answer = {"UpdateTime": "2024-04-11T00:26:51+08:00", "UpdateInterval": 60, "AuthorityCode": "TPE", member: [row]}
    wrapped = offer(youbike.decode, json.dumps(answer).encode()).frames["docks"]
    assert wrapped.equals(offer(youbike.decode, json.dumps([row]).encode()).frames["docks"])
    assert wrapped.height == 1


@pytest.mark.parametrize("told", [{"StationName": {"En": "A"}}, {"BikesCapacity": 28}])
def test_a_tdx_station_without_a_chinese_name_is_a_station_still(told: dict[str, object]) -> None:
    decoded = offer(youbike.decode, json.dumps([TDX | TDX_TIMES | told | PLACE]).encode())
    assert decoded.offered == 0
    assert decoded.frames["stations"]["longitude"].to_list() == [121.5436]


def test_tdx_stations_describe_and_count_nothing() -> None:
    place = {"StationPosition": {"PositionLon": 121.5436, "PositionLat": 25.02605}, "BikesCapacity": 28}
    name = {"StationName": {"Zh_tw": "捷運科技大樓站", "En": "MRT Technology Bldg. Sta."}}
    decoded = offer(youbike.decode, json.dumps([TDX | TDX_TIMES | place | name]).encode())
    assert decoded.offered == 0
    assert decoded.frames["stations"].select("station_id", "name", "longitude", "capacity").rows() == [
        ("500101001", "捷運科技大樓站", 121.5436, 28)
    ]


@pytest.mark.parametrize(
    "around",
    [
        '{"data": [%s]}',
        '{"success": true, "records": [%s], "total": 1}',
        '{"result": {"limit": 1, "count": 1, "results": [%s]}}',
        '{"retCode": 1, "retVal": [%s]}',
    ],
)
def test_an_open_data_portals_wrapping_tells_what_its_bare_rows_do(around: str) -> None:
    bare = row()
    wrapped = offer(youbike.decode, around.encode().replace(b"%s", bare.strip()[1:-1]))
    assert wrapped.frames["docks"].height == 1
    assert wrapped.frames["docks"].equals(offer(youbike.decode, bare).frames["docks"])
