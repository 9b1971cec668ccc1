"""All that a model says of its things beyond their own columns, as (entity, attribute, value), to be compared.

Columns: entity_id, attribute, value (text), number (null where the value is none).
"""

from __future__ import annotations

import polars as pl

from bim.model import BuildingModel

_NUMBERLESS = pl.lit(None, pl.Float64).alias("number")


def said(model: BuildingModel) -> pl.DataFrame:
    """One row per entity and attribute; of several of one name the first."""
    parts = [_attributes(model), _properties(model), _quantities(model), _materials(model), *_memberships(model)]
    return pl.concat(parts).unique(["entity_id", "attribute"], keep="first", maintain_order=True)


def _attributes(model: BuildingModel) -> pl.DataFrame:
    named = pl.col("attribute") != "Name"  # which is a column of every thing
    return model.tables["attributes"].filter(named).select("entity_id", "attribute", "value", "number")


def _properties(model: BuildingModel) -> pl.DataFrame:
    attribute = pl.concat_str("pset", pl.lit("."), "name").alias("attribute")
    return model.tables["properties"].select("entity_id", attribute, "value", "number")


def _quantities(model: BuildingModel) -> pl.DataFrame:
    attribute = pl.concat_str("qset", pl.lit("."), "name").alias("attribute")
    value = pl.col("value").round(6).cast(pl.String)
    return model.tables["quantities"].select("entity_id", attribute, value, number="value")


def _materials(model: BuildingModel) -> pl.DataFrame:
    """Layers as `concrete 240 mm | plaster 15 mm`, in their order."""
    thickness = pl.format(" {} mm", (pl.col("thickness_m") * 1000).round(3)).fill_null("")
    part = (pl.col("material").fill_null("—") + thickness).alias("value")
    parts = model.tables["materials"].sort("entity_id", "part", maintain_order=True).select("entity_id", part)
    return _listed(parts, "material", " | ")


def _memberships(model: BuildingModel) -> list[pl.DataFrame]:
    code = pl.concat_str("system", "code", "name", separator=" ", ignore_nulls=True).alias("value")
    classes = model.tables["classifications"].select("entity_id", code).sort("entity_id", "value")
    system = pl.coalesce("name", "system_id").alias("value")
    systems = model.tables["systems"].drop_nulls("element_id").select(pl.col("element_id").alias("entity_id"), system)
    return [_listed(classes, "classification", "; "), _listed(systems.sort("entity_id", "value"), "system", "; ")]


def _listed(rows: pl.DataFrame, attribute: str, separator: str) -> pl.DataFrame:
    listed = rows.group_by("entity_id", maintain_order=True).agg(pl.col("value").str.join(separator))
    return listed.select("entity_id", pl.lit(attribute).alias("attribute"), "value", _NUMBERLESS)
