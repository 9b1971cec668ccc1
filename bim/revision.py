"""What changed between two revisions of a building's model, attribute by attribute.

Things are matched by GlobalId, then by serial, tag, name, type, storey and place, since exporters do not keep
GlobalIds (`bim.compare.matching`). `change` is one of

    added           in the new model only
    removed         in the old model only
    re-identified   the same thing under another GlobalId; `before` and `after` are the ids
    moved           it stands elsewhere, by its placement or its coordinates: `before` and `after` are `x y z` in
                    metres, and the direction if it turned. Of the project, `georeference`: where the model lies on the
                    map, and how far that moved; `placement`: everything moved alike
    changed         one attribute, property or quantity: `attribute` says which. `size` is the box of its shape in
                    metres, `shape` another shape in the same box; `material` and `classification` list all it is made
                    of and classed as; `zone`, `system`, `voids`, `fills`, `bounds` … what it hangs together with

An attribute is called as in the model's tables (`storey`, `overall_width_m`), by its name in the schema where it has no
column (`Description`, `OverallHeight_m`), a property `Set.Name`. Numbers are compared in SI; those closer than a
millionth are the same, places and shapes closer than a millimetre. What a type says is told of the type, once. A thing
is on another storey when that is another storey, not when the same one has another name.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from bim.compare.matching import matched
from bim.compare.shapes import Bodies, Comparison, Fate
from bim.compare.surfaces import TOLERANCE_M
from bim.compare.tables import UNKNOWN
from bim.compare.things import ATTRIBUTES, ROUNDED, everything
from bim.compare.ties import ties
from bim.compare.together import without_followers
from bim.compare.where import moved_on_the_map
from bim.compare.words import typed, words
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

_ROUNDED_APART_M = 1.5 * TOLERANCE_M
_CONTAINERS = ("storey", "dwelling")
_PLACED_BY = ("RefLatitude", "RefLongitude", "TrueNorth")
_PLACED_BY_SETS = ("epset_mapconversion.", "epset_projectedcrs.")
"""What a file says of its georeference: told as that."""


def diff(old: BuildingModel, new: BuildingModel) -> pl.DataFrame:
    """One row per change from `old` to `new`, columns `SCHEMA`, sorted; empty between equal models."""
    before, after = everything(old), everything(new)
    pairs = matched(before, after)
    both = pairs.join(before, left_on="old_id", right_on="thing_id", how="left", maintain_order="left").join(
        after, left_on="new_id", right_on="thing_id", how="left", maintain_order="left", suffix="_new"
    )
    fates = Comparison(Bodies(old), Bodies(new)).fates(pairs)
    where = _where(old, new, both)
    said = _pair_rows(_of(words(old, new, both), both), "changed", None, pl.col("value"), pl.col("value_new"))
    rows = [
        _only(before, pairs["old_id"], "removed", "previous_id"),
        _only(after, pairs["new_id"], "added", "entity_id"),
        _re_identified(both),
        _fates(without_followers(fates, old, new, both), both),
        *(_changed(both, name) for name in ("ifc_class", *ATTRIBUTES) if name != "type_name"),
        _type_name(old, new, both),
        said if where.is_empty() else _but_the_place(said),
        where,
        _pair_rows(_of(ties(old, new, both), both), "changed", None, pl.col("value"), pl.col("value_new")),
    ]
    return pl.concat(rows).unique(maintain_order=True).sort(SCHEMA.names(), nulls_last=True)


def not_compared(old: BuildingModel, new: BuildingModel) -> pl.DataFrame:
    """Things whose shape no kernel drew and no description told: a change of it would not be seen. Columns side
    (before, after), thing_id, ifc_class, name."""
    return pl.concat([_unknown(old, "before"), _unknown(new, "after")])


def _unknown(model: BuildingModel, side: str) -> pl.DataFrame:
    unknown = model.tables["places"].filter(pl.col("words") == UNKNOWN).select(thing_id="entity_id")
    named = unknown.join(everything(model), on="thing_id", how="inner", maintain_order="left")
    return named.select(side=pl.lit(side), thing_id="thing_id", ifc_class="ifc_class", name="name").sort("thing_id")


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
        is_other = pl.coalesce("same_as", f"{name}_id").ne_missing(pl.col(f"{name}_id_new"))
    return _pair_rows(both.filter(is_other), "changed", name, before, after)


def _type_name(old: BuildingModel, new: BuildingModel, both: pl.DataFrame) -> pl.DataFrame:
    """A type under another name is told of the type."""
    of_another = both.join(typed(old, new, both), on="new_id", how="anti")
    return _changed(of_another, "type_name")


def _fates(fates: dict[str, list[Fate]], both: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (new_id, each.change, each.attribute, each.before, each.after)
        for new_id, told in fates.items()
        for each in told
    ]
    names = ("new_id", "fate", "attribute", "value", "value_new")
    frame = _of(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row"), both)
    kinds = [
        _pair_rows(frame.filter(pl.col("fate") == change), change, None, pl.col("value"), pl.col("value_new"))
        for change in ("moved", "changed")
    ]
    return pl.concat(kinds)


def _where(old: BuildingModel, new: BuildingModel, both: pl.DataFrame) -> pl.DataFrame:
    told = moved_on_the_map(old, new)
    project = both.filter(pl.col("ifc_class") == "IfcProject").head(1)
    if told is None:
        return SCHEMA.to_frame()
    change, before, after = told
    if project.is_empty():
        alone = {"change": change, "attribute": "georeference", "before": before, "after": after}
        return pl.DataFrame([{name: alone.get(name) for name in SCHEMA}], schema=SCHEMA)
    return _pair_rows(project, change, "georeference", pl.lit(before), pl.lit(after))


def _but_the_place(said: pl.DataFrame) -> pl.DataFrame:
    name = pl.col("attribute").str.to_lowercase()
    in_sets = pl.any_horizontal(name.str.starts_with(each) for each in _PLACED_BY_SETS)
    return said.filter(~(pl.col("attribute").is_in(_PLACED_BY) | in_sets))


def _of(rows: pl.DataFrame, both: pl.DataFrame) -> pl.DataFrame:
    """Rows by `new_id`, with what their thing is called in both models."""
    ids = both.select("old_id", "new_id", "matched_by", "ifc_class_new", "name_new")
    return rows.join(ids, on="new_id", how="inner", maintain_order="left")


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
