"""Entities of an NGSI-LD document, and the attributes of an entity, whichever of its representations they have.

    normalized    "speed": {"type": "Property", "value": 80, "observedAt": …, "unitCode": "KMH"}
    concise       "speed": {"value": 80, "observedAt": …, "unitCode": "KMH"}, "location": {"type": "Point", …}
    simplified    "speed": 80                         (key-values)
    several       "speed": [{…, "datasetId": …}, {…}], and the same over time
    temporal      "speed": {"type": "Property", "values": [[80, "2018-08-01T12:00:00Z"], …]}

A document is an entity, an array, a notification (`data`) or a GeoJSON collection of entities (`features`). Nothing is
fetched: `@context` is passed over, and an attribute named by a URI goes by its last part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from events.errors import PayloadError
from events.feeds.refusals import quoted

KINDS = {
    "Property": "value", "GeoProperty": "value", "Relationship": "object", "LanguageProperty": "languageMap",
    "VocabProperty": "vocab", "JsonProperty": "json", "ListProperty": "valueList", "ListRelationship": "objectList",
}  # fmt: skip
"""Kind of attribute -> the member that tells it."""

OWN = ("id", "@id", "type", "@type", "@context", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt",
       "notifiedAt")  # fmt: skip
"""Members of an entity that are no attributes."""

SHAPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
_LAST_PART = re.compile(r"[^/#]+$")


@dataclass(frozen=True)
class Attribute:
    """One attribute at one time: its name, kind, what it is, `observedAt` ("" where none), further members."""

    name: str
    kind: str
    told: Any
    observed_at: str
    members: Mapping[str, Any]


def entities_of(found: Any) -> Iterator[tuple[Any, str]]:
    """Every entity with the time of the notification that brought it; PayloadError where there can be none."""
    if isinstance(found, list):
        for member in found:
            yield member, ""
    elif not isinstance(found, dict):
        raise PayloadError(f"{quoted(found)} is no entity")
    elif isinstance(found.get("data"), list | dict) and ("notifiedAt" in found or found.get("type") == "Notification"):
        told = found["data"]
        listed = told.get("features", [told]) if isinstance(told, dict) else told
        for member in listed if isinstance(listed, list) else [listed]:
            yield _of_feature(member), _text(found.get("notifiedAt"))
    elif isinstance(found.get("features"), list):
        for member in found["features"]:
            yield _of_feature(member), ""
    else:
        yield _of_feature(found), ""


def attributes_of(entity: Mapping[str, Any]) -> Iterator[Attribute]:
    """Every attribute of an entity, one for each dataset and time."""
    for name, told in entity.items():
        if name not in OWN:
            short = _LAST_PART.search(name)
            for one in told if _are_attributes(told) else [told]:
                yield from _attribute(short[0] if short else name, one)


def _attribute(name: str, told: Any) -> Iterator[Attribute]:
    if not isinstance(told, dict):
        yield Attribute(name, "Property", told, "", {})
        return
    kind = told.get("type")
    if kind in SHAPES and "coordinates" in told:
        yield Attribute(name, "GeoProperty", told, "", {})
        return
    named = kind if kind in KINDS else next((k for k, member in KINDS.items() if member in told), None)
    if named is None:
        yield Attribute(name, "Property", told, "", {})
    elif isinstance(told.get(f"{KINDS[named]}s"), list):
        for pair in told[f"{KINDS[named]}s"]:
            fits = isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], str)
            yield Attribute(name, named, pair[0] if fits else pair, pair[1] if fits else "", told)
    else:
        found = told.get(KINDS[named])
        is_place = named == "Property" and isinstance(found, dict) and found.get("type") in SHAPES
        yield Attribute(name, "GeoProperty" if is_place else named, found, _text(told.get("observedAt")), told)


def _are_attributes(told: Any) -> bool:
    """Whether a list holds an attribute's datasets or times, and is no value itself."""
    members = {*KINDS.values(), "type", "datasetId"}
    return isinstance(told, list) and bool(told) and all(isinstance(o, dict) and members & set(o) for o in told)


def _of_feature(member: Any) -> Any:
    """An entity in GeoJSON's form as an entity."""
    if (
        not isinstance(member, dict)
        or member.get("type") != "Feature"
        or not isinstance(member.get("properties"), dict)
    ):
        return member
    place = {} if member.get("geometry") is None else {"location": member["geometry"]}
    return place | {"id": member.get("id")} | member["properties"]


def _text(told: Any) -> str:
    return told.strip() if isinstance(told, str) else ""
