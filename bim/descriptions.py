"""The tables `properties` and `quantities`, joined from sets that many entities share, and quick look-ups in them."""

from __future__ import annotations

import polars as pl

from bim.facts import Facts
from bim.identity import Identities
from bim.tables import SCHEMAS

_OF_THE_SET = ("entity_id", "pset", "inherited")


def properties_table(facts: Facts, ids: Identities) -> pl.DataFrame:
    """Every property of every entity; the occurrence's own wins over its type's. In the file's order."""
    rows = pl.DataFrame(
        {
            "set": [each.pset for each in facts.properties],
            "name": [each.name for each in facts.properties],
            "value": [each.value for each in facts.properties],
            "number": [each.number for each in facts.properties],
            "unit": [each.unit for each in facts.properties],
            "quantity": [each.quantity for each in facts.properties],
            "number_si": [each.number_si for each in facts.properties],
            "value_si": [each.value_si for each in facts.properties],
        },
        schema={
            "set": pl.Int64,
            **{name: kind for name, kind in SCHEMAS["properties"].items() if name not in _OF_THE_SET},
        },
    )
    joined = _described(facts, ids).join(rows, on="set", how="inner", maintain_order="left_right")
    return _own_first(joined.rename({"set_name": "pset"}), "pset").select(SCHEMAS["properties"].names())


def quantities_table(facts: Facts, ids: Identities) -> pl.DataFrame:
    """Every quantity of every entity, SI."""
    rows = pl.DataFrame(
        [(each.qset, each.name, each.quantity, each.value) for each in facts.quantities],
        schema={"set": pl.Int64, "name": pl.String, "quantity": pl.String, "value": pl.Float64},
        orient="row",
    )
    joined = _described(facts, ids).join(rows, on="set", how="inner", maintain_order="left_right")
    return _own_first(joined.rename({"set_name": "qset"}), "qset").select(SCHEMAS["quantities"].names())


def _described(facts: Facts, ids: Identities) -> pl.DataFrame:
    known = [(ids.id_of[step], each, inherited) for step, each, inherited in facts.described if step in ids.id_of]
    frame = pl.DataFrame(
        {
            "entity_id": [entity_id for entity_id, _, _ in known],
            "set": [each for _, each, _ in known],
            "inherited": [inherited for _, _, inherited in known],
        },
        schema={"entity_id": pl.String, "set": pl.Int64, "inherited": pl.Boolean},
    )
    names = pl.DataFrame(
        {"set": list(facts.sets), "set_name": list(facts.sets.values())},
        schema={"set": pl.Int64, "set_name": pl.String},
    )
    return frame.join(names, on="set", how="inner", maintain_order="left")


def _own_first(frame: pl.DataFrame, set_column: str) -> pl.DataFrame:
    """One row per entity, set and name: `described` lists an occurrence's own sets before its type's."""
    if not frame["inherited"].any():
        return frame
    return frame.unique(["entity_id", set_column, "name"], keep="first", maintain_order=True)
