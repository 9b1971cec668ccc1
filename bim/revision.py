"""What changed between two revisions of a building's model, attribute by attribute.

Things are matched by GlobalId, then by serial, tag, name, type, storey and placement, since exporters do not keep
GlobalIds (`bim.things`). `change` is one of

    added           in the new model only
    removed         in the old model only
    re-identified   the same thing under another GlobalId; `before` and `after` are the ids
    moved           its placement changed: `before` and `after` are `x y z` in metres, and the direction if it turned
    changed         one attribute or property: `attribute` says which; `size` is the box of its shape in metres
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from bim.model import BuildingModel
from bim.things import ATTRIBUTES, PLACE, SIZE, matched, things

SCHEMA = pl.Schema(
    {
        "change": pl.String,
        "entity_id": pl.String,
        "previous_id": pl.String,
        "ifc_class": pl.String,
        "name": pl.String,
        "attribute": pl.String,
        "before": pl.String,
        "after": pl.String,
        "matched_by": pl.String,
    }
)
"""Columns of a diff. `entity_id` is the new id (null if removed), `previous_id` the old one (null if added)."""

TOLERANCE_M = 0.001
"""Places and sizes closer than this are the same."""


def diff(old: BuildingModel, new: BuildingModel) -> pl.DataFrame:
    """One row per change from `old` to `new`, columns `SCHEMA`, sorted; empty between equal models."""
    before, after = things(old), things(new)
    pairs = matched(before, after)
    both = pairs.join(before, left_on="old_id", right_on="thing_id", how="left", maintain_order="left").join(
        after, left_on="new_id", right_on="thing_id", how="left", maintain_order="left", suffix="_new"
    )
    rows = [
        _only(before, pairs["old_id"], "removed", "previous_id"),
        _only(after, pairs["new_id"], "added", "entity_id"),
        _re_identified(both),
        _apart(both, PLACE, "moved", "placement"),
        _apart(both, SIZE, "changed", "size"),
        *(_changed(both, name) for name in ("ifc_class", *ATTRIBUTES)),
        _properties(old, new, both),
    ]
    return pl.concat(rows).sort(SCHEMA.names(), nulls_last=True)


def successors(changes: pl.DataFrame) -> dict[str, str]:
    """Old id → new id of everything re-identified: who keeps readings by id follows these."""
    rows = changes.filter(pl.col("change") == "re-identified").select("previous_id", "entity_id")
    return dict(rows.iter_rows())


def _only(side: pl.DataFrame, known: pl.Series, change: str, id_column: str) -> pl.DataFrame:
    alone = side.filter(~pl.col("thing_id").is_in(known.implode()))
    return _rows(alone, change=pl.lit(change), **{id_column: pl.col("thing_id")})


def _re_identified(both: pl.DataFrame) -> pl.DataFrame:
    other = both.filter(pl.col("old_id") != pl.col("new_id"))
    return _pair_rows(other, "re-identified", "GlobalId", pl.col("old_id"), pl.col("new_id"))


def _changed(both: pl.DataFrame, name: str) -> pl.DataFrame:
    other = both.filter(pl.col(name).ne_missing(pl.col(f"{name}_new")))
    return _pair_rows(other, "changed", name, pl.col(name), pl.col(f"{name}_new"))


def _apart(both: pl.DataFrame, names: tuple[str, ...], change: str, attribute: str) -> pl.DataFrame:
    """Those whose numbers are further apart than the tolerance; what was drawn once only counts as well."""
    old, new = (both.select([f"{name}{side}" for name in names]).to_numpy() for side in ("", "_new"))
    seen, seen_new = np.isfinite(old).all(axis=1), np.isfinite(new).all(axis=1)
    apart = (np.abs(np.nan_to_num(old) - np.nan_to_num(new)) > TOLERANCE_M).any(axis=1)
    other = both.filter(pl.Series((apart & seen & seen_new) | (seen != seen_new), dtype=pl.Boolean))
    shown = names if attribute == "size" else PLACE[:5]
    return _pair_rows(other, change, attribute, _numbers(shown, ""), _numbers(shown, "_new"))


def _numbers(names: tuple[str, ...], side: str) -> pl.Expr:
    return pl.concat_str([pl.col(f"{name}{side}").round(3).cast(pl.String) for name in names], separator=" ")


def _properties(old: BuildingModel, new: BuildingModel, both: pl.DataFrame) -> pl.DataFrame:
    """Properties and quantities of what is in both, by set and name."""
    ids = both.select("old_id", "new_id", "matched_by", "ifc_class_new", "name_new")
    before = _described(old).join(ids, left_on="entity_id", right_on="old_id", how="inner").drop("entity_id")
    after = _described(new).join(ids.select("new_id"), left_on="entity_id", right_on="new_id", how="inner")
    joined = before.join(
        after,
        left_on=["new_id", "attribute"],
        right_on=["entity_id", "attribute"],
        how="full",
        coalesce=True,
        suffix="_new",
    )
    other = joined.filter(pl.col("value").ne_missing(pl.col("value_new"))).select(
        "new_id", "attribute", "value", "value_new"
    )
    named = other.join(ids, on="new_id", how="left", maintain_order="left")
    return _pair_rows(named, "changed", None, pl.col("value"), pl.col("value_new"))


def _described(model: BuildingModel) -> pl.DataFrame:
    properties = model.tables["properties"].select(
        "entity_id", pl.concat_str("pset", pl.lit("."), "name").alias("attribute"), "value"
    )
    quantities = model.tables["quantities"].select(
        "entity_id",
        pl.concat_str("qset", pl.lit("."), "name").alias("attribute"),
        pl.col("value").round(6).cast(pl.String),
    )
    return pl.concat([properties, quantities]).unique(["entity_id", "attribute"], keep="first", maintain_order=True)


def _pair_rows(rows: pl.DataFrame, change: str, attribute: str | None, before: pl.Expr, after: pl.Expr) -> pl.DataFrame:
    return rows.select(
        change=pl.lit(change),
        entity_id=pl.col("new_id"),
        previous_id=pl.col("old_id"),
        ifc_class=pl.col("ifc_class_new"),
        name=pl.col("name_new"),
        attribute=pl.col("attribute") if attribute is None else pl.lit(attribute),
        before=before,
        after=after,
        matched_by=pl.col("matched_by"),
    ).cast(SCHEMA)


def _rows(things_: pl.DataFrame, **given: Any) -> pl.DataFrame:
    known = {"ifc_class": pl.col("ifc_class"), "name": pl.col("name"), **given}
    return things_.select(**{name: known.get(name, pl.lit(None, kind)) for name, kind in SCHEMA.items()})
