"""What is said of things in both models, compared: numbers by value in SI, texts but for the last digits in them."""

from __future__ import annotations

import re
from math import isclose

import polars as pl

from bim.compare.said import said
from bim.model import BuildingModel

SAME = 1e-6
"""Numbers that differ by less, as a share of the larger, are the same: exporters compute them anew."""

_NUMBER = re.compile(r"[-+]?\d+\.\d*(?:[eE][-+]?\d+)?")
_COMPUTED_DIGITS = 9
"""A number in a text with so many digits was computed; one with fewer was written by somebody."""

_ZERO = 1e-12

CHANGED = ("new_id", "attribute", "value", "value_new")


def words(old: BuildingModel, new: BuildingModel, both: pl.DataFrame) -> pl.DataFrame:
    """Columns `CHANGED`: what is said otherwise of the things in `both` (old_id, new_id).

    What a type says of all its occurrences is said of the type, once; a set under another name is one change.
    """
    si = old.length_unit_m != new.length_unit_m
    ids = both.select("old_id", "new_id")
    before = said(old, si=si).join(ids, left_on="entity_id", right_on="old_id", how="inner").drop("entity_id")
    after = said(new, si=si).join(ids, left_on="entity_id", right_on="new_id", how="inner")
    joined = before.join(
        after.rename({"entity_id": "new_id"}).drop("old_id"),
        on=["new_id", "attribute"],
        how="full",
        coalesce=True,
        suffix="_new",
    )
    return _of_types(_renamed(_other(joined)), old, new, both).select(CHANGED)


def _other(joined: pl.DataFrame) -> pl.DataFrame:
    number, number_new = pl.col("number"), pl.col("number_new")
    is_near = (number - number_new).abs() <= SAME * pl.max_horizontal(number.abs(), number_new.abs()) + _ZERO
    is_other = pl.coalesce(~is_near, pl.col("value").ne_missing(pl.col("value_new")))
    other = joined.filter(is_other)
    texts = zip(other["value"].to_list(), other["value_new"].to_list(), other["number"].is_not_null(), strict=True)
    rewritten = [not measured and _rewritten(one, another) for one, another, measured in texts]
    kept = other.filter(~pl.Series(rewritten, dtype=pl.Boolean))
    is_unit = pl.col("value").eq_missing(pl.col("value_new"))  # the same figure in another unit
    return kept.with_columns(
        value=pl.when(is_unit).then(pl.col("number").cast(pl.String)).otherwise("value"),
        value_new=pl.when(is_unit).then(pl.col("number_new").cast(pl.String)).otherwise("value_new"),
    )


def _rewritten(one: str | None, other: str | None) -> bool:
    """Whether two texts differ in the last digits of computed numbers only.

    >>> _rewritten("concrete 240.0 mm", "concrete 240.000000001 mm"), _rewritten("1.1", "1.10")
    (True, False)
    """
    if one is None or other is None or _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    numbers = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(
        a == b
        or (max(map(_digits, (a, b))) >= _COMPUTED_DIGITS and isclose(float(a), float(b), rel_tol=SAME, abs_tol=_ZERO))
        for a, b in numbers
    )


def _rounded(text: str | None) -> str:
    """A text without the last digits of its numbers."""
    return _NUMBER.sub(lambda found: f"{float(found[0]):.6g}", text or "")


def _digits(number: str) -> int:
    return sum(character.isdigit() for character in number.lower().partition("e")[0])


def _renamed(other: pl.DataFrame) -> pl.DataFrame:
    """A set that is gone and one that came, of one thing and with the same content, are one set under another name."""
    bare = pl.col("attribute").str.slice(pl.coalesce("group", "group_new").str.len_chars() + 1)
    in_sets = other.with_columns(bare=bare)
    is_gone = pl.col("value_new").is_null() & pl.col("group").is_not_null()
    is_new = pl.col("value").is_null() & pl.col("group_new").is_not_null()
    gone = _content(in_sets.filter(is_gone), "group", "value")
    came = _content(in_sets.filter(is_new), "group_new", "value_new")
    pairs = gone.join(came, on=["new_id", "content"], how="inner", suffix="_came")
    pairs = pairs.unique(["new_id", "set"], keep="first", maintain_order=True)
    pairs = pairs.unique(["new_id", "set_came"], keep="first", maintain_order=True)
    kept = other.join(pairs, left_on=["new_id", "group"], right_on=["new_id", "set"], how="anti").join(
        pairs, left_on=["new_id", "group_new"], right_on=["new_id", "set_came"], how="anti"
    )
    rows = pairs.select(
        "new_id",
        attribute=pl.lit("property set"),
        value="set",
        value_new="set_came",
        inherited="inherited",
        inherited_new="inherited_came",
    )
    return pl.concat([kept, rows], how="diagonal")


def _content(rows: pl.DataFrame, group: str, value: str) -> pl.DataFrame:
    inherited = "inherited" if value == "value" else "inherited_new"
    rounded = [_rounded(text) for text in rows[value].to_list()]
    said_ = pl.concat_str("bare", pl.lit("="), pl.Series("rounded", rounded, dtype=pl.String))
    return (
        rows.select("new_id", pl.col(group).alias("set"), said_.alias("said"), pl.col(inherited).alias("inherited"))
        .sort("new_id", "set", "said")
        .group_by("new_id", "set", maintain_order=True)
        .agg(pl.col("said").str.join("\n").alias("content"), pl.col("inherited").first())
    )


def _of_types(other: pl.DataFrame, old: BuildingModel, new: BuildingModel, both: pl.DataFrame) -> pl.DataFrame:
    kinds = typed(old, new, both)
    rows = other.join(kinds, on="new_id", how="left", maintain_order="left")
    of_type = (
        pl.col("type_id").is_not_null()
        & (pl.col("inherited") | pl.col("value").is_null())
        & (pl.col("inherited_new") | pl.col("value_new").is_null())
    ).fill_null(value=False)
    told = rows.with_columns(new_id=pl.when(of_type).then("type_id").otherwise("new_id"))
    return told.unique(list(CHANGED), keep="first", maintain_order=True)


def typed(old: BuildingModel, new: BuildingModel, both: pl.DataFrame) -> pl.DataFrame:
    """(new_id, type_id) of the things whose type is the same one in both models, whatever it is called."""
    types = [
        model.tables["links"].filter(pl.col("relation") == "type").select("entity_id", kind="other_id")
        for model in (old, new)
    ]
    same = both.select(kind="old_id", type_id="new_id")
    before = (
        types[0]
        .join(same, on="kind", how="inner")
        .join(both.select("old_id", "new_id"), left_on="entity_id", right_on="old_id", how="inner")
    )
    after = types[1].select(new_id="entity_id", type_id="kind")
    return before.select("new_id", "type_id").join(after, on=["new_id", "type_id"], how="semi").unique("new_id")
