"""The tables `storeys`, `spaces` and `dwellings`."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping

import polars as pl

from bim.facts import Entity, Step
from bim.identity import compressed
from bim.labels import Labels
from bim.mapping import DwellingRule, says
from bim.tables import SCHEMAS
from bim.tree import Tree

_NAMESPACE = uuid.UUID("0a2f7f04-3d0c-5a0b-8a6c-0b1d1d6e7f22")
_AREA_NAMES = ("NetFloorArea", "GrossFloorArea", "NetArea", "GrossArea", "Area", "BOMArea", "面積")


def storeys_table(tree: Tree) -> pl.DataFrame:
    """Storeys, lowest first; one without elevation keeps its place in the file after those that have one."""
    rows = [
        (tree.ids.id_of[each.step], each.name, tree.above(each.step, "IfcBuilding"), each.elevation_m, 0)
        for each in tree.of_class("IfcBuildingStorey")
    ]
    frame = pl.DataFrame(rows, schema=SCHEMAS["storeys"], orient="row")
    ordered = frame.sort("elevation_m", nulls_last=True, maintain_order=True)
    return ordered.with_columns(storey_order=pl.int_range(pl.len(), dtype=pl.Int32))


def dwelling_of(tree: Tree, rule: DwellingRule, labels: Labels) -> tuple[dict[str, Entity], dict[Step, str]]:
    """Dwellings by id (with the zone or space that is one), and space → dwelling.

    Zones that say that they are dwellings; else spaces that say so; else groups of spaces by their names, if the rule
    has a pattern for that.
    """
    zones = [each for each in tree.of_class("IfcZone", "IfcSpatialZone") if _is_dwelling(labels.of(each), rule)]
    spaces = tree.of_class("IfcSpace")
    if zones:
        return _by_zone(tree, zones, {each.step for each in spaces})
    if rule.group_spaces_by is not None:
        return _by_name(tree, spaces, rule)
    dwellings = [each for each in spaces if _is_dwelling(labels.of(each), rule)]
    own = {each.step: tree.ids.id_of[each.step] for each in dwellings}
    return {own[each.step]: each for each in dwellings}, own


def spaces_table(tree: Tree, dwelling: dict[Step, str], areas: pl.DataFrame) -> pl.DataFrame:
    """Spaces, with areas (entity_id, area_m2, area_source) joined to them."""
    rows = [
        (
            tree.ids.id_of[each.step],
            each.name,
            each.long_name,
            each.object_type or each.predefined_type,
            tree.storey_id(each.step),
            dwelling.get(each.step),
        )
        for each in tree.of_class("IfcSpace")
    ]
    columns = {name: kind for name, kind in SCHEMAS["spaces"].items() if not name.startswith("area_")}
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return frame.join(areas, left_on="space_id", right_on="entity_id", how="left", maintain_order="left").select(
        SCHEMAS["spaces"].names()
    )


def dwellings_table(tree: Tree, entities: dict[str, Entity], spaces: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """Dwellings: storey and rooms from their spaces; the area is the zone's own, else the sum of its spaces'."""
    rows = [(key, each.name, each.long_name or each.object_type) for key, each in entities.items()]
    frame = pl.DataFrame(
        rows, schema={"dwelling_id": pl.String, "name": pl.String, "dwelling_type": pl.String}, orient="row"
    )
    summed = (
        spaces.filter(pl.col("dwelling_id").is_not_null())
        .group_by("dwelling_id", maintain_order=True)
        .agg(
            pl.col("storey_id").first(),
            pl.col("area_m2").sum().alias("summed_m2"),
            pl.col("area_source").max().alias("summed_source"),
            pl.len().cast(pl.Int32).alias("rooms"),
        )
    )
    own = areas.rename({"entity_id": "dwelling_id"})
    joined = frame.join(summed, on="dwelling_id", how="left", maintain_order="left").join(
        own, on="dwelling_id", how="left", maintain_order="left"
    )
    return joined.with_columns(
        area_m2=pl.coalesce("area_m2", "summed_m2"),
        area_source=pl.coalesce("area_source", "summed_source"),
        rooms=pl.col("rooms").fill_null(0),
    ).select(SCHEMAS["dwellings"].names())


def stated_areas(quantities: pl.DataFrame, properties: pl.DataFrame) -> pl.DataFrame:
    """(entity_id, area_m2, area_source): base quantities first, then properties called an area, net before gross."""
    measured = quantities.filter(pl.col("quantity") == "area").select(
        "entity_id", "name", pl.col("value").alias("area_m2"), pl.lit("quantity").alias("area_source")
    )
    told = properties.select(
        "entity_id", "name", pl.col("number").alias("area_m2"), pl.lit("property").alias("area_source")
    )
    ranks = pl.DataFrame({"name": _AREA_NAMES, "rank": range(len(_AREA_NAMES))})
    return (
        pl.concat([measured, told])
        .filter(pl.col("area_m2") > 0)
        .join(ranks, on="name", how="inner", maintain_order="left")
        .sort("entity_id", pl.col("area_source") != "quantity", "rank", maintain_order=True)
        .unique("entity_id", keep="first", maintain_order=True)
        .select("entity_id", "area_m2", "area_source")
    )


def _is_dwelling(texts: tuple[str, ...], rule: DwellingRule) -> bool:
    return says(rule.matches, texts) and not says(rule.excludes, texts)


def _by_zone(tree: Tree, zones: list[Entity], spaces: set[Step]) -> tuple[dict[str, Entity], dict[Step, str]]:
    """The dwellings that are zones, and the zone of each space: one that it is a member of, or a zone around that."""
    by_group: dict[Step, list[Step]] = defaultdict(list)
    for group, member in tree.facts.members:
        by_group[group].append(member)
    inside: dict[Step, str] = {}
    for members_of in (by_group.__getitem__, lambda zone: _within(zone, by_group)):
        for zone in zones:
            for member in members_of(zone.step):
                if member in spaces:
                    inside.setdefault(member, tree.ids.id_of[zone.step])
    return {tree.ids.id_of[zone.step]: zone for zone in zones}, inside


def _within(zone: Step, by_group: Mapping[Step, list[Step]]) -> list[Step]:
    """Members of a zone and of the zones in it, in any depth; a zone in itself ends."""
    found = [zone]
    seen = {zone}
    for group in found:
        new = [member for member in by_group.get(group, ()) if member not in seen]
        seen.update(new)
        found.extend(new)
    return found[1:]


def _by_name(tree: Tree, spaces: list[Entity], rule: DwellingRule) -> tuple[dict[str, Entity], dict[Step, str]]:
    assert rule.group_spaces_by is not None
    entities: dict[str, Entity] = {}
    inside: dict[Step, str] = {}
    for space in spaces:
        found = rule.group_spaces_by.search(space.name or "")
        if found is None:
            continue
        name = found.group(1)
        key = compressed(uuid.uuid5(_NAMESPACE, name))
        entities.setdefault(key, _named(space, name))
        inside[space.step] = key
    return entities, inside


def _named(space: Entity, name: str) -> Entity:
    return Entity(
        step=space.step,
        ifc_class="IfcZone",
        global_id=None,
        name=name,
        long_name=None,
        object_type=None,
        predefined_type=None,
        tag=None,
        type_name=None,
        elevation_m=None,
        wanted=False,
    )
