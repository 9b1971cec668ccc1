"""The table `spaces`."""

from __future__ import annotations

import polars as pl

from bim.facts import Step
from bim.tables import SCHEMAS
from bim.tree import Tree


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
