"""Every observation of a SensorThings answer, whatever form the answer has.

    one · [ … ] · {"value": [ … ]} · {"@iot.id", "Observations": [ … ]}
    expanded      a Thing, Sensor, ObservedProperty or Location with `Datastreams` (or `MultiDatastreams`, `Things`) in
                  it, and their Observations in these; one that was not expanded so far is sound and tells nothing
    data array    {"Datastream", "components": ["phenomenonTime", "result"], "dataArray": [[…], …]}
    of many       {"MultiDatastream": {"unitOfMeasurements": [ … ]}, "result": [ … ]}: one observation a result, whose
                  Datastream is `<id>:<index>`, named by its place as the units are

An observation that does not have its form is handed on as it is, to be refused with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MULTI = "MultiDatastream"
WITHIN = ("Things", "Datastreams", "MultiDatastreams")
"""Members in which further entities stand that hold observations."""

HOLDERS = tuple(
    f"{name}@{link}" for name in (*WITHIN, "Observations") for link in ("iot.navigationLink", "navigationLink")
)
"""Members of an entity that holds observations and was not expanded."""


def observations(found: Any) -> Iterator[Any]:
    """Every observation, each with its Datastream inside."""
    if isinstance(found, list):
        for member in found:
            yield from observations(member)
    elif not isinstance(found, dict):
        yield found
    elif isinstance(found.get("dataArray"), list) and isinstance(found.get("components"), list):
        yield from _of_array(found)
    elif isinstance(found.get("value"), list) and "result" not in found:
        yield from observations(found["value"])
    elif isinstance(found.get("Observations"), list):
        yield from _under_their_stream(found)
    elif any(name in found for name in WITHIN):
        for name in WITHIN:
            yield from _within(found.get(name), found)
    elif "result" not in found and any(name in found for name in HOLDERS):
        return
    else:
        yield from _single(found)


def _within(listed: Any, holder: dict[str, Any]) -> Iterator[Any]:
    """Observations of the entities in a member of `holder`: several, one, or none at all."""
    for entity in listed if isinstance(listed, list) else [] if listed is None else [listed]:
        if not isinstance(entity, dict):
            yield entity
        elif any(name in entity for name in (*WITHIN, "Observations")):
            yield from observations(_placed(entity, holder))


def _placed(entity: dict[str, Any], holder: dict[str, Any]) -> dict[str, Any]:
    """A Datastream with the Thing, or a Thing with the Location, that it stands in: they tell its place."""
    outer = {name: v for name, v in holder.items() if name not in WITHIN}
    if "Locations" in outer and "Things" not in entity:
        return {"Thing": outer} | entity
    return {"Locations": [outer]} | entity if "location" in outer else entity


def _of_array(found: dict[str, Any]) -> Iterator[Any]:
    head = {name: v for name, v in found.items() if name == MULTI or name.startswith("Datastream")}
    names = [str(name) for name in found["components"]]
    for row in found["dataArray"]:
        fits = isinstance(row, list) and len(row) == len(names)
        yield from _single(head | dict(zip(names, row, strict=True))) if fits else [row]


def _under_their_stream(found: dict[str, Any]) -> Iterator[Any]:
    stream = {name: v for name, v in found.items() if name != "Observations"}
    kind = MULTI if "unitOfMeasurements" in stream else "Datastream"
    for observation in found["Observations"]:
        if not isinstance(observation, dict):
            yield observation
        elif kind in observation or MULTI in observation:  # a FeatureOfInterest's, each with a stream of its own
            yield from _single(observation)
        else:
            yield from _single(observation | {kind: stream})


def _single(observation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The observation, or one for each result of a MultiDatastream whose units are as many."""
    stream, results = observation.get(MULTI), observation.get("result")
    units = stream.get("unitOfMeasurements") if isinstance(stream, dict) else None
    if not (isinstance(units, list) and isinstance(results, list) and len(units) == len(results)):
        yield observation
        return
    name = stream.get("@iot.id", stream.get("@id", stream.get("id"))) if isinstance(stream, dict) else None
    rest = {member: v for member, v in observation.items() if member != MULTI}
    for at, (unit, result) in enumerate(zip(units, results, strict=True)):
        single = {"unitOfMeasurement": unit} | ({} if name is None else {"@iot.id": f"{name}:{at}"})
        yield rest | {"result": result, "Datastream": single}
