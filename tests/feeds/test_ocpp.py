"""Charging stations: both versions' calls, among replies and junk, in the units they state or imply."""

from __future__ import annotations

import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from events.feeds.charging import ocpp, ocpp_schemas
from tests.feeds.offering import ARRIVAL, offer, reasons

TIME = "2026-08-20T11:41:52Z"
REGISTER = "Energy.Active.Import.Register"


def call(action: str, station: str = "cp1", **body: Any) -> bytes:
    return f"{station} : {json.dumps([2, '1', action, body])}".encode()


def samples(*sampled: dict[str, Any]) -> bytes:
    return call("MeterValues", connectorId=1, meterValue=[{"timestamp": TIME, "sampledValue": list(sampled)}])


def test_the_captured_log_is_read_through_prefixes_replies_and_junk(shared_data: Path) -> None:
    decoded = offer(ocpp.decode, (shared_data / "events" / "ocpp16_public_samples.txt").read_bytes())
    readings = decoded.frames["readings"].select("point_id", "unit", "value").rows()
    assert readings == [
        ("ocpp:100370004:1:Voltage:L1-N:Body", "V", 226.90),
        ("ocpp:100370004:1:Current.Import:L1-N:Body", "A", 0.19),
        (f"ocpp:unnamed:1:{REGISTER}", "Wh", 6514787.0),
        (f"ocpp:unnamed:1:{REGISTER}", "Wh", 6515723.0),
        (f"ocpp:unnamed:transaction:642:{REGISTER}", "Wh", 6514998.0),
    ]
    assert decoded.frames["states"].select("point_id", "text").rows() == [("ocpp:charger6:2:status", "Available")]
    assert decoded.refused.is_empty()


def test_a_transaction_event_of_2_0_1_tells_its_state_and_values() -> None:
    energy = {"value": 1.5, "measurand": REGISTER, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}
    frames = offer(
        ocpp.decode,
        call(
            "TransactionEvent",
            eventType="Updated",
            timestamp=TIME,
            triggerReason="MeterValuePeriodic",
            seqNo=4,
            transactionInfo={"transactionId": "t", "chargingState": "Charging"},
            evse={"id": 1, "connectorId": 2},
            meterValue=[{"timestamp": TIME, "sampledValue": [energy, {"value": 80, "measurand": "SoC"}]}],
        ),
    ).frames
    assert frames["readings"].select("point_id", "unit", "value").rows() == [
        (f"ocpp:cp1:1.2:{REGISTER}", "Wh", 1500.0),
        ("ocpp:cp1:1.2:SoC", "%EL", 80.0),
    ]
    at = datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC)
    assert frames["states"].drop("record").rows() == [("ocpp:cp1:1.2:charging_state", at, "Charging")]


def test_both_versions_tell_a_connectors_status_and_faults() -> None:
    old = call("StatusNotification", connectorId=1, status="Faulted", errorCode="GroundFailure", timestamp=TIME)
    new = call("StatusNotification", timestamp=TIME, evseId=1, connectorId=1, connectorStatus="Occupied")
    states = offer(ocpp.decode, old, new).frames["states"].select("point_id", "text").rows()
    expected = [("cp1:1:status", "Faulted"), ("cp1:1:error", "GroundFailure"), ("cp1:1.1:status", "Occupied")]
    assert states == [(f"ocpp:{point}", text) for point, text in expected]


def test_an_envelope_names_the_station_as_a_prefix_does() -> None:
    prefixed = samples({"value": "7", "unit": "kWh"})
    envelope = json.dumps({"station": "cp1", "message": json.loads(prefixed.split(b" : ")[1])}, indent=1).encode()
    frames = [offer(ocpp.decode, d).frames["readings"] for d in (prefixed, envelope)]
    assert frames[0].equals(frames[1])
    assert frames[0].row(0)[:2] == (f"ocpp:cp1:1:{REGISTER}", "kWh")


def test_an_older_status_without_a_time_is_dated_by_its_arrival() -> None:
    frames = offer(
        ocpp.decode, call("StatusNotification", connectorId=1, status="Available", errorCode="NoError")
    ).frames
    assert frames["states"].drop("record").rows() == [("ocpp:cp1:1:status", ARRIVAL, "Available")]


def test_a_timestamp_without_a_zone_is_utc() -> None:
    body: dict[str, Any] = {"connectorId": 1, "idTag": "x", "meterStart": 7, "timestamp": "2026-08-20T11:41:52"}
    (time,) = offer(ocpp.decode, call("StartTransaction", **body)).frames["readings"]["time"]
    assert time == datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC)


def test_every_official_schema_is_known_by_its_call(shared_data: Path) -> None:
    with tarfile.open(shared_data / "ev" / "ocpp_schemas.tgz") as archive:
        names = [PurePosixPath(n) for n in archive.getnames() if n.endswith(".json")]
    calls = {n.stem.removesuffix("Request") for n in names if not n.stem.endswith("Response")}
    assert len(calls) > 60
    assert all(ocpp_schemas.known(action) for action in calls)
    assert not any(ocpp_schemas.known(f"{action}Response") for action in calls)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"connectorId": 1, "status": "Available"}, 'OCPP 1.6 $: "errorCode" is a required property'),
        ({"connectorId": 1, "status": "Busy", "errorCode": "NoError"}, "OCPP 1.6 $.status"),
        ({"connectorId": [1], "status": "Available", "errorCode": "NoError"}, "OCPP 1.6 $.connectorId"),
        ({"evseId": 1, "connectorStatus": "Occupied", "timestamp": TIME}, 'OCPP 2.0.1 $: "connectorId" is a required'),
        ({"evseId": 1, "connectorId": 1, "connectorStatus": "Busy", "timestamp": TIME}, "OCPP 2.0.1 $.connectorStatus"),
    ],
)
def test_a_call_that_breaks_its_schema_is_refused_with_path_and_reason(body: dict[str, Any], path: str) -> None:
    decoded = offer(ocpp.decode, call("StatusNotification", **body))
    assert decoded.offered == 1
    assert path in reasons(decoded)[0]


@pytest.mark.parametrize(
    "sample",
    [
        {"value": 7, "unit": "Wh"},
        {"value": "7", "unit": "Wh", "makersOwn": {"x": 1}},
        {"value": "7"},
        {"value": "7", "context": "Whenever"},
    ],
)
def test_what_makers_do_against_the_schema_costs_no_reading(sample: dict[str, Any]) -> None:
    decoded = offer(ocpp.decode, samples(sample))
    assert decoded.refused.is_empty()
    assert decoded.frames["readings"].select("point_id", "value").rows() == [(f"ocpp:cp1:1:{REGISTER}", 7.0)]


def test_calls_that_observe_nothing_and_replies_are_passed_over() -> None:
    decoded = offer(ocpp.decode, call("Heartbeat"), b'[3,"1",{}]', b'[4,"1","InternalError","",{}]')
    assert decoded.offered == 0


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (samples({"value": "x"}), "'x' is no number"),
        (samples({"value": "1", "unit": "furlong"}), "unit 'furlong'"),
        (samples({"value": "1", "measurand": "Temperature"}), "unit None"),
        (
            samples({"value": "1", "measurand": "Warmth"}),
            '$.meterValue[0].sampledValue[0].measurand: "Warmth" is not one of',
        ),
        (samples({"value": "1", "format": "SignedData"}), "a signed value"),
        (samples(), "sampledValue: [] has less than 1 item"),
        (call("StatusNotification", status="\ud800"), "surrogates not allowed"),
        (call("StatusNotification", x=json.loads("[" * 300 + "]" * 300)), "Recursion limit"),
        (call("FlyAway"), "an action that the twin does not know"),
        (b'cp1 : [2,"1","MeterValues",{', "JSON"),
        (b'{"message": [2]}', "without station and message"),
        (b"hello", "no [ in it"),
        (b"# a remark", "no OCPP frame"),
    ],
)
def test_a_frame_that_cannot_be_read_is_refused(document: bytes, reason: str) -> None:
    decoded = offer(ocpp.decode, document)
    (why,) = reasons(decoded)
    assert reason in why
