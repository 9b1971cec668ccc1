"""The tables of a building model: one polars schema each, declared here and nowhere else.

Units are SI: metres, square metres, cubic metres, kilograms, seconds. `*_id` are IFC GlobalIds (unique within a file; a
null or doubled one got a reported substitute). A null means that the file does not say.

storeys       one row per IfcBuildingStorey, lowest first. `elevation_m` above the building's datum: as stated, else by
              the storey's placement; `storey_order` 0 is the lowest.
spaces        one row per IfcSpace. `area_source`: quantity, property, geometry, or null where nothing gives an area.
dwellings     one row per 住戶: an IfcZone, IfcSpatialZone or IfcSpace that the mapping takes for one. `rooms` counts
              its spaces that hold no other, `rooms_measured` those whose area is known. `area_m2` is what the dwelling
              itself states, else the sum of its rooms: of those known if `area_is_partial`, null where none is.
              `area_source` as of spaces; `mixed`: its rooms' areas are from different ones.
devices       one row per device; `kind` is one of `DEVICE_KINDS`; `dwelling_id` null means that it serves the building.
elements      one row per IfcElement that is no opening. `mesh` is the row of the mesh table and `instance` that of the
              placement matrix; both null where nothing was drawn. `overall_width_m` is that of a door.
connections   one row per door, opening, stair or lift and the space (or storey) it belongs to. `relation`: bounds,
              bounds_outside (the other side is outside), serves; open: both are spaces, with nothing between them.
properties    one row per property of an entity; a type's property is inherited unless the occurrence has its own
              (`inherited`). `value` as text (all values of a list, table or bounded one: `bim.parser.property_kinds`),
              `number` where it is one, `unit` as the file says (null: project unit). `quantity`: what its measure
              measures (length, area, power …; null: a label, a count, a ratio); `number_si` in SI, `value_si` the text
              of several values in SI. Linings, panels and the like of the schema's own are sets by their class's name.
quantities    one row per base quantity, SI. `quantity`: length, area, volume, count, weight, time.
systems       one row per member of a technical system (IfcSystem and its subclasses); `element_id` null: it has none.
classifications  one row per classification reference of an entity: `code` and `name` within the classification
              `system`. `inherited`: from its type.
attributes    one row per attribute, of any entity, that no other table has (`attribute` by its name in the schema, with
              `_m` where it is a length, which is then in metres): all of the project's, site's, building's and of
              groups, Description and the like of the others. `number` where it is one.
materials     one row per part of what an element is made of: `kind` is material, list, layer, constituent or profile,
              `part` its place in the set, from 0; `inherited`: from its type.
others        one row per opening (IfcFeatureElementSubtraction) and type, which are no elements; the `storey_id` of an
              opening is that of what it voids.
links         one row per two things that hang together: `relation` is voids, fills, bounds (`detail`: physical or
              virtual, which side), type, zone, system, group, part of, referenced in, covers, serves, connected to;
              `other_id` null: document, library, approval, constraint, TrueNorth (of the project, degrees from y), of
              which `detail` says all.
places        one row per thing that is not drawn by a kernel, storeys and openings too: origin and directions as in a
              placement (null without one), `corners` of its shape in model metres, `words` what else that is made of.
footprints    one row per outline ring; several `part`s where an entity has several. `polygon` is a closed ring of
              [longitude, latitude] in degrees WGS84 (null without georeference); `polygon_m` the same ring in local
              metres [x, y]; `base_m` and `height_m` above the model's own zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import polars as pl

_RING: Any = pl.List(pl.List(pl.Float64))

SCHEMAS: dict[str, pl.Schema] = {
    "storeys": pl.Schema(
        {
            "storey_id": pl.String,
            "name": pl.String,
            "building_id": pl.String,
            "elevation_m": pl.Float64,
            "storey_order": pl.Int32,
        }
    ),
    "spaces": pl.Schema(
        {
            "space_id": pl.String,
            "name": pl.String,
            "long_name": pl.String,
            "object_type": pl.String,
            "storey_id": pl.String,
            "dwelling_id": pl.String,
            "area_m2": pl.Float64,
            "area_source": pl.String,
        }
    ),
    "dwellings": pl.Schema(
        {
            "dwelling_id": pl.String,
            "name": pl.String,
            "dwelling_type": pl.String,
            "storey_id": pl.String,
            "area_m2": pl.Float64,
            "area_source": pl.String,
            "rooms": pl.Int32,
            "rooms_measured": pl.Int32,
            "area_is_partial": pl.Boolean,
        }
    ),
    "devices": pl.Schema(
        {
            "device_id": pl.String,
            "kind": pl.String,
            "name": pl.String,
            "serial": pl.String,
            "storey_id": pl.String,
            "dwelling_id": pl.String,
            "predefined_type": pl.String,
            "ifc_class": pl.String,
        }
    ),
    "elements": pl.Schema(
        {
            "element_id": pl.String,
            "ifc_class": pl.String,
            "name": pl.String,
            "tag": pl.String,
            "object_type": pl.String,
            "predefined_type": pl.String,
            "type_name": pl.String,
            "parent_id": pl.String,
            "storey_id": pl.String,
            "mesh": pl.UInt32,
            "instance": pl.UInt32,
            "overall_width_m": pl.Float64,
        }
    ),
    "connections": pl.Schema({"entity_id": pl.String, "place_id": pl.String, "relation": pl.String}),
    "properties": pl.Schema(
        {
            "entity_id": pl.String,
            "pset": pl.String,
            "name": pl.String,
            "value": pl.String,
            "number": pl.Float64,
            "unit": pl.String,
            "inherited": pl.Boolean,
            "quantity": pl.String,
            "number_si": pl.Float64,
            "value_si": pl.String,
        }
    ),
    "quantities": pl.Schema(
        {
            "entity_id": pl.String,
            "qset": pl.String,
            "name": pl.String,
            "quantity": pl.String,
            "value": pl.Float64,
        }
    ),
    "systems": pl.Schema(
        dict.fromkeys(
            ("system_id", "ifc_class", "name", "long_name", "object_type", "predefined_type", "element_id"), pl.String
        )
    ),
    "classifications": pl.Schema(
        {**dict.fromkeys(("entity_id", "system", "code", "name"), pl.String), "inherited": pl.Boolean}
    ),
    "attributes": pl.Schema(
        {**dict.fromkeys(("entity_id", "ifc_class", "attribute", "value"), pl.String), "number": pl.Float64}
    ),
    "materials": pl.Schema(
        {
            "entity_id": pl.String,
            "part": pl.Int32,
            "kind": pl.String,
            "material": pl.String,
            "thickness_m": pl.Float64,
            "set_name": pl.String,
            "inherited": pl.Boolean,
        }
    ),
    "others": pl.Schema(
        dict.fromkeys(
            ("thing_id", "ifc_class", "name", "tag", "object_type", "predefined_type", "storey_id"), pl.String
        )
    ),
    "links": pl.Schema(dict.fromkeys(("entity_id", "relation", "other_id", "detail"), pl.String)),
    "places": pl.Schema(
        {
            "entity_id": pl.String,
            **dict.fromkeys(("x_m", "y_m", "z_m", "ahead_x", "ahead_y", "up_z"), pl.Float64),
            "corners": _RING,
            "words": pl.String,
        }
    ),
    "footprints": pl.Schema(
        {
            "entity_id": pl.String,
            "kind": pl.String,
            "storey_id": pl.String,
            "part": pl.Int32,
            "polygon": _RING,
            "polygon_m": _RING,
            "base_m": pl.Float64,
            "height_m": pl.Float64,
        }
    ),
}
"""Name of each table → its schema."""

DEVICE_KINDS = (
    "electricity_meter",
    "water_meter",
    "gas_meter",
    "lift",
    "pv",
    "battery",
    "ev_charger",
    "pump",
    "sensor",
    "transformer",
    "fire_door",
    "other",
)
"""Every value that `devices.kind` takes."""

METER_KINDS = DEVICE_KINDS[:3]
"""The three meters that every dwelling and every building has."""


def empty(name: str) -> pl.DataFrame:
    """The table `name` without rows."""
    return pl.DataFrame(schema=SCHEMAS[name])


class Tables(Mapping[str, pl.DataFrame]):
    """The tables by name, each read when first asked for."""

    def __init__(self, read: Callable[[str], pl.DataFrame]) -> None:
        self._read = read
        self._held: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in SCHEMAS:
            raise KeyError(f"no table {name!r}; there are {', '.join(SCHEMAS)}")
        if name not in self._held:
            self._held[name] = self._read(name)
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(SCHEMAS)

    def __len__(self) -> int:
        return len(SCHEMAS)
