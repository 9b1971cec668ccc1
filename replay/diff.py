"""The difference of two cuts: what was added, what is gone, what changed, by how much and why.

Columns of a difference: the identity; `change` (added, removed, changed); `reason`; `unit` (readings: part of the
identity; docks: count); then for each other column `<column>_before` and `<column>_after`, and for numbers
`<column>_difference` (after − before, in the column's unit) and `<column>_relative` (difference / |before|, null where
before is 0). `time_*` and `position_*` are among them. Sorted by identity.

`reason` says why b knows another row than a, of two cuts as of the same instant, b known later:

    corrected   the same event time, landed again with other values
    late        it had happened when a was known (by record time), and had not landed yet
    newer       it had not happened yet when a was known
    revised model   of buildings and devices: another model of the building is current in b

As of two instants: `newer` for a row of a later event time, `corrected` for the same event time. Else null: there is
nothing to learn from going back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import polars as pl

from events.errors import UsageError
from events.observations import FAMILIES, TIME
from replay.cut import Cut

REGISTERED: dict[str, tuple[str, ...]] = {
    "communities": ("community_id",),
    "buildings": ("building_id",),
    "devices": ("building_id", "device_id", "point_id"),
    "scenarios": ("scenario_id",),
}
"""Frames of the register and what identifies their rows."""

Side = Literal["before", "after"]
_NUMBERS = pl.selectors.numeric()


def identity(family: str) -> tuple[str, ...]:
    """Columns that identify a row of a family's or of the register's frame; UsageError for another name."""
    if family in FAMILIES:
        return tuple(FAMILIES[family].entity)
    if family in REGISTERED:
        return REGISTERED[family]
    raise UsageError(f"no frame {family!r}; there are {', '.join((*FAMILIES, *REGISTERED))}")


def frame_of(cut: Cut, family: str) -> pl.DataFrame:
    """A cut's frame of a family, or of the register (communities, buildings, devices, scenarios)."""
    key = list(identity(family))
    if family in FAMILIES:
        return cut.frame(family)
    frame: pl.DataFrame = getattr(cut, family)()
    return frame.sort(key)


def diff(a: Cut, b: Cut, family: str) -> pl.DataFrame:
    """Rows of `family` in which b differs from a (columns: this module)."""
    changes = difference(frame_of(a, family), frame_of(b, family), family)
    reason = _revised(a, b, family, _reason(a, b))
    return changes.with_columns(reason.alias("reason")).select(_columns(changes, family))


def difference(before: pl.DataFrame, after: pl.DataFrame, family: str) -> pl.DataFrame:
    """Rows in which two frames of `family` differ; `reason` is null."""
    key = list(identity(family))
    values = [c for c in before.columns if c not in key]
    sides = [_side(before, key, "before"), _side(after, key, "after")]
    both = sides[0].join(sides[1], on=key, how="full", coalesce=True, nulls_equal=True)
    missing, gone = pl.col("in_before").is_null(), pl.col("in_after").is_null()
    differs = pl.any_horizontal(pl.col(f"{c}_before").ne_missing(pl.col(f"{c}_after")) for c in values)
    change = pl.when(missing).then(pl.lit("added")).when(gone).then(pl.lit("removed")).otherwise(pl.lit("changed"))
    changed = both.filter(missing | gone | differs).with_columns(
        change.alias("change"), pl.lit(None, pl.String).alias("reason"), *_unit(family, values, key)
    )
    numbers = [c for c in before.select(_NUMBERS).columns if c not in (*key, "position")]
    measured = changed.with_columns(_amounts(c) for c in numbers).with_columns(_relatives(c) for c in numbers)
    return measured.select(_columns(measured, family)).sort(key)


def applied(before: pl.DataFrame, changes: pl.DataFrame, family: str) -> pl.DataFrame:
    """`before` with the changes made: the frame that the difference was taken to, sorted by identity."""
    key = list(identity(family))
    kept = before.join(changes.select(key), on=key, how="anti", nulls_equal=True)
    there = changes.filter(pl.col("change") != "removed")
    after = there.select(pl.col(c) if c in key else pl.col(f"{c}_after").alias(c) for c in before.columns)
    return pl.concat([kept, after]).sort(key)


def _side(frame: pl.DataFrame, key: list[str], side: Side) -> pl.DataFrame:
    named = [pl.col(c) if c in key else pl.col(c).alias(f"{c}_{side}") for c in frame.columns]
    return frame.select(*named, pl.lit(value=True).alias(f"in_{side}"))


def _unit(family: str, values: list[str], key: list[str]) -> list[pl.Expr]:
    if "unit" in (*values, *key):
        return []
    return [pl.lit("count" if family == "docks" else None, pl.String).alias("unit")]


def _amounts(column: str) -> pl.Expr:
    before, after = (pl.col(f"{column}_{side}").cast(pl.Float64) for side in ("before", "after"))
    return (after - before).alias(f"{column}_difference")


def _relatives(column: str) -> pl.Expr:
    before = pl.col(f"{column}_before").cast(pl.Float64)
    share = pl.col(f"{column}_difference") / before.abs()
    return pl.when(before != 0).then(share).alias(f"{column}_relative")


def _reason(a: Cut, b: Cut) -> pl.Expr:
    """Why, row by row; null where b looks back, and for what is gone."""
    if b.at < a.at or b.known < a.known:
        return pl.lit(None, pl.String)
    same = pl.col("time_before") == pl.col("time_after")
    known: datetime | None = a.known_at if a.at == b.at else None
    happened = pl.lit(value=False) if known is None else pl.col("time_after") <= pl.lit(known, TIME)
    seen = pl.when(same).then(pl.lit("corrected")).when(happened).then(pl.lit("late")).otherwise(pl.lit("newer"))
    return pl.when(pl.col("change") != "removed").then(seen)


def _revised(a: Cut, b: Cut, family: str, reason: pl.Expr) -> pl.Expr:
    """`revised model` for what changed in buildings whose model is another one in b, else the reason."""
    if family not in ("buildings", "devices") or b.at < a.at or b.known < a.known:
        return reason
    models = a.buildings().join(b.buildings(), on="building_id", suffix="_after")
    revised = models.filter(pl.col("sha256") != pl.col("sha256_after"))["building_id"]
    return pl.when(pl.col("building_id").is_in(revised.implode())).then(pl.lit("revised model")).otherwise(reason)


def _columns(changes: pl.DataFrame, family: str) -> list[str]:
    first = [*identity(family), "change", "reason", *(["unit"] if "unit" in changes.columns else [])]
    unique = list(dict.fromkeys(first))
    return [*unique, *(c for c in changes.columns if c not in (*unique, "in_before", "in_after"))]
