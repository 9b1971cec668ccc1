"""Charging stations: both versions' calls, among replies and junk, in the units they state or imply."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from events.feeds import ocpp
from tests.feeds.offering import offer, reasons

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
    new = call("StatusNotification", evseId=1, connectorId=1, connectorStatus="Occupied", timestamp=TIME)
    states = offer(ocpp.decode, old, new).frames["states"].select("point_id", "text").rows()
    expected = [("cp1:1:status", "Faulted"), ("cp1:1:error", "GroundFailure"), ("cp1:1.1:status", "Occupied")]
    assert states == [(f"ocpp:{point}", text) for point, text in expected]


def test_an_envelope_names_the_station_as_a_prefix_does() -> None:
    prefixed = samples({"value": "7", "unit": "kWh"})
    envelope = json.dumps({"station": "cp1", "message": json.loads(prefixed.split(b" : ")[1])}, indent=1).encode()
    frames = [offer(ocpp.decode, d).frames["readings"] for d in (prefixed, envelope)]
    assert frames[0].equals(frames[1])
    assert frames[0].row(0)[:2] == (f"ocpp:cp1:1:{REGISTER}", "kWh")


def test_calls_that_observe_nothing_and_replies_are_passed_over() -> None:
    decoded = offer(ocpp.decode, call("Heartbeat"), b'[3,"1",{}]', b'[4,"1","InternalError","",{}]')
    assert decoded.offered == 0


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (samples({"value": "x"}), "'x' is no number"),
        (samples({"value": "1", "unit": "furlong"}), "unit 'furlong'"),
        (samples({"value": "1", "measurand": "Temperature"}), "unit None"),
        (samples({"value": "1", "format": "SignedData"}), "a signed value"),
        (samples(), "without sampledValue"),
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
