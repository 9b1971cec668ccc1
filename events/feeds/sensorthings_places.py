"""Where a SensorThings observation was made, and what the thing is called that made it.

The place is the point of the Datastream's Thing (`Thing.Locations`, expanded), else of the observation's
FeatureOfInterest; a GeoJSON Feature stands for its geometry, and other shapes than points are no place. The name is the
Thing's, else the Datastream's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from events.feeds.places import Place, place_of


def place_told(point: str, observation: Mapping[str, Any], stream: Mapping[str, Any]) -> Place | None:
    """The station of `point`; None where nothing tells its name or place."""
    if "Thing" not in stream and "name" not in stream and "FeatureOfInterest" not in observation:
        return None
    thing = _object(stream.get("Thing"))
    longitude, latitude = next(_points(observation, thing), (None, None))
    return place_of(point, thing.get("name") or stream.get("name"), None, longitude, latitude)


def _points(observation: Mapping[str, Any], thing: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Longitude and latitude of every point that is told, the Thing's first."""
    listed = thing.get("Locations")
    for location in listed if isinstance(listed, list) else []:
        yield from _point(_object(location).get("location"))
    yield from _point(_object(observation.get("FeatureOfInterest")).get("feature"))


def _point(told: Any) -> Iterator[tuple[Any, Any]]:
    shape = _object(told)
    if shape.get("type") == "Feature":
        shape = _object(shape.get("geometry"))
    at = shape.get("coordinates")
    if shape.get("type") == "Point" and isinstance(at, list) and len(at) >= 2:
        yield at[0], at[1]


def _object(told: Any) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}
