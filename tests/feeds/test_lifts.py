"""Lifts: every spelling of a BACnet property is one point, and what the standard does not know is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from events.feeds import lifts
from events.feeds.lift_words import WORDS, word_of
from tests.feeds.offering import ARRIVAL, offer, reasons

TIME = "2026-08-20T11:41:52Z"
LIFT = json.dumps(
    {
        "lift-id": "A1", "timestamp": TIME, "car-position": 5, "car-moving-direction": "up",
        "car-door-status": ["closed", "door-fault"], "car-load": 40, "car-load-units": "percent", "car-mode": "normal",
        "fault-signals": ["position-lost", 6], "passenger-alarm": True, "energy-meter": 1234.5, "floor-text": "5F",
    }
).encode()  # fmt: skip


def values(document: bytes) -> dict[str, Any]:
    frames = offer(lifts.decode, document).frames
    readings = {p: (v, u) for p, v, u in frames["readings"].select("point_id", "value", "unit").iter_rows()}
    return readings | dict(frames["states"].select("point_id", "text").iter_rows())


def lift(**properties: Any) -> bytes:
    return json.dumps({"lift-id": "A1", "timestamp": TIME} | properties).encode()


def test_a_lift_tells_where_it_is_and_what_is_wrong() -> None:
    assert values(LIFT) == {
        "lift:A1:car_position": (5.0, ""),
        "lift:A1:car_load": (40.0, "/100"),
        "lift:A1:passenger_alarm": (1.0, "/"),
        "lift:A1:energy_meter": (1234.5, "kWh"),
        "lift:A1:car_moving_direction": "up",
        "lift:A1:car_door_status:1": "closed",
        "lift:A1:car_door_status:2": "door_fault",
        "lift:A1:car_mode": "normal",
        "lift:A1:fault_signals": "door_closing_fault;position_lost",
    }
    assert set(offer(lifts.decode, LIFT).frames["states"]["time"]) == {datetime(2026, 8, 20, 11, 41, 52, tzinfo=UTC)}


@pytest.mark.parametrize(
    "document",
    [
        {"lift-id": "A1", "timestamp": TIME, "car-moving-direction": "up"},
        {"liftId": "A1", "time": TIME, "Car_Moving_Direction": "UP"},
        {"lift_id": "A1", "timestamp": TIME, "457": 3},
        {"lift-id": "A1", "timestamp": TIME, "properties": {"carMovingDirection": {"value": 3}}},
        {"lift-id": "A1", "timestamp": TIME, "property": 457, "value": 3},
        {
            "objects": [
                {"lift-id": "A1", "timestamp": TIME, "property-identifier": "car-moving-direction", "value": "3"}
            ]
        },
    ],
)
def test_names_and_numbers_in_every_form_are_one_point(document: dict[str, Any]) -> None:
    assert values(json.dumps(document).encode()) == {"lift:A1:car_moving_direction": "up"}


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ({"global-id": "0Lift$000000000000000A"}, "0Lift$000000000000000A"),
        ({"device": 1001, "object-identifier": "lift,3", "object-name": "L3"}, "1001:3"),
        ({"device-id": "1001", "object-identifier": {"type": "lift", "instance": 3}}, "1001:3"),
        ({"object-identifier": ["lift", 3], "object-name": "East"}, "East"),
        ({"object-identifier": "59:3"}, "3"),
    ],
)
def test_a_lift_is_named_by_what_its_gateway_tells(identity: dict[str, Any], name: str) -> None:
    document = json.dumps(identity | {"car-position": 1}).encode()
    frame = offer(lifts.decode, document).frames["readings"]
    assert frame.select("point_id", "time").rows() == [(f"lift:{name}:car_position", ARRIVAL)]


@pytest.mark.parametrize("name", list(WORDS))
def test_every_word_of_the_standard_is_known_by_name_and_number(name: str) -> None:
    for number, word in enumerate(WORDS[name]):
        assert word_of(name, number) == word_of(name, str(number)) == word_of(name, word.replace("_", "-")) == word
    assert word_of(name, len(WORDS[name])) is None


@pytest.mark.parametrize("calls", [[3, 7], [[3, 7], [7]], [{"floor-numbers": [3]}, {"floor-numbers": [7]}]])
def test_calls_from_the_car_are_counted_by_floor(calls: list[Any]) -> None:
    assert values(lift(**{"registered-car-call": calls})) == {"lift:A1:registered_car_call": (2.0, "")}


def test_a_makers_own_number_is_kept_as_such() -> None:
    assert values(lift(**{"car-mode": 1030})) == {"lift:A1:car_mode": "proprietary_1030"}
    assert values(lift(**{"fault-signals": []})) == {"lift:A1:fault_signals": "none"}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (lift(**{"car-mode": "sleeping"}), "car_mode: 'sleeping' is not one of unknown, normal"),
        (lift(**{"car-moving-direction": 1024}), "1024 is not one of"),
        (lift(**{"car-load": 3}), "car-load-units None is neither percent nor kilograms"),
        (lift(**{"car-position": -1}), "not within 0.0 to 255.0"),
        (lift(**{"car-position": True}), "True is no number"),
        (lift(**{"passenger-alarm": "maybe"}), "'maybe' is neither true nor false"),
        (lift(speed=3), "no property of a Lift object"),
        (b'{"car-position": 3}', "a lift without lift-id"),
        (b"[3]", "a lift is int"),
        (b'{"lift-id": "A1", "timestamp": "then", "car-position": 3}', "'then' is no time"),
    ],
)
def test_what_the_standard_does_not_know_is_refused(document: bytes, reason: str) -> None:
    (why,) = reasons(offer(lifts.decode, document))
    assert reason in why


def test_a_bad_property_costs_only_itself() -> None:
    decoded = offer(lifts.decode, lift(**{"car-mode": "sleeping", "car-position": 3}))
    assert (decoded.frames["readings"].height, decoded.refused.height) == (1, 1)
