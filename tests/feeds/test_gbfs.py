"""GBFS of three generations: the official fixtures and a real system, and every other document told by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.feeds import gbfs
from tests.feeds.offering import ARRIVAL, offer, reasons

KEPT = "station_status, station_information and vehicle_status"
COUNTS = ("num_vehicles_available", "num_docks_available", "num_vehicles_disabled", "num_docks_disabled")


def fixture(shared_data: Path, version: str, name: str) -> bytes:
    return (shared_data / "gbfs" / "fixtures" / "testFixtures" / version / f"{name}.json").read_bytes()


def status(**changes: object) -> bytes:
    station = {
        "station_id": "s1", "num_bikes_available": 3, "num_docks_available": 5, "is_installed": 1, "is_renting": 1,
        "is_returning": 1, "last_reported": 1685579499,
    }  # fmt: skip
    document = {"last_updated": 1685579588, "ttl": 60, "version": "1.1", "data": {"stations": [station | changes]}}
    return json.dumps(document).encode()


def information(station: dict[str, object], **head: object) -> bytes:
    return json.dumps(head | {"data": {"stations": [{"lat": 25.0, "lon": 121.5, **station}]}}).encode()


@pytest.mark.parametrize("installed", [0, False, "0"])
def test_a_station_that_is_not_on_the_street_neither_rents_nor_returns(installed: object) -> None:
    docks = offer(gbfs.decode, status(is_installed=installed)).frames["docks"]
    assert docks.select("is_renting", "is_returning").row(0) == (False, False)
    assert offer(gbfs.decode, status()).frames["docks"].select("is_renting", "is_returning").row(0) == (True, True)


@pytest.mark.parametrize("member", ["bikes", "vehicles"])
def test_a_list_without_vehicles_is_sound(member: str) -> None:
    document = {"last_updated": 1685579588, "ttl": 0, "version": "2.3", "data": {member: []}}
    assert offer(gbfs.decode, *gbfs.split(json.dumps(document).encode())).offered == 0


def test_every_station_of_a_real_system_lands(shared_data: Path) -> None:
    document = (shared_data / "gbfs" / "station_status_001.json").read_bytes()
    decoded = offer(gbfs.decode, document)
    docks = decoded.frames["docks"]
    assert decoded.offered == docks.height == 518
    assert docks["num_vehicles_available"].sum() == sum(
        s["num_bikes_available"] for s in json.loads(document)["data"]["stations"]
    )
    first = docks.drop("record").row(0)
    reported = datetime(2023, 6, 1, 0, 31, 39, tzinfo=UTC)
    assert first == ("003d58af-e449-4800-aa6d-eb1bba8ad68d", reported, 13, 14, None, 2, 0, 0, True, True)


def test_every_station_described_by_a_real_system_lands(shared_data: Path) -> None:
    decoded = offer(gbfs.decode, (shared_data / "gbfs" / "station_information.json").read_bytes())
    stations = decoded.frames["stations"]
    assert (decoded.offered, stations.height) == (0, 517)
    name, place, capacity = "SFSU University Park North - West", (-122.479462, 37.726266), 27
    told_at = datetime(2023, 6, 14, 23, 50, 40, tzinfo=UTC)
    row = stations.drop("record").row(0)
    assert row == ("003d58af-e449-4800-aa6d-eb1bba8ad68d", told_at, name, None, None, *place, capacity)


@pytest.mark.parametrize(
    ("version", "time", "counts"),
    [
        ("v2.3", datetime(2025, 7, 2, 6, 21, 3, tzinfo=UTC), [(1, 3, None, None), (6, 8, None, None)]),
        ("v3.0", datetime(2019, 7, 4, 13, 33, 3, 969000, tzinfo=UTC), [(0, None, None, None)]),
        ("v3.1-RC3", datetime(2023, 7, 17, 11, 34, 13, tzinfo=UTC), [(1, 3, 2, 1), (6, 8, 1, 1)]),
    ],
)
def test_the_official_station_status_of_each_version_is_read(
    shared_data: Path, version: str, time: datetime, counts: list[tuple[int | None, ...]]
) -> None:
    docks = offer(gbfs.decode, fixture(shared_data, version, "station_status")).frames["docks"]
    assert docks.select(COUNTS).rows() == counts
    assert set(docks["time"].to_list()) == {time}
    assert docks["is_renting"].all()


@pytest.mark.parametrize(
    ("version", "count", "first"),
    [("v2.3", 2, "Cool bikes"), ("v3.0", 23, "2 ROUES"), ("v3.1-RC3", 1, "Parking garage A")],
)
def test_the_official_station_information_of_each_version_is_read(
    shared_data: Path, version: str, count: int, first: str
) -> None:
    stations = offer(gbfs.decode, fixture(shared_data, version, "station_information")).frames["stations"]
    assert stations.height == count
    assert stations["name"][0] == first


def test_every_other_official_document_is_refused_by_its_name(shared_data: Path) -> None:
    folder = shared_data / "gbfs" / "fixtures" / "testFixtures"
    kept = ("station_status", "station_information", "vehicle_status", "free_bike_status", "vehicle_types")
    others = [p for p in sorted(folder.glob("*/*")) if not p.name.startswith(kept)]
    assert len(others) == 26
    decoded = offer(gbfs.decode, *[p.read_bytes() for p in others])
    assert decoded.offered == len(others)
    for path, reason in zip(others, reasons(decoded), strict=True):
        name = path.name.split(".")[0]
        assert reason == f"gbfs: a {name} document: the twin keeps {KEPT}"


def test_a_name_in_several_languages_is_chinese_first_and_english_beside_it() -> None:
    texts = [{"text": "Taipei 101", "language": "en"}, {"text": "台北101", "language": "zh-TW"}]
    french = [{"text": "Tour 101", "language": "fr"}]
    documents = [information({"station_id": "s1", "name": n}, last_updated=1685579588) for n in (texts, french)]
    names = offer(gbfs.decode, *documents).frames["stations"].select("name", "name_en")
    assert names.rows() == [("台北101", "Taipei 101"), ("Tour 101", None)]


def test_a_description_without_a_time_is_dated_by_its_arrival() -> None:
    stations = offer(gbfs.decode, information({"station_id": "s1", "name": "x"})).frames["stations"]
    assert stations["time"].to_list() == [ARRIVAL]


def test_flags_are_read_in_both_generations_words() -> None:
    flags = [(1, 0), (True, False), ("true", "false")]
    decoded = offer(gbfs.decode, *[status(is_renting=yes, is_returning=no) for yes, no in flags])
    assert decoded.frames["docks"].select("is_renting", "is_returning").rows() == [(True, False)] * 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"station_id": None}, "a report without a station id"),
        ({"last_reported": 86400}, "station s1: '86400' is no report time"),
        ({"last_reported": None}, "station s1: no report time"),
        ({"num_bikes_available": -1}, "num_vehicles_available is '-1', not a count"),
        ({"num_bikes_available": {}}, "a station is no object, or holds a list"),
        ({"num_docks_available": 1e9}, "num_docks_available is '1000000000', not a count"),
        ({"is_renting": "maybe"}, "is_renting is 'maybe', neither 1 nor 0"),
    ],
)
def test_a_station_that_cannot_be_taken_is_refused_alone(changes: dict[str, object], reason: str) -> None:
    decoded = offer(gbfs.decode, status(), status(**changes))
    assert decoded.frames["docks"]["record"].to_list() == [0]
    (why,) = reasons(decoded)
    assert reason in why


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "empty payload"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "an object with nothing where last_updated and data are asked"),
        (b'{"data":{}}', "data holds nothing where stations are asked"),
        (b'{"data":{"stations":[]}}', "a document without stations"),
        (b'{"data":{"stations":[{"station_id":"a"}]}}', "stations that tell neither"),
        (b'{"data":{"stations":5}}', "Expected `array`"),
        (b'{"data":', "JSON"),
        ('{"data":"捷運"}'.encode("big5"), "not UTF-8"),
    ],
)
def test_what_is_no_station_document_is_refused_whole(document: bytes, reason: str) -> None:
    decoded = offer(gbfs.decode, document)
    (why,) = reasons(decoded)
    assert reason in why
    assert decoded.refused["payload"].to_list() == [document]


def test_the_messages_of_a_long_document_tell_what_it_tells(shared_data: Path) -> None:
    document = json.loads((shared_data / "gbfs" / "station_status_001.json").read_bytes())
    document["data"]["stations"] *= 3
    long = json.dumps(document).encode()
    messages = gbfs.split(long)
    assert len(messages) > 1
    assert max(map(len, messages)) < 500_000
    whole, parts = offer(gbfs.decode, long), offer(gbfs.decode, *messages)
    assert parts.frames["docks"].drop("record").equals(whole.frames["docks"].drop("record"))


@pytest.mark.parametrize(
    ("version", "name"), [("v2.3", "free_bike_status"), ("v3.0", "vehicle_status"), ("v3.1-RC3", "vehicle_status")]
)
def test_free_vehicles_of_each_version_have_their_place(shared_data: Path, version: str, name: str) -> None:
    document = fixture(shared_data, version, name)
    listed = json.loads(document)["data"]
    vehicles = listed.get("vehicles", listed.get("bikes"))
    decoded = offer(gbfs.decode, document)
    placed = [(v.get("vehicle_id", v.get("bike_id")), v["lon"], v["lat"]) for v in vehicles if "lat" in v]
    assert decoded.frames["positions"].select("vehicle_id", "longitude", "latitude").rows() == placed
    disabled = sum(bool(v.get(flag)) for v in vehicles if "lat" in v for flag in ("is_disabled", "is_reserved"))
    assert (decoded.offered, decoded.refused.height) == (len(placed) + disabled, 0)


def test_a_vehicle_is_dated_by_its_report_else_by_the_document() -> None:
    vehicles = [{"vehicle_id": n, "lat": 25.0, "lon": 121.5} for n in ("a", "b")]
    vehicles[1]["last_reported"] = "2026-08-20T11:00:00+08:00"
    document = {"last_updated": "2026-08-20T12:00:00+08:00", "data": {"vehicles": vehicles}}
    times = offer(gbfs.decode, json.dumps(document).encode()).frames["positions"]["time"].to_list()
    assert times == [datetime(2026, 8, 20, 4, tzinfo=UTC), datetime(2026, 8, 20, 3, tzinfo=UTC)]


def test_a_vehicle_without_a_place_is_refused_alone() -> None:
    vehicles = [{"vehicle_id": "a", "lat": 25.0, "lon": 121.5}, {"vehicle_id": "b"}]
    decoded = offer(gbfs.decode, json.dumps({"data": {"vehicles": vehicles}}).encode())
    assert decoded.frames["positions"]["vehicle_id"].to_list() == ["a"]
    assert reasons(decoded) == ["gbfs: vehicle b: no place with lat and lon"]


def test_a_document_with_a_broken_name_of_a_member_is_refused_and_can_be_tried_again() -> None:
    decoded = offer(gbfs.decode, b'{"last\x80_updated": 1, "data": {"stations": []}}')
    assert "not UTF-8" in reasons(decoded)[0]
    assert reasons(offer(gbfs.decode, gbfs.whole(decoded.refused["payload"][0]))) == reasons(decoded)


def test_a_station_refused_for_its_documents_time_is_not_dated_by_its_retry() -> None:
    station = b'{"station_id": "1", "name": "A", "lat": 25.0, "lon": 121.5}'
    decoded = offer(gbfs.decode, b'{"last_updated": "then", "data": {"stations": [' + station + b"]}}")
    assert "'then' is no report time" in reasons(decoded)[0]
    assert reasons(offer(gbfs.decode, gbfs.whole(decoded.refused["payload"][0]))) == reasons(decoded)


def free_bikes(*bikes: tuple[str, float], version: str | None = None) -> bytes:
    rows = [{"bike_id": name, "lat": 25.04, "lon": lon, "is_reserved": 0, "is_disabled": 0} for name, lon in bikes]
    head = {"last_updated": 1_790_000_000, "ttl": 60} | ({"version": version} if version else {})
    return json.dumps(head | {"data": {"bikes": rows}}).encode()


@pytest.mark.parametrize("version", [None, "1.0", "1.1"])
def test_before_ids_rotate_a_vehicle_that_moved_is_another_one(version: str | None) -> None:
    parked, still, moved = (
        offer(gbfs.decode, free_bikes(("b1", lon), version=version)).frames["positions"]["vehicle_id"][0]
        for lon in (121.5, 121.50001, 121.51)
    )
    assert parked == still != moved
    assert "b1" not in parked + moved
    two = offer(gbfs.decode, free_bikes(("b1", 121.5), ("b2", 121.5), version=version)).frames["positions"]
    assert two["vehicle_id"].n_unique() == 2


def test_from_version_2_the_publishers_own_ids_stand() -> None:
    document = free_bikes(("b1", 121.5), version="2.3")
    assert offer(gbfs.decode, document).frames["positions"]["vehicle_id"].to_list() == ["b1"]


@pytest.mark.parametrize("version", [None, "1.1", "2.3"])
def test_cut_into_messages_vehicles_keep_their_names(version: str | None) -> None:
    document = free_bikes(*((f"b{n}", 121.5 + n / 1000) for n in range(9)), version=version)
    whole, cut = (offer(gbfs.decode, *d).frames["positions"].drop("record") for d in ([document], gbfs.split(document)))
    assert whole.equals(cut)
