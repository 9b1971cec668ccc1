"""The tables `devices`, `elements` and `connections`."""

from __future__ import annotations

import polars as pl

from bim.build.dwellings import Dwellings
from bim.facts import Entity, Step
from bim.labels import Labels
from bim.mapping import Mapping
from bim.tables import SCHEMAS
from bim.tree import Tree

_EQUIPMENT = frozenset({"IfcDistributionElement", "IfcTransportElement", "IfcElectricAppliance"})
_NO_EQUIPMENT = frozenset({"IfcFlowSegment", "IfcFlowFitting", "IfcDistributionChamberElement", "IfcPort"})
_SERIALS = ("SerialNumber", "Serial Number", "序號", "表號", "MeterNumber")
_FIRE_DOOR = ("FireRating", "FireExit")


def devices_table(
    tree: Tree,
    mapping: Mapping,
    labels: Labels,
    dwellings: Dwellings,
    homes: pl.DataFrame,
    properties: pl.DataFrame,
) -> pl.DataFrame:
    """Every element that the mapping takes for a device, other equipment, and fire doors.

    Law: one in a cabinet or on a board is where that is; one of a dwelling (`homes`: that table) that is on no storey
    is on the dwelling's.
    """
    storey_of = dict(homes.select("dwelling_id", "storey_id").iter_rows())
    serials = _first(properties.filter(pl.col("name").is_in(_SERIALS)))
    fire_doors = _fire_doors(properties)
    rows = []
    for each in tree.of_class("IfcElement", "IfcProxy"):
        key = tree.ids.id_of[each.step]
        kind = _kind(each, tree.facts.lineage[each.ifc_class], mapping, labels, is_fire_door=key in fire_doors)
        if kind is not None:
            dwelling = dwellings.around(tree, each.step)
            rows.append(
                (
                    key,
                    kind,
                    each.name,
                    serials.get(key),
                    tree.storey_id(each.step) or storey_of.get(dwelling or ""),
                    dwelling,
                    each.predefined_type,
                    each.ifc_class,
                )
            )
    return pl.DataFrame(rows, schema=SCHEMAS["devices"], orient="row")


def elements_table(tree: Tree, drawn: dict[Step, tuple[int, int]]) -> pl.DataFrame:
    """Every element; `drawn` gives its (mesh, instance)."""
    nowhere = (None, None)
    rows = [
        (
            tree.ids.id_of[each.step],
            each.ifc_class,
            each.name,
            each.tag,
            each.object_type,
            each.predefined_type,
            each.type_name,
            tree.parent_id(each.step),
            tree.storey_id(each.step),
            *drawn.get(each.step, nowhere),
            each.overall_width_m,
        )
        for each in tree.of_class("IfcElement", "IfcProxy")
    ]
    return pl.DataFrame(rows, schema=SCHEMAS["elements"], orient="row")


def connections_table(tree: Tree) -> pl.DataFrame:
    """What each door, stair and lift belongs to, sorted."""
    ids = tree.ids.id_of
    rows = [(ids[one], ids[place], how) for one, place, how in tree.facts.connections if one in ids and place in ids]
    return pl.DataFrame(rows, schema=SCHEMAS["connections"], orient="row").sort("entity_id", "place_id", "relation")


def _kind(entity: Entity, lineage: list[str], mapping: Mapping, labels: Labels, *, is_fire_door: bool) -> str | None:
    occurrence = (entity.type_class or "").removesuffix(
        "Type"
    )  # IfcFlowController of an IfcFlowMeterType: IfcFlowMeter
    known_as = [*lineage, occurrence]
    texts = labels.of(entity)
    for rule in mapping.devices:
        if rule.takes(entity, known_as, texts):
            return rule.kind
    if is_fire_door and "IfcDoor" in lineage:
        return "fire_door"
    is_equipment = _EQUIPMENT.intersection(lineage) and not _NO_EQUIPMENT.intersection(lineage)
    return "other" if is_equipment else None


def _first(rows: pl.DataFrame) -> dict[str, str]:
    told = rows.filter(pl.col("value").is_not_null()).unique("entity_id", keep="first", maintain_order=True)
    return dict(told.select("entity_id", "value").iter_rows())


def _fire_doors(properties: pl.DataFrame) -> set[str]:
    """Entities with a fire rating, or that are fire exits, by Pset_DoorCommon."""
    told = properties.filter(
        pl.col("name").is_in(_FIRE_DOOR)
        & pl.col("pset").str.to_lowercase().str.contains("pset_doorcommon")
        & ~pl.col("value").fill_null("").str.strip_chars().str.to_lowercase().is_in(["", "false", "0", "none", "-"])
    )
    return set(told["entity_id"])
