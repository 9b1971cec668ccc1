"""Car parks: sentinels are no counts, CST is UTC+8, sockets are told one by one and counted."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import polars as pl
import pytest

from events.feeds import parking
from tests.feeds.offering import offer, reasons

TIME = "Fri Jun 27 10:58:00 CST 2025"


def lots(*park: object, time: str = TIME) -> bytes:
    return json.dumps({"data": {"UPDATETIME": time, "park": park}}).encode()


def test_the_real_document_lands_but_for_the_undocumented_negative(shared_data: Path) -> None:
    document = (shared_data / "parking" / "2025-06" / "TCMSV_allavailable.json").read_bytes()
    park = json.loads(document)["data"]["park"]
    told = [v for lot in park for name, v in lot.items() if name in parking.COUNTS and v >= 0]
    decoded = offer(parking.decode, document)
    readings, states = decoded.frames["readings"], decoded.frames["states"]
    counts = readings.filter(~pl.col("point_id").str.contains(":sockets_"))
    assert (counts.height, counts["value"].sum()) == (len(told), sum(told))
    assert (states.height, readings.height - counts.height) == (701, 2 * 130)
    charging = readings.filter(pl.col("point_id").str.ends_with("sockets_charging"))["value"].sum()
    assert charging == states.filter(pl.col("text") == "充電中").height == 235
    assert set(readings["time"].to_list()) == {datetime(2025, 6, 27, 2, 58, tzinfo=UTC)}
    assert reasons(decoded) == ["parking: parking:TPE0129:availablecar: -3.0, not within 0.0 to 100000.0 "]


def test_a_lot_that_cannot_tell_gives_no_reading_and_is_not_counted() -> None:
    decoded = offer(parking.decode, lots({"id": "139", "availablecar": -9, "availablemotor": 0}))
    assert decoded.offered == 1
    assert decoded.frames["readings"].select("point_id", "value").rows() == [("parking:139:availablemotor", 0.0)]


@pytest.mark.parametrize(("sentinel", "word"), [(-11, "enough"), (-12, "under half"), (-13, "short")])
def test_spaces_without_a_count_are_a_state(sentinel: int, word: str) -> None:
    frames = offer(parking.decode, lots({"id": "139", "availablecar": sentinel})).frames
    assert frames["states"].select("point_id", "text").rows() == [("parking:139:availablecar", word)]
    assert frames["readings"].is_empty()


@pytest.mark.parametrize(
    ("lot", "reason"),
    [
        ({"availablecar": 1}, "a lot without an id"),
        ({"id": "1"}, "neither availablecar nor another count"),
        ({"id": "1", "availablecar": "many"}, "is no count"),
        ({"id": "1", "availablecar": [3]}, "is no count"),
        ({"id": "1", "ChargeStation": {}}, None),
        ({"id": "1", "ChargeStation": {"x": 1}}, "without scoketStatusList"),
        ({"id": "1", "ChargeStation": {"scoketStatusList": [{}]}}, "a socket without spot_abrv"),
        (7, "a lot without an id"),
    ],
)
def test_a_lot_that_cannot_be_read_is_refused_alone(lot: object, reason: str | None) -> None:
    decoded = offer(parking.decode, lots({"id": "139", "availablecar": 4}, lot))
    assert decoded.frames["readings"].height == 1
    assert [reason in why for why in reasons(decoded) if reason] == ([True] if reason else [])


def test_a_document_without_a_time_that_can_be_read_is_refused_reading_by_reading() -> None:
    decoded = offer(parking.decode, lots({"id": "1", "availablecar": 4}, time="yesterday"))
    assert reasons(decoded) == ["parking: parking:1:availablecar: 'yesterday' is no time"]


def test_every_described_lot_has_its_place_and_capacity(shared_data: Path) -> None:
    document = gzip.decompress((shared_data / "parking" / "2025-06" / "TCMSV_alldesc.json.gz").read_bytes())
    park = json.loads(document)["data"]["park"]
    decoded = offer(parking.decode, *parking.split(document))
    stations = decoded.frames["stations"]
    assert decoded.refused.is_empty()
    assert (stations.height, stations["capacity"].sum()) == (len(park), sum(lot["totalcar"] for lot in park))
    first = stations.filter(pl.col("station_id") == "parking:139").row(0, named=True)
    entrances = {f"parking:{lot['id']}": lot["EntranceCoord"]["EntrancecoordInfo"][0] for lot in park
                 if lot["EntranceCoord"]}  # fmt: skip
    placed = {name: (lon, lat) for name, lon, lat in stations.select("station_id", "longitude", "latitude").iter_rows()}
    off = [
        abs(placed[name][0] - float(e["Ycod"])) + abs(placed[name][1] - float(e["Xcod"]))
        for name, e in entrances.items()
    ]
    assert len(off) > 100
    assert median(off) < 1e-3  # Xcod is the latitude; another datum would be 8e-3 off
    assert (first["name"], first["district"], first["capacity"]) == ("捷運芝山站停車場(北側)", "士林區", 30)
    sockets = decoded.frames["readings"].filter(pl.col("point_id").str.ends_with(":ChargingStation"))
    assert sockets["value"].sum() == sum(int(lot.get("ChargingStation") or 0) for lot in park)


@pytest.mark.parametrize("swapped", [("25.05", "121.55"), ("121.55", "25.05")])
def test_a_lot_without_map_coordinates_has_its_entrances(swapped: tuple[str, str]) -> None:
    entrance = {"EntrancecoordInfo": [dict(zip(("Xcod", "Ycod"), swapped, strict=True))]}
    lot = {"id": "1", "totalcar": 4, "tw97x": "0", "tw97y": "", "EntranceCoord": entrance}
    row = offer(parking.decode, lots(lot)).frames["stations"].row(0, named=True)
    assert (row["longitude"], row["latitude"]) == (121.55, 25.05)


@pytest.mark.parametrize(
    ("x", "y"), [("302864.7812", "2771989"), ("2771989", "302864.7812"), ("121.5239543", "25.0551548")]
)
def test_a_lot_lies_where_it_lies_whichever_way_its_map_coordinates_are_written(x: str, y: str) -> None:
    row = offer(parking.decode, lots({"id": "1", "totalcar": 4, "tw97x": x, "tw97y": y})).frames["stations"]
    assert row.select("longitude", "latitude").row(0) == pytest.approx((121.5239543, 25.0551548))


@pytest.mark.parametrize("written", [4, 4.0, "4", " 4 ", "4.0"])
def test_a_count_is_the_same_however_it_is_written(written: object) -> None:
    decoded = offer(
        parking.decode, lots({"id": "1", "availablecar": written, "availablemotor": "", "availablebus": {}})
    )
    assert decoded.frames["readings"].select("point_id", "value").rows() == [("parking:1:availablecar", 4.0)]
    assert decoded.refused.is_empty()


def test_a_lot_of_one_socket_tells_it_without_a_list() -> None:
    socket = {"spot_abrv": "A1", "spot_status": "充電中"}
    decoded = offer(parking.decode, lots({"id": "1", "ChargeStation": {"scoketStatusList": socket}}))
    assert decoded.frames["states"].select("point_id", "text").rows() == [("parking:1:socket:A1", "充電中")]
    none = offer(parking.decode, lots({"id": "1", "ChargeStation": {"scoketStatusList": {}}}))
    assert none.offered == 0


def test_a_description_without_a_time_or_an_id_is_refused() -> None:
    decoded = offer(parking.decode, lots({"id": "1", "totalcar": 4}, time="then"), lots({"totalcar": 4}))
    assert reasons(decoded) == ["parking: lot 1: UPDATETIME 'then' is no time", "parking: a lot without an id"]
    assert decoded.frames["stations"].is_empty()


def test_the_signs_big5_document_is_read(shared_data: Path) -> None:
    document = (shared_data / "parking" / "2025-06" / "TCMSV_allCMSavailable.xml").read_bytes()
    decoded = offer(parking.decode, document)
    states = decoded.frames["states"]
    assert decoded.refused.is_empty()
    assert set(states["time"].to_list()) == {datetime(2025, 6, 27, 2, 43, 38, tzinfo=UTC)}
    assert states.filter(pl.col("point_id") == "cms:P006:message")["text"].to_list() == ["設備斷線"]
    told = document.decode("cp950")
    assert states["point_id"].str.extract(r"cms:(.*):").n_unique() == len(set(re.findall(r"CmsID>(.*?)<", told)))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"<a/>", "XML <a> without CmsData"),
        (b"<a", "XML: "),
        (b'<?xml version="1.0" encoding="Big5"?><a>\xff\xff</a>', "is no big5"),
        (b'<?xml version="1.0" encoding="latin1"?><a/>', "XML in latin1"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities are not read"),
        (b"<a><ExchangeTime>2025/06/27 10:43:38</ExchangeTime><CmsData/></a>", "a sign without a CmsID"),
    ],
)
def test_other_xml_is_refused(document: bytes, reason: str) -> None:
    decoded = offer(parking.decode, document)
    assert reason in reasons(decoded)[0]
    assert reasons(offer(parking.decode, decoded.refused["payload"][0])) == reasons(decoded)
