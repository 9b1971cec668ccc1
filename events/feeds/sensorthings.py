"""OGC SensorThings observations to readings and states.

    {"phenomenonTime": "2026-08-20T11:41:52Z", "result": 12.5, "resultQuality": "measured",
     "Datastream": {"@iot.id": 5, "unitOfMeasurement": {"symbol": "μg/m3"}}}

A payload is one observation, an array of them, a collection (`value`), a data array, and what else
`events.feeds.sensorthings_forms` knows; a collection without observations is sound and tells nothing. Points are
`sta:datastream:<id>`, the id from the Datastream or from its navigation link, and so are their stations
(`events.feeds.sensorthings_places`). The time is `phenomenonTime` (of an
interval its end), else `resultTime`, UTC where no zone is told. A result that is a text is a state, but a number
written as text is a reading where its Datastream has a unit; true and false are 1 and 0. A reading without a unit of
measurement, or with one that has no SenML unit (`events.feeds.units`), is refused: units are never guessed. What
`resultQuality` may hold `events.feeds.sensorthings_quality` says. Version 2.0 is told in the words of 1.1 by
`events.feeds.sensorthings_version_2`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.local_time import bare_is_utc
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted
from events.feeds.sensorthings_forms import observations
from events.feeds.sensorthings_places import place_told
from events.feeds.sensorthings_quality import quality_of
from events.feeds.sensorthings_version_2 import id_of, in_older_words, instant_of, is_newer, stream_id_in
from events.feeds.units.written import unit_of
from events.observations import Quality

LINKS = ("Datastream@iot.navigationLink", "Datastream@navigationLink")
"""Members that may name the Datastream, of 1.1 and of 2.0."""


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the observations."""
    return decoded_cells("sensorthings", _told, payloads)


def _told(payload: Payload) -> Told:
    content = text_of(payload.data)
    answer = value_of(content)
    found = list(observations(answer))
    if is_newer(content):
        found = [older for one in found for older in in_older_words(one)]
    if not found and not isinstance(answer, dict):
        raise PayloadError("no observation in it")
    for observation in found:
        try:
            yield _cell(observation)
        except PayloadError as error:
            yield Refused(0, str(error), _document(observation))


def _document(observation: Any) -> bytes:
    return bytes(msgspec.json.encode(observation))


def _cell(observation: Any) -> Cell:
    if not isinstance(observation, dict) or "result" not in observation:
        raise PayloadError("an observation without a result")
    stream = observation.get("Datastream")
    described: Mapping[str, Any] = stream if isinstance(stream, dict) else {}
    point, result = f"sta:datastream:{_stream_id(observation, described)}", observation["result"]
    document = partial(_document, observation)
    place = place_told(point, observation, described)
    if isinstance(result, str) and not (_has_unit(described) and _is_number(result)):
        return Cell(point, STATE, _time(observation), result, document, place=place)
    if not isinstance(result, str | int | float):
        raise PayloadError(f"{point}: result {quoted(result)} is neither a number nor a text")
    unit, factor = ("/", 1.0) if isinstance(result, bool) else _unit(point, described)
    text, quality = text_of_value(result), _quality(point, observation)
    return Cell(point, unit, _time(observation), text, document, factor=factor, quality=quality, place=place)


def _has_unit(stream: Mapping[str, Any]) -> bool:
    measure = stream.get("unitOfMeasurement")
    return isinstance(measure, dict) and bool(measure.get("symbol"))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def _stream_id(observation: Mapping[str, Any], stream: Mapping[str, Any]) -> str:
    found = id_of(stream)
    if found is None:
        found = next((name for link in LINKS if (name := stream_id_in(observation.get(link)))), None)
    if found is None:
        raise PayloadError("an observation whose Datastream has no @iot.id")
    return found


def _unit(point: str, stream: Mapping[str, Any]) -> tuple[str, float]:
    measure = stream.get("unitOfMeasurement")
    symbol = measure.get("symbol") if isinstance(measure, dict) else None
    unit = unit_of(symbol) if isinstance(symbol, str) else None
    if unit is None:
        raise PayloadError(f"{point}: unit of measurement {quoted(symbol)} has no SenML unit; expand the Datastream")
    return unit


def _quality(point: str, observation: Mapping[str, Any]) -> Quality:
    told = observation.get("resultQuality")
    if told is None:
        return Quality.MEASURED
    try:
        return quality_of(told)
    except PayloadError as error:
        raise PayloadError(f"{point}: {error}") from None


def _time(observation: Mapping[str, Any]) -> str:
    told = observation.get("phenomenonTime") or observation.get("resultTime") or ""
    return bare_is_utc(told.rpartition("/")[2] if isinstance(told, str) else instant_of(told))
