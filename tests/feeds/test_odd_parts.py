"""A document of n sound parts and an odd one gives what the n give, and a refusal that names the odd one and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.feeds.registry import FORMATS
from events.feeds.sparkplug.schema import new_payload
from tests.feeds.offering import UNHURRIED, offer, reasons

TIME = "2026-08-20T11:41:52Z"
Build = Callable[[list[Any]], bytes]


def call(action: str, **body: Any) -> bytes:
    return json.dumps({"station": "cp1", "message": [2, "1", action, body]}).encode()


def sample(n: int) -> dict[str, Any]:
    return {"value": str(n), "measurand": "Current.Import", "phase": f"L{n % 3 + 1}", "unit": "A"}


def samples(parts: list[Any]) -> bytes:
    return call("MeterValues", connectorId=1, meterValue=[{"timestamp": TIME, "sampledValue": parts}])


def event(n: int) -> dict[str, Any]:
    component, variable = {"name": "Connector", "evse": {"id": n + 1}}, {"name": "AvailabilityState"}
    told = {"eventId": n, "timestamp": TIME, "trigger": "Delta", "actualValue": "Available"}
    return told | {"eventNotificationType": "HardWiredNotification", "component": component, "variable": variable}


def events(parts: list[Any]) -> bytes:
    return call("NotifyEvent", generatedAt=TIME, seqNo=0, eventData=parts)


def observation(n: int) -> dict[str, Any]:
    return {"@iot.id": n, "phenomenonTime": TIME, "result": n}


def thing(parts: list[Any]) -> bytes:
    stream = {"@iot.id": 7, "unitOfMeasurement": {"symbol": "°C"}, "Observations": parts}
    return json.dumps({"value": [{"name": "t", "Datastreams": [stream]}]}).encode()


def location(parts: list[Any]) -> bytes:
    told = {"country_code": "TW", "party_id": "ABC", "id": "L", "last_updated": TIME, "evses": parts}
    return json.dumps({"data": [told], "status_code": 1000}).encode()


def telegram(n: int) -> str:
    return f"/KLM5\\X\r\n0-0:1.0.0(2608201141{n:02}S)\r\n0-0:96.1.1(5A)\r\n1-0:1.8.1({n}.5*kWh)\r\n!\r\n"


def sheet(parts: list[Any]) -> bytes:
    return "\n".join(["電號,資料時間,用電量(度)", *parts, ""]).encode()


def metric(n: int) -> dict[str, Any]:
    return {"name": f"m{n}", "datatype": 10, "double_value": n + 0.5}


def message(parts: list[Any]) -> bytes:
    payload = new_payload()
    for part in parts:
        payload.metrics.add(**part)
    sent = payload.SerializeToString().hex()
    return json.dumps({"topic": "spBv1.0/g/NDATA/n", "payload": sent}).encode()


def interval(start: object) -> str:
    period = f"<timePeriod><duration>900</duration><start>{start}</start></timePeriod>"
    return f"<IntervalReading>{period}<value>5</value></IntervalReading>"


def block(parts: list[Any]) -> bytes:
    kind = "<entry><content><ReadingType><uom>72</uom></ReadingType></content></entry>"
    up = '<link rel="up" href="UsagePoint/1/MeterReading/1/IntervalBlock"/>'
    readings = "".join(map(interval, parts))
    return (
        f"<feed>{kind}<entry>{up}<content><IntervalBlock>{readings}</IntervalBlock></content></entry></feed>".encode()
    )


def day(n: int) -> str:
    return f"300,202608{n + 10},{','.join(str(n) for _ in range(24))},A,,,20260901000000,"


def days(parts: list[Any]) -> bytes:
    head = "100,NEM12,202609010000,A,B\n200,6100000001,E1,E1,E1,,M1,KWH,60,\n"
    return (head + "\n".join(parts) + "\n900\n").encode()


def pack(parts: list[Any]) -> bytes:
    """A pack of records as they are written; the odd ones cannot be written by an encoder."""
    return ("[" + ", ".join(p if isinstance(p, str) else json.dumps(p) for p in parts) + "]").encode()


def record(n: int) -> dict[str, Any]:
    return {"n": f"urn:dev:ser:{n}", "t": 1_787_226_112 + n, "u": "kWh", "v": n}


def lift(n: int) -> dict[str, Any]:
    return {"lift-id": f"A{n}", "timestamp": TIME, "car-position": n + 1, "car-moving-direction": "up"}


def lot(n: int) -> dict[str, Any]:
    return {"id": f"TPE{n:04}", "availablecar": n, "availablebus": -9}


def lots(parts: list[Any]) -> bytes:
    told = ", ".join(p if isinstance(p, str) else json.dumps(p) for p in parts)
    return f'{{"data": {{"UPDATETIME": "Thu Aug 20 19:41:52 CST 2026", "park": [{told}]}}}}'.encode()


LONG = "1" * 42
"""An integer that polars' json_decode (2.1.0) takes in no field, not even one that nobody asks for."""

CASES: dict[str, tuple[str, Build, Callable[[int], Any], Any, str]] = {
    "ocpp sample": ("ocpp", samples, sample, {"value": "1", "measurand": "Warmth"}, "Warmth"),
    "ocpp unit": ("ocpp", samples, sample, sample(1) | {"unit": "furlong"}, "furlong"),
    "ocpp event": ("ocpp", events, event, {}, "required"),
    "observation": ("sensorthings", thing, observation, {"@iot.id": 9, "phenomenonTime": TIME}, "without a result"),
    "evse": ("ocpi", location, lambda n: {"uid": f"E{n}", "status": "AVAILABLE"}, {"uid": "X"}, "status is None"),
    "telegram": ("dsmr", lambda p: "".join(p).encode(), telegram, "/KLM5\\X\r\n1-0:1.8", "cut off"),
    "metric": ("sparkplug", message, metric, {"name": "odd", "datatype": 10}, "no value"),
    "interval": ("green-button", block, lambda n: 1_777_000_000 + 900 * n, "noon", "interval 'noon'"),
    "day": ("nem12", days, day, "300,20260832,1,A,,,,", "a day of 6 fields"),
    "day of no month": ("nem12", days, day, day(90), "'202608100' is no day"),
    "line": ("nem12", days, day, "777,what", "'777,what' has no place"),
    "record": ("senml", pack, record, {"n": "urn:dev:ser:x", "u": "kWh", "v": "x"}, "Expected `float"),
    "name": ("senml", pack, record, {"n": "a b", "v": 1}, "name a b"),
    "half a character": ("senml", pack, record, '{"n": "a\\ud800", "v": 1}', "surrogate"),
    "other half": ("senml", pack, record, '{"n": "a", "vs": "\\udc00x"}', "surrogate"),
    "half in a further field": ("senml", pack, record, '{"n": "a", "v": 1, "q": "\\uD912"}', "record"),
    "large number": ("senml", pack, record, '{"n": "a", "v": 1e999}', "out of range"),
    "large further number": ("senml", pack, record, '{"n": "a", "v": 1, "q": [1e999]}', "too large"),
    "long further number": ("senml", pack, record, f'{{"n": "a", "v": 1, "q": {LONG}}}', "too large"),
    "lift": ("bacnet-lift", lambda p: json.dumps(p).encode(), lift, {"timestamp": TIME}, "a lift without lift-id"),
    "direction": (
        "bacnet-lift", lambda p: json.dumps(p).encode(), lift, {"lift-id": "X", "car-moving-direction": "sideways"},
        "sideways",
    ),
    "lot": ("parking", lots, lot, {"availablecar": 3}, "a lot without an id"),
    "count": ("parking", lots, lot, {"id": "X", "availablecar": "many"}, "'many' is no count"),
    "half a lot": ("parking", lots, lot, '{"id": "a\\ud800", "availablecar": 3}', "surrogate"),
    "row": ("meter-table", sheet, lambda n: f"E,2026/08/20 {n:02}:00,{n}.5", "E,yesterday,1", "is no time"),
}  # fmt: skip
"""Kind of part -> format, how parts make a document, the nth sound part, an odd one, what its refusal says."""


@pytest.mark.parametrize("kind", list(CASES))
@settings(UNHURRIED, max_examples=15)
@given(count=st.integers(1, 6), at=st.integers(0, 6))
def test_the_odd_part_alone_is_refused(kind: str, count: int, at: int) -> None:
    form, build, part, odd, why = CASES[kind]
    decode = FORMATS[form].decode
    parts = [part(n) for n in range(count)]
    sound = offer(decode, build(parts))
    assert sound.refused.is_empty()
    mixed = offer(decode, build([*parts[:at], odd, *parts[at:]]))
    for family, frame in sound.frames.items():
        assert mixed.frames[family].equals(frame)
    (reason,) = reasons(mixed)
    assert why in reason
    assert offer(decode, mixed.refused["payload"][0]).refused.height == 1
