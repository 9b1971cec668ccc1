"""GBFS as its consumers found it: e-bikes by type, docked and disabled vehicles, stations that never reported."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from events.feeds import gbfs
from events.feeds.decoded import Payload
from tests.feeds.offering import ARRIVAL, offer, reasons

AT = "2024-03-12T08:00:00+08:00"


def field(shared_data: Path, name: str) -> bytes:
    return (shared_data / "field" / "feeds" / f"{name}.json").read_bytes()


def document(**data: Any) -> bytes:
    return json.dumps({"last_updated": AT, "ttl": 0, "version": "3.0", "data": data}).encode()


def types(**told: tuple[str, str]) -> bytes:
    rows = [{"vehicle_type_id": n, "form_factor": f, "propulsion_type": p} for n, (f, p) in told.items()]
    return document(vehicle_types=rows)


BIKES = types(bike=("bicycle", "human"), ebike=("bicycle", "electric_assist"))


def test_ebikes_are_counted_by_their_vehicle_type(shared_data: Path) -> None:
    stations = field(shared_data, "gbfs_vehicle_types_ebikes")
    for documents in ((BIKES, stations), (stations, BIKES)):
        decoded = offer(gbfs.decode, *documents)
        assert decoded.frames["docks"]["num_ebikes_available"].to_list() == [2]
        assert decoded.refused.is_empty()
    counts = offer(gbfs.decode, stations)
    assert counts.frames["docks"]["num_ebikes_available"].to_list() == [None]
    assert counts.frames["readings"]["value"].to_list() == [3, 2]


@pytest.mark.parametrize(
    ("told", "ebikes"),
    [
        ({"bike": ("bicycle", "human"), "ebike": ("cargo_bicycle", "electric")}, 2),
        ({"bike": ("bicycle", "human"), "ebike": ("scooter_standing", "electric")}, 0),
        ({"bike": ("bicycle", "human")}, None),
        ({"bike": ("bicycle", "human"), "ebike": ("bicycle", "")}, None),
    ],
)
def test_an_electric_scooter_is_no_ebike_and_an_unknown_type_makes_the_number_unknown(
    shared_data: Path, told: dict[str, tuple[str, str]], ebikes: int | None
) -> None:
    decoded = offer(gbfs.decode, types(**told), field(shared_data, "gbfs_vehicle_types_ebikes"))
    assert decoded.frames["docks"]["num_ebikes_available"].to_list() == [ebikes]


def test_docked_vehicles_are_passed_over_and_disabled_and_reserved_ones_are_told(shared_data: Path) -> None:
    decoded = offer(gbfs.decode, field(shared_data, "gbfs_docked_vehicles"))
    assert decoded.frames["positions"]["vehicle_id"].to_list() == ["v2", "v3"]
    assert decoded.frames["states"].select("point_id", "text").rows() == [
        ("vehicle:v2:is_disabled", "true"),
        ("vehicle:v2:is_reserved", "true"),
    ]
    assert decoded.refused.is_empty()


def test_a_list_of_docked_vehicles_alone_is_sound() -> None:
    decoded = offer(gbfs.decode, document(vehicles=[{"vehicle_id": "a", "station_id": "s"}]))
    assert (decoded.offered, decoded.frames["positions"].height) == (0, 0)


def test_a_station_that_never_reported_is_passed_over_and_a_negative_count_of_docks_is_unknown(
    shared_data: Path,
) -> None:
    decoded = offer(gbfs.decode, field(shared_data, "gbfs_last_reported_zero"))
    told = decoded.frames["docks"].select("station_id", "num_vehicles_available", "num_docks_available").rows()
    assert told == [("C", 2, 1), ("D", 2, None)]
    assert [why.split()[2].rstrip(":") for why in reasons(decoded)] == ["A", "E", "F"]


def test_vehicle_availability_is_refused_by_its_own_name(shared_data: Path) -> None:
    (why,) = reasons(offer(gbfs.decode, field(shared_data, "gbfs31_vehicle_availability")))
    assert why.startswith("gbfs: a vehicle_availability document")


def test_a_vehicle_is_of_the_kind_of_its_type_and_a_bike_where_there_are_no_types() -> None:
    told = types(a=("car", "combustion"), b=("scooter_standing", "electric"), c=("moped", "electric"), d=("boat", ""))
    rows = [
        {"vehicle_id": n, "lat": 25.0, "lon": 121.5} | ({"vehicle_type_id": n} if n != "x" else {}) for n in "abcdex"
    ]
    kinds = offer(gbfs.decode, told, document(vehicles=rows)).frames["positions"]["kind"].to_list()
    assert kinds == ["car", "scooter", "moped", "other", None, "bike"]


def test_vehicle_types_are_states_of_their_system() -> None:
    payloads = [Payload(BIKES, ARRIVAL, f"https://{host}/3/vehicle_types.json") for host in ("a.tw", "b.tw")]
    points = gbfs.decode(payloads).frames["states"]["point_id"].to_list()
    assert (len(points), len(set(points))) == (8, 8)
    vehicle = {"vehicle_id": "v", "lat": 1.0, "lon": 1.0, "vehicle_type_id": "ebike"}
    status = Payload(document(vehicles=[vehicle]), ARRIVAL, "https://b.tw/3/vehicle_status.json")
    assert gbfs.decode([*payloads, status]).frames["positions"]["kind"].to_list() == ["bike"]


def test_a_refused_station_tried_again_is_whole_for_nothing() -> None:
    station = {"num_vehicles_available": -1, "station_id": "s", "last_reported": AT}
    decoded = offer(gbfs.decode, document(stations=[station]))
    again = gbfs.decode([Payload(gbfs.whole(decoded.refused["payload"][0]), ARRIVAL, "file:gbfs")])
    assert again.frames["states"].is_empty()
    assert again.refused.height == 1


def test_the_last_message_of_a_long_document_says_what_the_whole_lists() -> None:
    rows = [
        {"station_id": f"s{n}", "num_vehicles_available": 1, "last_reported": AT, "x": "y" * 400} for n in range(1500)
    ]
    parts = gbfs.split(document(stations=rows))
    assert len(parts) > 1
    states = gbfs.decode([Payload(part, ARRIVAL, "file:gbfs") for part in parts]).frames["states"]
    assert states.filter(pl.col("text") == "listed").height == 1500
    assert states.filter(pl.col("text") == "complete").height == 1
    assert set(states["time"]) == {datetime(2024, 3, 12, tzinfo=UTC)}
