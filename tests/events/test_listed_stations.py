"""A station that a whole document no longer lists is closed, and types of vehicles that came before are known."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.feeds.registry import format_named
from events.ingest import Ingester
from events.log import Log
from events.source import file_polls
from tests.events.test_listings import latest, rows, texts
from tests.feeds.test_gbfs_field import BIKES, document, field

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """An empty log."""
    with Log.open(tmp_path / "log.sqlite") as opened:
        yield opened


def ingest(log: Log, form: str, *documents: bytes) -> int:
    """Each with the memory that the log alone gives; the number of refusals."""
    refused = 0
    for told in documents:
        ingester = Ingester(log, clock=lambda: NOW)
        refused += sum(ingester.ingest(poll).refused for poll in file_polls(format_named(form), told))
    return refused


def youbike(minute: int, *stations: str, mday: str = "") -> bytes:
    return json.dumps(
        [
            {"sno": s, "sna": s, "tot": 20, "sbi": 7, "bemp": 13, "act": "1", "lat": 25.0, "lng": 121.5,
             "mday": mday or f"2026-08-20 12:{minute:02d}:00", "updateTime": f"2026-08-20 12:{minute:02d}:30"}
            for s in stations
        ]
    ).encode()  # fmt: skip


def gbfs(minute: int, *stations: str) -> bytes:
    report = {"num_vehicles_available": 7, "num_docks_available": 3, "is_renting": True, "is_returning": True,
              "last_reported": f"2026-08-20T12:{minute:02d}:00+08:00"}  # fmt: skip
    told = [{"station_id": s} | report for s in stations]
    return json.dumps({"last_updated": f"2026-08-20T12:{minute:02d}:30+08:00", "data": {"stations": told}}).encode()


CLOSED = {"num_vehicles_available": None, "num_docks_available": None, "is_renting": False, "is_returning": False}


@pytest.mark.parametrize(("form", "told"), [("youbike", youbike), ("gbfs", gbfs)])
def test_a_station_that_is_not_listed_any_more_is_closed_without_a_number(log: Log, form: str, told: object) -> None:
    assert ingest(log, form, told(0, "500101001", "500101002"), told(5, "500101001")) == 0  # type: ignore[operator]
    gone = latest(log, "docks")["500101002"]
    assert {name: gone[name] for name in CLOSED} == CLOSED
    assert gone["time"] == datetime(2026, 8, 20, 4, 5, 30, tzinfo=UTC)
    assert latest(log, "docks")["500101001"]["num_vehicles_available"] == 7


def test_a_station_whose_own_clock_is_months_old_stays_as_long_as_it_is_listed(log: Log) -> None:
    old = "2025-02-27 10:00:00"
    ingest(
        log, "youbike", youbike(0, "500101001", "500101002", mday=old), youbike(5, "500101001", "500101002", mday=old)
    )
    assert {row["num_vehicles_available"] for row in latest(log, "docks").values()} == {7}
    assert rows(log, "docks").height == 2
    ingest(log, "youbike", youbike(10, "500101001"), youbike(15, "500101001", "500101002", mday=old))
    again = latest(log, "docks")["500101002"]
    assert (again["num_vehicles_available"], again["time"]) == (7, datetime(2026, 8, 20, 4, 15, 30, tzinfo=UTC))


def test_documents_of_another_city_or_operator_close_nothing(log: Log) -> None:
    ingest(log, "youbike", youbike(0, "500101001"), youbike(1, "500201001", "0001"), youbike(2, "500101001"))
    assert {row["num_vehicles_available"] for row in latest(log, "docks").values()} == {7}
    ingest(log, "gbfs", gbfs(0, "a"), gbfs(1, "b"), gbfs(2, "a"))
    assert latest(log, "docks")["b"]["num_vehicles_available"] == 7


def test_the_real_document_cut_into_messages_loses_just_the_stations_that_are_missing(
    log: Log, shared_data: Path
) -> None:
    whole = json.loads(
        gzip.decompress((shared_data / "youbike" / "youbike_immediate_2026_sample_01.json.gz").read_bytes())
    )
    later = [row | {"updateTime": "2026-08-20 23:59:00"} for row in whole[10:]]
    assert len(format_named("youbike").split(json.dumps(whole).encode())) > 1
    ingest(log, "youbike", json.dumps(whole).encode(), json.dumps(later).encode())
    closed = {s for s, row in latest(log, "docks").items() if row["num_vehicles_available"] is None}
    assert closed == {row["sno"] for row in whole[:10]}


def test_a_free_vehicle_that_is_gone_has_no_place_and_its_states_end(log: Log) -> None:
    def vehicles(minute: int, *names: str) -> bytes:
        told = [{"vehicle_id": n, "lat": 25.0, "lon": 121.5, "is_disabled": n == "a"} for n in names]
        head = {"last_updated": f"2026-08-20T12:{minute:02d}:00+08:00", "version": "3.0"}
        return json.dumps(head | {"data": {"vehicles": told}}).encode()

    ingest(log, "gbfs", vehicles(0, "a", "b"), vehicles(1, "b"), vehicles(2))
    assert {row["longitude"] for row in latest(log, "positions").values()} == {None}
    assert texts(log, "vehicle:") == {"vehicle:a:is_disabled": "not_listed"}


def test_types_of_an_earlier_poll_tell_ebikes_and_kinds(log: Log, shared_data: Path) -> None:
    car = document(
        vehicles=[{"vehicle_id": n, "lat": 1.0, "lon": 1.0, "vehicle_type_id": n} for n in ("ebike", "unknown")]
    )
    assert ingest(log, "gbfs", BIKES, field(shared_data, "gbfs_vehicle_types_ebikes"), car) == 0
    assert latest(log, "docks")["A"]["num_ebikes_available"] == 2
    assert {n: row["kind"] for n, row in latest(log, "positions").items()} == {"ebike": "bike", "unknown": None}


def ncdr(minute: int, *identifiers: str) -> bytes:
    told = {"title": "停水", "updated": "2026-08-20T12:00:00+08:00", "status": "Actual", "msgType": "Alert"}
    told |= {"effective": "2026/8/20 下午 12:00:00", "expires": ""}
    entries = [told | {"id": name} for name in identifiers]
    return json.dumps({"feed": {"updated": f"2026-08-20T12:{minute:02d}:00+08:00", "entry": entries}}).encode()


def test_an_alert_that_ncdr_s_list_no_longer_has_is_ended(log: Log) -> None:
    assert ingest(log, "cap", ncdr(1, "a", "b"), ncdr(5, "a")) == 0
    told = texts(log, "alert:")
    assert (told["alert:a:in_force"], told["alert:b:in_force"]) == ("true", "not_listed")
    assert ingest(log, "cap", ncdr(9)) == 0
    assert texts(log, "alert:a:in")["alert:a:in_force"] == "not_listed"
