"""The table `storeys`."""

from __future__ import annotations

import polars as pl

from bim.tables import SCHEMAS
from bim.tree import Tree


def storeys_table(tree: Tree) -> pl.DataFrame:
    """Storeys, lowest first; one without any height keeps its place in the file after those that have one."""
    rows = [
        (tree.ids.id_of[each.step], each.name, tree.above(each.step, "IfcBuilding"), each.elevation_m, 0)
        for each in tree.of_class("IfcBuildingStorey")
    ]
    frame = pl.DataFrame(rows, schema=SCHEMAS["storeys"], orient="row")
    ordered = frame.sort("elevation_m", nulls_last=True, maintain_order=True)
    return ordered.with_columns(storey_order=pl.int_range(pl.len(), dtype=pl.Int32))
