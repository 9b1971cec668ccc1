"""The tables `systems`, `classifications`, `materials` and `attributes`: what else a file says of a thing."""

from __future__ import annotations

import polars as pl

from bim.tables import SCHEMAS
from bim.tree import Tree


def systems_table(tree: Tree) -> pl.DataFrame:
    """Every IfcSystem with its members, sorted; an empty one has a row without a member."""
    ids = tree.ids.id_of
    zones = {each.step for each in tree.of_class("IfcZone")}  # a zone of spaces is an IfcSystem since IFC4
    systems = {each.step: each for each in tree.of_class("IfcSystem") if each.step not in zones}
    members = [(group, ids[member]) for group, member in tree.facts.members if group in systems and member in ids]
    told = {group for group, _ in members}
    rows = [
        (ids[group], each.ifc_class, each.name, each.long_name, each.object_type, each.predefined_type, member)
        for group, member in [*members, *((step, None) for step in systems if step not in told)]
        for each in (systems[group],)
    ]
    return pl.DataFrame(rows, schema=SCHEMAS["systems"], orient="row").unique().sort("system_id", "element_id")


def classifications_table(tree: Tree) -> pl.DataFrame:
    """Every classification reference of every entity, its own before its type's."""
    ids = tree.ids.id_of
    rows = [
        (ids[each.entity], each.system, each.code, each.name, each.inherited)
        for each in tree.facts.classifications
        if each.entity in ids
    ]
    frame = pl.DataFrame(rows, schema=SCHEMAS["classifications"], orient="row")
    return frame.unique(["entity_id", "system", "code", "name"], keep="first", maintain_order=True)


def attributes_table(tree: Tree) -> pl.DataFrame:
    """Every attribute that has no column elsewhere, in the file's order."""
    ids, entities = tree.ids.id_of, tree.entity_of
    told = [each for each in tree.facts.attributes if each.entity in ids]
    columns = {
        "entity_id": [ids[each.entity] for each in told],
        "ifc_class": [entities[each.entity].ifc_class for each in told],
        "attribute": [each.name for each in told],
        "value": [each.value for each in told],
        "number": [each.number for each in told],
    }
    return pl.DataFrame(columns, schema=SCHEMAS["attributes"])


def materials_table(tree: Tree) -> pl.DataFrame:
    """Every part of what each entity is made of."""
    ids = tree.ids.id_of
    made_of = [(ids[step], of, inherited) for step, of, inherited in tree.facts.made_of if step in ids]
    entities = pl.DataFrame(
        made_of, schema={"entity_id": pl.String, "of": pl.Int64, "inherited": pl.Boolean}, orient="row"
    )
    parts = pl.DataFrame(
        [(p.of, p.order, p.kind, p.material, p.thickness_m, p.set_name) for p in tree.facts.materials],
        schema={"of": pl.Int64, **{c: SCHEMAS["materials"][c] for c in SCHEMAS["materials"].names()[1:-1]}},
        orient="row",
    )
    joined = entities.join(parts, on="of", how="inner", maintain_order="left_right")
    return joined.select(SCHEMAS["materials"].names())
