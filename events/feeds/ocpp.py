"""OCPP 1.6J and 2.0.1 calls of charging stations to readings and states.

    MeterValues, TransactionEvent     readings `ocpp:<station>:<connector>:<measurand>[:<phase>][:<location>]`
    StartTransaction (1.6)            meterStart, the connector's import register, Wh
    StopTransaction (1.6)             meterStop; it names no connector: `ocpp:<station>:transaction:<id>:<measurand>`
    StatusNotification                state `ocpp:<station>:<connector>:status`; with errorCode other than NoError too
    TransactionEvent                  chargingState as state `ocpp:<station>:<evse>:charging_state`

Connectors are `1` in 1.6 and `<evse>.<connector>` (or `<evse>`) in 2.0.1. A sampled value defaults to measurand
Energy.Active.Import.Register, unit Wh, location Outlet, as both versions say; a status without a time is dated by its
arrival, as 1.6 says. These calls are held to the official schemas (`events.feeds.ocpp_schemas`), and one that breaks
them where it is read is refused with the path and the reason. Replies, and calls that observe nothing (Heartbeat,
Authorize …), are passed over and not counted; an action that no version has is refused. Who charges is never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.local_time import bare_is_utc
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.ocpp_frames import Broken, Frame, frames_of
from events.feeds.ocpp_schemas import known, violations
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted

REGISTER = "Energy.Active.Import.Register"
UNITS: dict[str, tuple[str, float]] = {
    "Wh": ("Wh", 1), "kWh": ("kWh", 1), "varh": ("varh", 1), "kvarh": ("kvarh", 1), "VAh": ("kVAh", 1e-3),
    "kVAh": ("kVAh", 1), "W": ("W", 1), "kW": ("kW", 1), "VA": ("VA", 1), "kVA": ("kVA", 1), "var": ("var", 1),
    "kvar": ("kvar", 1), "A": ("A", 1), "V": ("V", 1), "K": ("K", 1), "Celsius": ("Cel", 1), "Celcius": ("Cel", 1),
    "Hertz": ("Hz", 1), "Hz": ("Hz", 1), "Percent": ("/100", 1), "RPM": ("1/min", 1),
}  # fmt: skip
"""Unit of OCPP -> SenML unit and factor; both spellings of Celsius are in the 1.6 schema."""

DEFAULT_UNITS = {
    "Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "SoC": "Percent", "Frequency": "Hertz", "RPM": "RPM",
}  # fmt: skip
"""First word of a measurand -> its unit where none is stated (the standard has Energy's only)."""

OBSERVING = ("MeterValues", "TransactionEvent", "StatusNotification", "StartTransaction", "StopTransaction")
"""Calls that are read, and held to their schemas first."""

REASONS = 3
"""So many violations are told of one call."""


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the stations' calls."""
    return decoded_cells("ocpp", _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """A log of one frame a line as messages of about MESSAGE_BYTES; a short document stays whole."""
    if len(document) <= MESSAGE_BYTES:
        return [document]
    return [b"\n".join(part) for part in parts(document.splitlines(), MESSAGE_BYTES)]


def _told(payload: Payload) -> Told:
    for frame in frames_of(text_of(payload.data).decode()):
        if isinstance(frame, Broken):
            yield Refused(0, frame.reason, frame.document)
            continue
        try:
            yield from list(_cells(frame, payload.received_at.isoformat()))
        except PayloadError as error:
            yield Refused(0, f"{frame.action}: {error}", frame.document)


def _cells(frame: Frame, arrival: str) -> Iterator[Cell]:
    body, station = frame.body, f"ocpp:{frame.station}"
    if frame.action in OBSERVING and (broken := violations(frame.action, body)):
        raise PayloadError("; ".join(broken[:REASONS]))
    match frame.action:
        case "MeterValues":
            yield from _meter_values(frame, f"{station}:{_connector(body)}", body.get("meterValue"))
        case "TransactionEvent":
            yield from _transaction_event(frame, station)
        case "StatusNotification":
            yield from _status(frame, f"{station}:{_connector(body)}", arrival)
        case "StartTransaction":
            yield _register(frame, f"{station}:{_connector(body)}", "meterStart")
        case "StopTransaction":
            transaction = f"{station}:transaction:{_text(body, 'transactionId')}"
            yield _register(frame, transaction, "meterStop")
            if body.get("transactionData"):
                yield from _meter_values(frame, transaction, body["transactionData"])
        case action if action and not known(action):
            raise PayloadError("an action that the twin does not know")


def _transaction_event(frame: Frame, station: str) -> Iterator[Cell]:
    body = frame.body
    told = body.get("transactionInfo")
    info: Mapping[str, Any] = told if isinstance(told, dict) else {}
    evse = body.get("evse")
    place = _evse(evse) if isinstance(evse, dict) else f"transaction:{_text(info, 'transactionId')}"
    point = f"{station}:{place}"
    if info.get("chargingState") is not None:
        state = _text(info, "chargingState")
        yield Cell(f"{point}:charging_state", STATE, _time(body), state, frame.document)
    if body.get("meterValue"):
        yield from _meter_values(frame, point, body["meterValue"])


def _status(frame: Frame, point: str, arrival: str) -> Iterator[Cell]:
    body = frame.body
    name = "connectorStatus" if "connectorStatus" in body else "status"
    time = _time(body) if "timestamp" in body else arrival
    yield Cell(f"{point}:status", STATE, time, _text(body, name), frame.document)
    if body.get("errorCode", "NoError") != "NoError":
        yield Cell(f"{point}:error", STATE, time, _text(body, "errorCode"), frame.document)


def _register(frame: Frame, point: str, name: str) -> Cell:
    time, value = _time(frame.body), _text(frame.body, name)
    return Cell(f"{point}:{REGISTER}", "Wh", time, value, frame.document)


def _meter_values(frame: Frame, point: str, values: Any) -> Iterator[Cell]:
    if not isinstance(values, list) or not values:
        raise PayloadError("no meterValue")
    for value in values:
        samples = value.get("sampledValue") if isinstance(value, dict) else None
        if not isinstance(samples, list) or not samples:
            raise PayloadError("a meterValue without sampledValue")
        for sample in samples:
            if not isinstance(sample, dict):
                raise PayloadError(f"sampledValue {quoted(sample)} is no object")
            yield _sample(frame, point, _time(value), sample)


def _sample(frame: Frame, point: str, time: str, sample: Mapping[str, Any]) -> Cell:
    measurand = _text(sample, "measurand") if "measurand" in sample else REGISTER
    if sample.get("format", "Raw") != "Raw" or (sample.get("signedMeterValue") is not None and "value" not in sample):
        raise PayloadError(f"{measurand}: a signed value: the twin reads raw ones")
    unit, factor = _unit(measurand, sample)
    location = sample.get("location", "Outlet")
    marks = [str(m) for m in (sample.get("phase"), None if location == "Outlet" else location) if m is not None]
    name = ":".join([point, measurand, *marks])
    return Cell(name, unit, time, _text(sample, "value"), frame.document, factor=factor)


def _unit(measurand: str, sample: Mapping[str, Any]) -> tuple[str, float]:
    if measurand == "Power.Factor":
        return "/", 1.0
    told = sample.get("unitOfMeasure")
    measure: Mapping[str, Any] = told if isinstance(told, dict) else {}
    word = sample.get("unit", measure.get("unit", _default_unit(measurand)))
    if not isinstance(word, str) or word not in UNITS:
        raise PayloadError(f"{measurand}: unit {quoted(word)} is not one of {', '.join(UNITS)}")
    unit, factor = UNITS[word]
    multiplier = measure.get("multiplier", 0)
    if not isinstance(multiplier, int) or not -24 <= multiplier <= 24:
        raise PayloadError(f"{measurand}: multiplier {quoted(multiplier)} is no power of ten")
    return ("%EL" if measurand == "SoC" and word == "Percent" else unit), factor * 10.0**multiplier


def _default_unit(measurand: str) -> str | None:
    first = measurand.split(".", 1)[0]
    reactive = first in ("Energy", "Power") and ".Reactive." in f"{measurand}."
    return {"Energy": "varh", "Power": "var"}[first] if reactive else DEFAULT_UNITS.get(first)


def _connector(body: Mapping[str, Any]) -> str:
    if "evseId" in body:
        return _evse({"id": body["evseId"], "connectorId": body.get("connectorId")})
    return _text(body, "connectorId")


def _evse(evse: Mapping[str, Any]) -> str:
    return _text(evse, "id") + (f".{_text(evse, 'connectorId')}" if evse.get("connectorId") is not None else "")


def _time(fields: Mapping[str, Any]) -> str:
    """The `timestamp` as text; without a zone it is UTC, as both versions recommend."""
    return bare_is_utc(_text(fields, "timestamp"))


def _text(fields: Mapping[str, Any], name: str) -> str:
    """A member as text; PayloadError when it is missing or nested."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise PayloadError(f"{name} is {quoted(value)}")
    return str(value)
