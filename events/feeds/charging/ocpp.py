"""OCPP 1.6J, 2.0.1 and 2.1 calls of charging stations to readings and states.

    MeterValues, TransactionEvent     readings `ocpp:<station>:<connector>:<measurand>[:<phase>][:<location>]`
    StartTransaction (1.6)            meterStart, the connector's import register, Wh
    StopTransaction (1.6)             meterStop; it names no connector: `ocpp:<station>:transaction:<id>:<measurand>`
    StatusNotification                state `ocpp:<station>:<connector>:status`; with errorCode other than NoError too
    NotifyEvent (2.x)                 states, see `events.feeds.charging.ocpp_events`
    TransactionEvent                  chargingState as state `ocpp:<station>:<evse>:charging_state`

Connectors are `1` in 1.6 and `<evse>.<connector>` (or `<evse>`) in 2.x. A sampled value defaults to measurand
Energy.Active.Import.Register, unit Wh, location Outlet, as the versions say; a status without a time is dated by its
arrival, as 1.6 says. These calls are held to the official schemas (`events.feeds.charging.ocpp_schemas`); a sample or
an event that breaks them, or cannot be read, is refused alone with the path and the reason, and the others land
(`events.feeds.charging.ocpp_parts`). Replies, and calls that observe nothing (Heartbeat, Authorize …), are passed over
and not counted; an action that no version has is refused. Who charges is never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.charging.ocpp_events import state_of
from events.feeds.charging.ocpp_frames import Broken, Frame, frames_of
from events.feeds.charging.ocpp_parts import EVENTS, SAMPLE, Faults, Place, alone, faults_of
from events.feeds.charging.ocpp_places import evse_of, text_in, time_in
from events.feeds.charging.ocpp_schemas import known, violations
from events.feeds.decoded import Decoded, Payload
from events.feeds.limits import MOST_OBJECTS, check_lines, check_rows, check_values
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of, unpacked
from events.feeds.refusals import Refused, quoted
from events.feeds.units.written import unit_of

REGISTER = "Energy.Active.Import.Register"
UNITS: dict[str, tuple[str, float]] = {
    "Percent": ("/100", 1), "VAh": ("kVAh", 1e-3), "Celcius": ("Cel", 1), "Hertz": ("Hz", 1), "RPM": ("1/min", 1),
}  # fmt: skip
"""Units that are called so in OCPP only -> SenML unit and factor; both spellings of Celsius are in its schema."""

DEFAULT_UNITS = {
    "Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "SoC": "Percent", "Frequency": "Hertz", "RPM": "RPM",
}  # fmt: skip
"""First word of a measurand -> its unit where none is stated (the standard has Energy's only)."""

OBSERVING = (
    "MeterValues", "TransactionEvent", "StatusNotification", "StartTransaction", "StopTransaction", "NotifyEvent",
)  # fmt: skip
"""Calls that are read, and held to their schemas first."""


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the stations' calls."""
    return decoded_cells("ocpp", _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """A log of one frame a line as messages of about MESSAGE_BYTES; a short document stays whole."""
    try:
        content = unpacked(document)
        check_lines(content)
    except PayloadError:
        return [document]
    if len(content) <= MESSAGE_BYTES:
        return [document]
    return [b"\n".join(part) for part in parts(content.splitlines(), MESSAGE_BYTES)]


def _told(payload: Payload) -> Told:
    content = check_values(text_of(payload.data), MOST_OBJECTS)
    check_rows(content.count(b"\n"), 0)
    for frame in frames_of(content.decode()):
        if isinstance(frame, Broken):
            yield Refused(0, frame.reason, frame.document)
            continue
        try:
            yield from list(_cells(frame, payload.received_at.isoformat()))
        except PayloadError as error:
            yield Refused(0, f"{frame.action}: {error}", frame.document())


def _cells(frame: Frame, arrival: str) -> Iterator[Cell | Refused]:
    body, station = frame.body, f"ocpp:{frame.station}"
    faults = faults_of(violations(frame.action, body) if frame.action in OBSERVING else ())
    if broken := faults.at(()):
        raise PayloadError(broken)
    match frame.action:
        case "MeterValues":
            yield from _meter_values(frame, f"{station}:{_connector(body)}", "meterValue", faults)
        case "TransactionEvent":
            yield from _transaction_event(frame, station, faults)
        case "NotifyEvent":
            yield from _events(frame, station, faults)
        case "StatusNotification":
            yield from _status(frame, f"{station}:{_connector(body)}", arrival)
        case "StartTransaction":
            yield _register(frame, f"{station}:{_connector(body)}", "meterStart")
        case "StopTransaction":
            transaction = f"{station}:transaction:{text_in(body, 'transactionId')}"
            yield _register(frame, transaction, "meterStop")
            if body.get("transactionData"):
                yield from _meter_values(frame, transaction, "transactionData", faults)
        case action if action and not known(action):
            raise PayloadError("an action that the twin does not know")


def _transaction_event(frame: Frame, station: str, faults: Faults) -> Iterator[Cell | Refused]:
    body = frame.body
    told = body.get("transactionInfo")
    info: Mapping[str, Any] = told if isinstance(told, dict) else {}
    evse = body.get("evse")
    place = evse_of(evse) if isinstance(evse, dict) else f"transaction:{text_in(info, 'transactionId')}"
    point = f"{station}:{place}"
    if info.get("chargingState") is not None:
        state = text_in(info, "chargingState")
        yield Cell(f"{point}:charging_state", STATE, time_in(body), state, frame.document)
    if body.get("meterValue"):
        yield from _meter_values(frame, point, "meterValue", faults)


def _events(frame: Frame, station: str, faults: Faults) -> Iterator[Cell | Refused]:
    for at, event in enumerate(frame.body[EVENTS]):
        place: Place = (EVENTS, at)
        try:
            if broken := faults.at(place):
                raise PayloadError(broken)
            if cell := state_of(event, station, _document(frame, place)):
                yield cell
        except PayloadError as error:
            yield _refused(frame, place, error)


def _status(frame: Frame, point: str, arrival: str) -> Iterator[Cell]:
    body = frame.body
    name = "connectorStatus" if "connectorStatus" in body else "status"
    time = time_in(body) if "timestamp" in body else arrival
    yield Cell(f"{point}:status", STATE, time, text_in(body, name), frame.document)
    if body.get("errorCode", "NoError") != "NoError":
        yield Cell(f"{point}:error", STATE, time, text_in(body, "errorCode"), frame.document)


def _register(frame: Frame, point: str, name: str) -> Cell:
    time, value = time_in(frame.body), text_in(frame.body, name)
    return Cell(f"{point}:{REGISTER}", "Wh", time, value, frame.document)


def _meter_values(frame: Frame, point: str, name: str, faults: Faults) -> Iterator[Cell | Refused]:
    groups = frame.body.get(name)
    if not isinstance(groups, list) or not groups:
        raise PayloadError(f"no {name}")
    for at, group in enumerate(groups):
        place: Place = (name, at)
        try:
            if broken := faults.at(place):
                raise PayloadError(broken)
            samples, time = _samples(group), time_in(group)
        except PayloadError as error:
            yield _refused(frame, place, error)
            continue
        yield from _group(frame, point, time, samples, (place, faults))


def _group(
    frame: Frame, point: str, time: str, samples: list[Any], where: tuple[Place, Faults]
) -> Iterator[Cell | Refused]:
    """The samples of one time."""
    group, faults = where
    for at, sample in enumerate(samples):
        place = (*group, SAMPLE, at)
        try:
            if broken := faults.at(place):
                raise PayloadError(broken)
            if not isinstance(sample, dict):
                raise PayloadError(f"sampledValue {quoted(sample)} is no object")
            yield _sample(point, time, sample, _document(frame, place))
        except PayloadError as error:
            yield _refused(frame, place, error)


def _samples(group: Any) -> list[Any]:
    samples = group.get(SAMPLE) if isinstance(group, dict) else None
    if not isinstance(samples, list) or not samples:
        raise PayloadError("a meterValue without sampledValue")
    return samples


def _sample(point: str, time: str, sample: Mapping[str, Any], document: partial[bytes]) -> Cell:
    measurand = text_in(sample, "measurand") if "measurand" in sample else REGISTER
    if sample.get("format", "Raw") != "Raw" or (sample.get("signedMeterValue") is not None and "value" not in sample):
        raise PayloadError(f"{measurand}: a signed value: the twin reads raw ones")
    unit, factor = _unit(measurand, sample)
    location = sample.get("location", "Outlet")
    marks = [str(m) for m in (sample.get("phase"), None if location == "Outlet" else location) if m is not None]
    name = ":".join([point, measurand, *marks])
    return Cell(name, unit, time, text_in(sample, "value"), document, factor=factor)


def _unit(measurand: str, sample: Mapping[str, Any]) -> tuple[str, float]:
    told = sample.get("unitOfMeasure")
    measure: Mapping[str, Any] = told if isinstance(told, dict) else {}
    word = sample.get("unit", measure.get("unit", _default_unit(measurand)))
    known_unit = UNITS.get(word) or unit_of(word) if isinstance(word, str) else None
    if known_unit is None or not word:
        raise PayloadError(f"{measurand}: unit {quoted(word)} has no SenML unit")
    unit, factor = known_unit
    multiplier = measure.get("multiplier", 0)
    if not isinstance(multiplier, int) or not -24 <= multiplier <= 24:
        raise PayloadError(f"{measurand}: multiplier {quoted(multiplier)} is no power of ten")
    return ("%EL" if measurand == "SoC" and unit == "/100" else unit), factor * 10.0**multiplier


def _default_unit(measurand: str) -> str | None:
    if measurand == "Power.Factor":
        return "/"
    first = measurand.split(".", 1)[0]
    reactive = first in ("Energy", "Power") and ".Reactive." in f"{measurand}."
    return {"Energy": "varh", "Power": "var"}[first] if reactive else DEFAULT_UNITS.get(first)


def _connector(body: Mapping[str, Any]) -> str:
    if "evseId" in body:
        return evse_of({"id": body["evseId"], "connectorId": body.get("connectorId")})
    return text_in(body, "connectorId")


def _document(frame: Frame, place: Place) -> partial[bytes]:
    """How a document of this part alone is made."""
    return partial(_part_alone, frame, place)


def _part_alone(frame: Frame, place: Place) -> bytes:
    return frame.document(alone(frame.body, place))


def _refused(frame: Frame, place: Place, error: PayloadError) -> Refused:
    return Refused(0, f"{frame.action}: {error}", _part_alone(frame, place))
