"""What changed between two revisions of a building's model, attribute by attribute.

Things are matched by GlobalId, then by serial, tag, name, type, storey and placement, since exporters do not keep
GlobalIds (`bim.compare.things`). `change` is one of

    added           in the new model only
    removed         in the old model only
    re-identified   the same thing under another GlobalId; `before` and `after` are the ids
    moved           its placement changed: `before` and `after` are `x y z` in metres, and the direction if it turned
    changed         one attribute, property or quantity: `attribute` says which. `size` is the box of its shape in
                    metres; `material`, `classification` and `system` list all it is made of, classed as and part of

An attribute is called as in the model's tables (`storey`, `overall_width_m`), by its name in the schema where it has no
column (`Description`, `OverallHeight_m`), a property `Set.Name`. Numbers closer than a millionth are the same. A thing
is on another storey when that is another storey, not when the same one has another name.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from bim.compare.said import said
from bim.compare.things import ATTRIBUTES, PLACE, ROUNDED, SIZE, matched, things
from bim.model import BuildingModel

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

_ROUNDED_APART_M = 1.5 * TOLERANCE_M
_SAME = 1e-6
"""Numbers that differ by less, as a share of the larger, are the same: exporters compute them anew."""

_CONTAINERS = ("storey", "dwelling")


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
        _said(old, new, both),
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
    before, after = pl.col(name), pl.col(f"{name}_new")
    is_other = before.ne_missing(after)
    if name in ROUNDED:
        apart_m = (before.cast(pl.Float64) - after.cast(pl.Float64)).abs()
        is_other &= (apart_m > _ROUNDED_APART_M).fill_null(value=True)
    if name in _CONTAINERS:  # whatever the containers are called
        new_id_of = both.select(pl.col("old_id").alias(f"{name}_id"), pl.col("new_id").alias("same_as"))
        both = both.join(new_id_of, on=f"{name}_id", how="left", maintain_order="left")
        is_other = pl.col("same_as").ne_missing(pl.col(f"{name}_id_new"))
    return _pair_rows(both.filter(is_other), "changed", name, before, after)


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


def _said(old: BuildingModel, new: BuildingModel, both: pl.DataFrame) -> pl.DataFrame:
    """What is said of the things in both: attributes without a column, properties, quantities, materials, classes."""
    ids = both.select("old_id", "new_id", "matched_by", "ifc_class_new", "name_new")
    before = said(old).join(ids, left_on="entity_id", right_on="old_id", how="inner").drop("entity_id")
    after = said(new).join(ids.select("new_id"), left_on="entity_id", right_on="new_id", how="inner")
    joined = before.join(
        after,
        left_on=["new_id", "attribute"],
        right_on=["entity_id", "attribute"],
        how="full",
        coalesce=True,
        suffix="_new",
    )
    number, number_new = pl.col("number"), pl.col("number_new")
    nearly = (number - number_new).abs() <= _SAME * pl.max_horizontal(number.abs(), number_new.abs())
    is_other = pl.col("value").ne_missing(pl.col("value_new")) & ~nearly.fill_null(value=False)
    other = joined.filter(is_other).select("new_id", "attribute", "value", "value_new")
    named = other.join(ids, on="new_id", how="left", maintain_order="left")
    return _pair_rows(named, "changed", None, pl.col("value"), pl.col("value_new"))


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
