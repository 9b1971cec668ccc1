"""From what the parsing process left to a model's tables and meshes. Pure but for reading those files."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from bim import meshes, strokes
from bim.belongings import attributes_table, classifications_table, materials_table, systems_table
from bim.build.areas import stated_areas
from bim.build.devices import connections_table, devices_table, elements_table
from bim.build.dwellings import dwellings_of, dwellings_table
from bim.build.spaces import spaces_table
from bim.build.storeys import storeys_table
from bim.compare.tables import compared_tables, undrawn_places
from bim.coverage import Coverage, Phase, coverage
from bim.descriptions import properties_table, quantities_table
from bim.facts import Placed, Step
from bim.footprints import footprints_table, space_areas
from bim.georeference import FAR_M, Georeference, georeference
from bim.identity import identities
from bim.labels import Labels
from bim.mapping import Mapping
from bim.meshes import Meshes
from bim.reading import Reading
from bim.tree import Tree


@dataclass(frozen=True)
class Built:
    """All parts of a model but its name."""

    tables: dict[str, pl.DataFrame]
    meshes: Meshes
    georeference: Georeference
    coverage: Coverage


@dataclass(frozen=True)
class Stated:
    """What the caller says of a file that does not: metres per unit, (longitude, latitude) of its zero, the mapping."""

    length_unit_m: float | None
    site: tuple[float, float] | None
    mapping: Mapping


def build(reading: Reading, stated: Stated) -> Built:
    """Tables, meshes, georeference and coverage of a parsed file."""
    begun = time.process_time()
    parsed = reading.parsed
    tree = Tree(parsed.facts, identities(parsed.facts.entities))
    shapes, instance_of = _shapes(parsed.folder, tree)
    where = georeference(parsed.facts, _far(shapes), stated.site)
    undrawn = undrawn_places(tree, parsed.folder, set(instance_of))
    tables = _tables(tree, shapes, instance_of, where, stated.mapping, undrawn)
    phases = [
        Phase("parse", parsed.parse_cpu_s),
        *(Phase(f"draw: {each.kernel}", each.cpu_s, each.drawn) for each in parsed.passes),
        Phase("tables", time.process_time() - begun),
    ]
    unit_m = parsed.facts.length_unit_m
    unit = "none, and no lengths to read" if unit_m is None else f"{unit_m:g} m"
    return Built(tables, shapes, where, coverage(tree, reading, set(instance_of), tables, unit, phases))


def _shapes(folder: Path, tree: Tree) -> tuple[Meshes, dict[Step, int]]:
    """The drawn meshes, and product → its instance. A product that was drawn twice keeps its first shape."""
    records = strokes.instances(folder)
    pairs = list(strokes.meshes(folder))
    _, first = np.unique(records["step"], return_index=True)
    kept = records[np.sort(first)]
    kept = kept[kept["mesh"] < len(pairs)]
    steps = [Step(int(step)) for step in kept["step"]]
    entity_ids = [tree.ids.id_of[step] for step in steps]
    shapes = meshes.assembled(pairs, kept["mesh"].astype(np.int32), kept["placement"], entity_ids)
    return shapes, {step: instance for instance, step in enumerate(steps)}


def _far(shapes: Meshes) -> tuple[float, float] | None:
    """A typical placement, if it lies where only map coordinates do."""
    if not len(shapes.placement):
        return None
    x_m, y_m = np.median(shapes.placement[:, :2, 3], axis=0)
    return (float(x_m), float(y_m)) if max(abs(x_m), abs(y_m)) > FAR_M else None


def _tables(
    tree: Tree,
    shapes: Meshes,
    instance_of: dict[Step, int],
    where: Georeference,
    mapping: Mapping,
    undrawn: list[Placed],
) -> dict[str, pl.DataFrame]:
    said = _said(tree)
    properties, quantities = said["properties"], said["quantities"]
    storeys = storeys_table(tree)
    labels = Labels(tree, properties, mapping.properties)
    dwellings = dwellings_of(tree, mapping.dwelling, labels)
    areas = stated_areas(quantities, properties, tree.facts.area_unit_m2)
    spaces = spaces_table(tree, dwellings.inside, areas)
    footprints = footprints_table(tree, shapes, instance_of, spaces, storeys, where)
    spaces = _with_drawn_areas(spaces, footprints)
    drawn = {step: (int(shapes.mesh[instance]), instance) for step, instance in instance_of.items()}
    homes = dwellings_table(tree, dwellings, spaces, areas)
    return {
        "storeys": storeys,
        "spaces": spaces,
        "dwellings": homes,
        "devices": devices_table(tree, mapping, labels, dwellings, homes, properties),
        "elements": elements_table(tree, drawn),
        "connections": connections_table(tree),
        **said,
        "systems": systems_table(tree),
        "footprints": footprints,
        **compared_tables(tree, undrawn),
    }


def _said(tree: Tree) -> dict[str, pl.DataFrame]:
    """What entities say of themselves. The facts it is made of are let go: of a large file they fill the memory."""
    facts = tree.facts
    said = {
        "properties": properties_table(facts, tree.ids),
        "quantities": quantities_table(facts, tree.ids),
        "classifications": classifications_table(tree),
        "attributes": attributes_table(tree),
        "materials": materials_table(tree),
    }
    for spent in (facts.properties, facts.quantities, facts.described, facts.attributes, facts.made_of):
        spent.clear()
    return said


def _with_drawn_areas(spaces: pl.DataFrame, footprints: pl.DataFrame) -> pl.DataFrame:
    """Spaces whose area nothing states get that of their outline."""
    drawn = space_areas(footprints).rename({"entity_id": "space_id", "area_m2": "drawn_m2"})
    joined = spaces.join(drawn, on="space_id", how="left", maintain_order="left")
    by_geometry = pl.when(pl.col("drawn_m2").is_not_null()).then(pl.lit("geometry"))
    return joined.with_columns(
        area_source=pl.when(pl.col("area_m2").is_null()).then(by_geometry).otherwise(pl.col("area_source")),
        area_m2=pl.coalesce("area_m2", "drawn_m2"),
    ).select(spaces.columns)
