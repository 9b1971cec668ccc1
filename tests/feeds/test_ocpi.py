"""Charge detail records: what is owed at any instant, credit notes taken back in the open, nobody named."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from events.feeds.charging import ocpi
from events.feeds.decoded import Decoded
from tests.feeds.offering import offer, reasons

END, LATER = "2026-08-20T11:41:52Z", "2026-08-25T01:00:00Z"
TOKEN = {"country_code": "TW", "party_id": "TNM", "uid": "SECRET-1", "type": "RFID", "contract_id": "SECRET-2"}
PLACE = {"id": "LOC1", "evse_uid": "E7", "connector_id": "1", "city": "Taipei"}


def cdr(name: str = "c1", **change: Any) -> dict[str, Any]:
    told = {
        "country_code": "TW", "party_id": "ABC", "id": name, "start_date_time": "2026-08-20T10:00:00Z",
        "end_date_time": END, "cdr_token": TOKEN, "auth_method": "WHITELIST", "cdr_location": PLACE, "currency": "TWD",
        "charging_periods": [], "total_cost": {"before_taxes": 99.5, "taxes": []}, "total_energy": 15.342,
        "total_time": 1.7, "last_updated": "2026-08-20T12:00:00Z",
    }  # fmt: skip
    return {k: v for k, v in (told | change).items() if v is not None}


def note(name: str = "c1-C", of: str = "c1") -> dict[str, Any]:
    return cdr(name, credit=True, credit_reference_id=of, total_cost={"before_taxes": -99.5}, last_updated=LATER)


def document(*records: Any) -> bytes:
    return json.dumps({"data": records, "status_code": 1000, "timestamp": LATER}).encode()


def latest(decoded: Decoded, family: str, value: str) -> dict[str, Any]:
    frame = decoded.frames[family].sort("time", maintain_order=True).unique("point_id", keep="last")
    return dict(frame.select("point_id", value).iter_rows())


def test_a_record_tells_energy_duration_cost_and_place() -> None:
    decoded = offer(ocpi.decode, document(cdr()))
    point = "ocpi:TW:ABC:cdr:c1"
    readings = decoded.frames["readings"]
    assert readings.select("point_id", "unit", "value").rows() == [
        (f"{point}:energy", "kWh", 15.342),
        (f"{point}:duration", "h", 1.7),
        (f"{point}:cost", "TWD", 99.5),
    ]
    assert set(readings["time"]) == {datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC)}
    states = latest(decoded, "states", "text")
    assert states == {f"{point}:standing": "issued", f"{point}:connector": "LOC1:E7:1"}


@pytest.mark.parametrize("order", list(itertools.permutations([cdr(), note(), cdr("c2", total_energy=14.0)])))
def test_a_credit_note_takes_its_record_back_in_whatever_order_they_come(order: tuple[dict[str, Any], ...]) -> None:
    decoded = offer(ocpi.decode, *(document(one) for one in order))
    owed = latest(decoded, "readings", "value")
    assert sum(v for p, v in owed.items() if p.endswith(":energy")) == 14.0
    assert sum(v for p, v in owed.items() if p.endswith(":cost")) == 99.5
    assert owed["ocpi:TW:ABC:cdr:c1-C:credit"] == -99.5
    states = latest(decoded, "states", "text")
    assert {p: s for p, s in states.items() if p.endswith("standing")} == {
        "ocpi:TW:ABC:cdr:c1:standing": "credited by c1-C",
        "ocpi:TW:ABC:cdr:c1-C:standing": "credit of c1",
        "ocpi:TW:ABC:cdr:c2:standing": "issued",
    }


def test_what_was_believed_before_the_note_stays_as_it_was() -> None:
    decoded = offer(ocpi.decode, document(cdr(), note()))
    energy = decoded.frames["readings"].filter(pl.col("point_id") == "ocpi:TW:ABC:cdr:c1:energy").sort("time")
    assert energy.select("value", "quality").rows() == [(15.342, 0), (0.0, 2)]


def test_the_older_price_and_a_session_are_read_too() -> None:
    session = {
        "country_code": "TW", "party_id": "ABC", "id": "s1", "kwh": 3.5, "status": "ACTIVE", "last_updated": LATER,
    }  # fmt: skip
    decoded = offer(ocpi.decode, json.dumps([cdr(total_cost={"excl_vat": 7}), session]).encode())
    values = latest(decoded, "readings", "value")
    assert (values["ocpi:TW:ABC:cdr:c1:cost"], values["ocpi:TW:ABC:session:s1:energy"]) == (7.0, 3.5)
    assert latest(decoded, "states", "text")["ocpi:TW:ABC:session:s1:status"] == "ACTIVE"


OLDER = {
    "id": "c9", "start_date_time": "2026-08-20T10:00:00Z", "stop_date_time": "2026-08-20T11:41:52", "auth_id": "SECRET",
    "location": {"id": "LOC1", "evses": [{"uid": "E7", "connectors": [{"id": "1"}]}]}, "currency": "EUR",
    "total_cost": 4.0, "total_energy": 15.342, "total_time": 1.7, "last_updated": LATER,
}  # fmt: skip


def test_a_record_of_2_1_1_is_read_under_the_owner_unnamed() -> None:
    decoded = offer(ocpi.decode, document(OLDER))
    point = "ocpi:unnamed:cdr:c9"
    readings = latest(decoded, "readings", "value")
    assert readings == {f"{point}:energy": 15.342, f"{point}:duration": 1.7, f"{point}:cost": 4.0}
    assert latest(decoded, "states", "text")[f"{point}:connector"] == "LOC1:E7:1"
    session = {"id": "s1", "start_datetime": END, "kwh": 0, "status": "ACTIVE", "last_updated": END, "currency": "EUR"}
    assert latest(offer(ocpi.decode, document(session)), "readings", "value") == {"ocpi:unnamed:session:s1:energy": 0}


@pytest.mark.parametrize("record", [cdr(end_date_time=END.removesuffix("Z")), OLDER])
def test_a_time_without_a_zone_is_utc(record: dict[str, Any]) -> None:
    times = offer(ocpi.decode, document(record)).frames["readings"]["time"]
    assert set(times) == {datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC)}


def test_the_evses_of_a_location_say_what_they_are_doing() -> None:
    evses = [{"uid": "E1", "status": "AVAILABLE", "last_updated": END}, {"uid": "E2", "status": "CHARGING"}]
    place = {"country_code": "TW", "party_id": "ABC", "id": "L", "last_updated": LATER, "evses": evses}
    decoded = offer(ocpi.decode, document(place))
    assert [row[:3] for row in decoded.frames["states"].rows()] == [
        ("ocpi:TW:ABC:evse:E1:status", datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC), "AVAILABLE"),
        ("ocpi:TW:ABC:evse:E2:status", datetime(2026, 8, 25, 1, tzinfo=UTC), "CHARGING"),
    ]
    broken = place | {"evses": [*evses, {"uid": "E3"}]}
    assert reasons(offer(ocpi.decode, document(broken))) == ["ocpi: status is None"]


def test_an_answer_without_records_is_sound_and_an_empty_list_alone_is_not() -> None:
    assert offer(ocpi.decode, document()).offered == 0
    assert reasons(offer(ocpi.decode, b"[]")) == ["ocpi: no record in it"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (cdr(total_cost=12), "total_cost 12 is no price"),
        (cdr(currency="NT$"), "currency 'NT$' is no ISO 4217 code"),
        (cdr(total_energy="much"), "'much' is no number"),
        (cdr(total_energy=-1), "-1.0, not within 0.0"),
        (cdr(end_date_time=None), "end_date_time is None"),
        (cdr(credit_reference_id="c0"), "credit_reference_id in a record whose credit is None"),
        (cdr(credit=True), "credit_reference_id is None"),
        (note("c1", of="c1"), "refers to itself"),
        ({"country_code": "TW", "party_id": "ABC"}, "neither total_cost (a record) nor kwh"),
        (7, "a record is int"),
    ],
)
def test_a_record_that_cannot_be_read_is_refused_without_its_person(record: Any, reason: str) -> None:
    decoded = offer(ocpi.decode, document(cdr("sound"), record))
    (why,) = reasons(decoded)
    assert reason in why
    assert b"SECRET" not in decoded.refused["payload"][0]
    assert reasons(offer(ocpi.decode, decoded.refused["payload"][0])) == [why]


def test_a_failed_response_is_refused() -> None:
    assert reasons(offer(ocpi.decode, b'{"status_code": 3000, "data": []}')) == [
        "ocpi: a response of status 3000, not 1000"
    ]
