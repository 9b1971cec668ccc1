"""All that a model says of its things beyond their own columns, as (entity, attribute, value), to be compared.

Columns: entity_id, group (the property or quantity set, null for other attributes), attribute, value (text), number
(SI; null where the value is none), inherited (from the thing's type).
"""

from __future__ import annotations

import polars as pl

from bim.model import BuildingModel

SAID = pl.Schema(
    {
        **dict.fromkeys(("entity_id", "group", "attribute", "value"), pl.String),
        "number": pl.Float64,
        "inherited": pl.Boolean,
    }
)


def said(model: BuildingModel, *, si: bool) -> pl.DataFrame:
    """One row per entity and attribute; of several of one name the first. `si`: values in SI, not the file's units."""
    parts = [_attributes(model), _properties(model, si=si), _quantities(model), _materials(model), _classes(model),
             _details(model)]  # fmt: skip
    rows = pl.concat([_as_said(part) for part in parts])
    return rows.unique(["entity_id", "attribute"], keep="first", maintain_order=True)


def _as_said(part: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, kind).alias(name) for name, kind in SAID.items() if name not in part.columns]
    return part.with_columns(missing).select(SAID.names()).with_columns(pl.col("inherited").fill_null(value=False))


def _attributes(model: BuildingModel) -> pl.DataFrame:
    named = pl.col("attribute") != "Name"  # which is a column of every thing
    return model.tables["attributes"].filter(named).select("entity_id", "attribute", "value", "number")


def _properties(model: BuildingModel, *, si: bool) -> pl.DataFrame:
    """A measure's number in SI; `value` too, where the two models are in other units."""
    number = pl.coalesce("number_si", "number")
    measured = pl.when(pl.col("number_si").is_not_null()).then(pl.col("number_si").round(9).cast(pl.String))
    value = pl.coalesce("value_si", measured, "value") if si else pl.col("value")
    attribute = pl.concat_str("pset", pl.lit("."), "name")
    return model.tables["properties"].select(
        "entity_id", "inherited", group="pset", attribute=attribute, value=value, number=number
    )


def _quantities(model: BuildingModel) -> pl.DataFrame:
    attribute = pl.concat_str("qset", pl.lit("."), "name").alias("attribute")
    value = pl.col("value").round(6).cast(pl.String)
    return model.tables["quantities"].select("entity_id", attribute, value, group="qset", number="value")


def _materials(model: BuildingModel) -> pl.DataFrame:
    """Layers as `concrete 240 mm | plaster 15 mm`, in their order."""
    thickness = pl.format(" {} mm", (pl.col("thickness_m") * 1000).round(3)).fill_null("")
    part = (pl.col("material").fill_null("—") + thickness).alias("value")
    parts = model.tables["materials"].sort("entity_id", "part", maintain_order=True)
    return _listed(parts.select("entity_id", "inherited", part), "material", " | ")


def _classes(model: BuildingModel) -> pl.DataFrame:
    code = pl.concat_str("system", "code", "name", separator=" ", ignore_nulls=True).alias("value")
    classes = model.tables["classifications"].select("entity_id", "inherited", code).sort("entity_id", "value")
    return _listed(classes, "classification", "; ")


def _details(model: BuildingModel) -> pl.DataFrame:
    """Documents and the like, which are texts and no things; true north, a number."""
    alone = model.tables["links"].filter(pl.col("other_id").is_null()).sort("entity_id", "relation", "detail")
    rows = alone.select("entity_id", value="detail", attribute="relation", inherited=pl.lit(value=False))
    number = pl.when(pl.col("attribute") == "TrueNorth").then(pl.col("value")).cast(pl.Float64, strict=False)
    by_kind = rows.group_by("entity_id", "attribute", "inherited", maintain_order=True)
    listed = by_kind.agg(pl.col("value").str.join("; "))
    return listed.with_columns(number=number)


def _listed(rows: pl.DataFrame, attribute: str, separator: str) -> pl.DataFrame:
    listed = rows.group_by("entity_id", "inherited", maintain_order=True).agg(pl.col("value").str.join(separator))
    return listed.with_columns(attribute=pl.lit(attribute))
