"""The tables `others`, `links` and `places`, which only a comparison reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import polars as pl

from bim.facts import NO_STEP, Placed, Step, Told
from bim.identity import identities
from bim.strokes import UNDRAWN
from bim.tables import SCHEMAS
from bim.tree import Tree

UNKNOWN = "?"
"""Words of a body that no kernel drew and that could not be described either."""


def undrawn_places(tree: Tree, folder: Path, drawn: set[Step]) -> list[Placed]:
    """Of all with a body that is not `drawn`: what the parsing process told of it, else that nothing is known."""
    path = folder / UNDRAWN
    told = msgspec.json.decode(path.read_bytes(), type=list[Placed]) if path.exists() else []
    known = {each.entity: each for each in told}
    left = [each.step for each in tree.facts.entities if each.wanted and each.step not in drawn]
    return [known.get(step, Placed(step, None, [], UNKNOWN)) for step in left]


def compared_tables(tree: Tree, undrawn: list[Placed]) -> dict[str, pl.DataFrame]:
    """The three tables. Ids of others are unique beside those of the entities, which keep theirs."""
    told = tree.facts.told
    ids = identities([*tree.facts.entities, *told.others]).id_of
    return {
        "others": _others(tree, told, ids),
        "links": _links(tree, told, ids),
        "places": _places([*told.places, *undrawn], ids),
    }


def _others(tree: Tree, told: Told, ids: dict[Step, str]) -> pl.DataFrame:
    host = {each.entity: each.other for each in told.links if each.relation == "voids"}
    rows = [
        (
            ids[each.step],
            each.ifc_class,
            each.name,
            each.tag,
            each.object_type,
            each.predefined_type,
            tree.storey_id(host[each.step]) if each.step in host else None,
        )
        for each in told.others
    ]
    return _columns("others", rows)


def _links(tree: Tree, told: Told, ids: dict[Step, str]) -> pl.DataFrame:
    rows: list[tuple[str | None, ...]] = [
        (ids[each.entity], each.relation, ids.get(each.other), each.detail)
        for each in told.links
        if each.entity in ids and (each.other in ids or each.other == NO_STEP)
    ]
    rows += [(ids[member], _called(tree, group), ids[group], None) for group, member in tree.facts.members
             if group in ids and member in ids]  # fmt: skip
    storeys = {each.step for each in tree.of_class("IfcBuildingStorey")}
    hosted = {each.entity for each in told.links if each.relation == "fills"}
    rows += [
        (ids[part], "part of", ids[whole], None)
        for part, whole in tree.facts.parents.items()
        if part in ids and whole in ids and whole not in storeys and part not in hosted
    ]
    if told.true_north_deg is not None:
        rows += [(ids[each.step], "TrueNorth", None, f"{told.true_north_deg}") for each in tree.of_class("IfcProject")]
    ordered = sorted(set(rows), key=lambda row: [(each is None, each or "") for each in row])
    return _columns("links", ordered)


def _columns(name: str, rows: Sequence[tuple[str | None, ...]]) -> pl.DataFrame:
    """A table of texts; columns are four times as fast as rows."""
    schema = SCHEMAS[name]
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pl.DataFrame(
        [pl.Series(each, values, pl.String) for each, values in zip(schema.names(), columns, strict=True)]
    )


def _called(tree: Tree, group: Step) -> str:
    entity = tree.entity_of.get(group)
    lineage = tree.facts.lineage.get(entity.ifc_class, []) if entity is not None else []
    if "IfcZone" in lineage:
        return "zone"
    return "system" if "IfcSystem" in lineage else "group"


def _places(places: list[Placed], ids: dict[Step, str]) -> pl.DataFrame:
    kept = [each for each in places if each.entity in ids]
    columns = {
        "entity_id": [ids[each.entity] for each in kept],
        **{
            name: [None if each.frame is None else each.frame[at] for each in kept]
            for at, name in enumerate(("x_m", "y_m", "z_m", "ahead_x", "ahead_y", "up_z"))
        },
        "corners": [each.corners for each in kept],
        "words": [each.words for each in kept],
    }
    return pl.DataFrame(columns, schema=SCHEMAS["places"])
