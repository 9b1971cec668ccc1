"""SensorThings 2.0 (OGC 23-019) in the words of 1.1, so that one reader takes both.

id, @id            an entity's key, and its address: "id": 42, "@id": "https://…/Datastreams(42)"
phenomenonTime     {"start": …, "end": …}, or {"start": …} for an instant
resultType         SWE Common: {"type": "Quantity", "uom": {"code": "Cel", "symbol": "°C"}}; Count, Boolean, Text,
                   Category; a DataRecord of several `fields` takes the place of MultiDatastreams: one observation a
                   field, whose Datastream is `<id>:<field>`
ProximateFeatureOfInterest of the observation, UltimateFeatureOfInterest of its Datastream
Datastream@navigationLink
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from events.feeds.units.written import unit_of

RESULT_TYPE = "resultType"
_ADDRESS = re.compile(r"Datastreams\(([^)]+)\)")


def stream_id_in(link: Any) -> str | None:
    """The Datastream's key in an address or a navigation link."""
    found = _ADDRESS.search(link) if isinstance(link, str) else None
    return found[1].strip("'\"") if found else None


def id_of(stream: Mapping[str, Any]) -> str | None:
    """The key of a Datastream of either version; None where it tells none."""
    key = stream.get("@iot.id")
    if type(key) is int:  # nearly every observation of 1.1
        return str(key)
    for known in (key, stream.get("id"), stream.get("@id")):
        if isinstance(known, str | int) and str(known).strip():
            return stream_id_in(known) or str(known).strip()
    return None


def instant_of(told: Any) -> str:
    """A time of either version as text: of an interval its end, else its start."""
    if isinstance(told, dict):
        told = told.get("end") or told.get("start")
    return str(told or "").rpartition("/")[2]


def is_newer(content: bytes) -> bool:
    """Whether a document may hold a Datastream of 2.0: asked once, so that those of 1.1 cost nothing."""
    return RESULT_TYPE.encode() in content


def in_older_words(observation: Any) -> Iterator[Any]:
    """The observation, or one for each field of a record; one of 1.1, or of nothing known, as it is."""
    stream = observation.get("Datastream") if isinstance(observation, dict) else None
    if isinstance(stream, dict) and RESULT_TYPE in stream:
        yield from _of_newer(observation, stream)
    else:
        yield observation


def _of_newer(observation: dict[str, Any], stream: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    told = stream[RESULT_TYPE] if isinstance(stream[RESULT_TYPE], dict) else {}
    feature = observation.get("ProximateFeatureOfInterest") or stream.get("UltimateFeatureOfInterest")
    older = observation if feature is None else {"FeatureOfInterest": feature} | observation
    fields, result = told.get("fields"), observation.get("result")
    if not (told.get("type") == "DataRecord" and isinstance(fields, list) and isinstance(result, dict)):
        yield older | {"Datastream": {**stream, **_measure(told)}}
        return
    by_name = {f["name"]: f for f in fields if isinstance(f, dict) and isinstance(f.get("name"), str)}
    for name, value in result.items():
        if value is not None:
            single = {**stream, **_measure(by_name.get(name, {})), "@iot.id": f"{id_of(stream) or ''}:{name}"}
            single.pop(RESULT_TYPE)
            if id_of(stream) is None:
                del single["@iot.id"]
            yield older | {"result": value, "Datastream": single}


def _measure(component: Mapping[str, Any]) -> dict[str, Any]:
    """A component of SWE Common as a unit of measurement; nothing where it has none."""
    if component.get("type") == "Count":
        return {"unitOfMeasurement": {"symbol": "count"}}
    uom = component.get("uom")
    words = [uom.get(n) for n in ("code", "symbol", "label")] if isinstance(uom, dict) else []
    known = [word for word in words if isinstance(word, str) and word]
    best = next((word for word in known if unit_of(word) is not None), known[0] if known else None)
    return {} if best is None else {"unitOfMeasurement": {"symbol": best}}
