"""What things hang together with, compared by the things themselves: a zone under another name is the same zone.

Each tie is told of one side only: the member, the opening, the filling, the bounded element.
"""

from __future__ import annotations

import polars as pl

from bim.model import BuildingModel

_TOLD_BY_TYPE = "type"


def ties(old: BuildingModel, new: BuildingModel, both: pl.DataFrame) -> pl.DataFrame:
    """(new_id, attribute, value, value_new) of every thing in both whose ties of one kind are others than before.

    `both`: old_id, new_id, name, name_new … of what is in both (`bim.revision`).
    """
    new_id_of = both.select(pl.col("old_id"), pl.col("new_id").alias("same_as"))
    kept = both.select("old_id", "new_id")
    before = (
        _ties(old)
        .join(kept, left_on="entity_id", right_on="old_id", how="inner")
        .join(new_id_of, left_on="other_id", right_on="old_id", how="left")
        .with_columns(other=pl.coalesce("same_as", "other_id"))
    )
    after = _ties(new).join(kept, left_on="entity_id", right_on="new_id", how="inner")
    after = after.with_columns(new_id="entity_id", other="other_id")
    sides = [_listed(side, _names(model)) for side, model in ((before, old), (after, new))]
    joined = sides[0].join(sides[1], on=["new_id", "attribute"], how="full", coalesce=True, suffix="_new")
    return joined.filter(pl.col("others").ne_missing(pl.col("others_new"))).select(
        "new_id", "attribute", "value", "value_new"
    )


def _ties(model: BuildingModel) -> pl.DataFrame:
    dwellings = model.dwellings["dwelling_id"].implode()  # of which the column `dwelling` tells
    links = model.tables["links"].drop_nulls("other_id").filter(pl.col("relation") != _TOLD_BY_TYPE)
    return links.filter(~pl.col("other_id").is_in(dwellings)).with_columns(attribute="relation")


def _listed(side: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """One row per thing and kind of tie: the others by id, to be compared, and by name, to be shown."""
    named = side.join(names, left_on="other_id", right_on="thing_id", how="left")
    shown = pl.concat_str(pl.coalesce("called", "other_id"), "detail", separator=" ", ignore_nulls=True)
    key = pl.concat_str("other", "detail", separator=" ", ignore_nulls=True)
    rows = named.select("new_id", "attribute", key.alias("others"), shown.alias("value")).unique()
    return (
        rows.sort("new_id", "attribute", "value", "others")
        .group_by("new_id", "attribute", maintain_order=True)
        .agg(pl.col("others").sort().str.join("|"), pl.col("value").str.join("; "))
    )


def _names(model: BuildingModel) -> pl.DataFrame:
    tables = model.tables
    stated = tables["attributes"].filter(pl.col("attribute") == "Name").select(thing_id="entity_id", called="value")
    parts = [
        tables["elements"].select(thing_id="element_id", called="name"),
        tables["spaces"].select(thing_id="space_id", called="name"),
        tables["storeys"].select(thing_id="storey_id", called="name"),
        tables["others"].select("thing_id", called="name"),
        stated,
    ]
    return pl.concat(parts).drop_nulls().unique("thing_id", keep="first", maintain_order=True)
