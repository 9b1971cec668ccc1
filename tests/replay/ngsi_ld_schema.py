"""NGSI-LD's normalised form as a JSON Schema, ours: written from the definitions of ETSI GS CIM 009, clause 4.5.

An entity has a URI `id` and a `type`; each other member is a Property, GeoProperty or Relationship, whose times are UTC
with Z, whose unitCode is a UN/CEFACT common code of two or three characters, and whose value is not null.
"""

from __future__ import annotations

from typing import Any

TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"}
NOT_NULL = {"not": {"type": "null"}}
NUMBER_PAIR = {"type": "array", "prefixItems": [
    {"type": "number", "minimum": -180, "maximum": 180}, {"type": "number", "minimum": -90, "maximum": 90},
], "minItems": 2, "maxItems": 2}  # fmt: skip

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "array",
    "items": {"$ref": "#/$defs/entity"},
    "$defs": {
        "entity": {
            "type": "object",
            "required": ["id", "type", "@context"],
            "properties": {
                "id": {"type": "string", "pattern": "^urn:ngsi-ld:[A-Za-z]+:[^ \"<>]+$"},
                "type": {"type": "string", "pattern": "^[A-Za-z]+$"},
                "@context": {"type": "array", "items": {"type": "string", "pattern": "^https://"}, "minItems": 1},
            },
            "additionalProperties": {"$ref": "#/$defs/attribute"},
            "propertyNames": {"pattern": "^(@context|[A-Za-z][A-Za-z0-9_]*)$"},
        },
        "attribute": {
            "oneOf": [
                {"$ref": "#/$defs/property"}, {"$ref": "#/$defs/geoProperty"}, {"$ref": "#/$defs/relationship"},
            ]
        },
        "property": {
            "type": "object",
            "required": ["type", "value"],
            "properties": {
                "type": {"const": "Property"},
                "value": NOT_NULL,
                "observedAt": TIME,
                "unitCode": {"type": "string", "pattern": "^[A-Z0-9]{2,3}$"},
                "datasetId": {"type": "string", "format": "uri"},
            },
            "additionalProperties": {"$ref": "#/$defs/attribute"},
        },
        "geoProperty": {
            "type": "object",
            "required": ["type", "value"],
            "properties": {
                "type": {"const": "GeoProperty"},
                "value": {
                    "type": "object",
                    "required": ["type", "coordinates"],
                    "properties": {"type": {"const": "Point"}, "coordinates": NUMBER_PAIR},
                },
                "observedAt": TIME,
            },
            "additionalProperties": {"$ref": "#/$defs/attribute"},
        },
        "relationship": {
            "type": "object",
            "required": ["type", "object"],
            "properties": {"type": {"const": "Relationship"}, "object": {"type": "string", "format": "uri"}},
        },
    },
}  # fmt: skip
