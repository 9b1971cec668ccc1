"""Which thing of the old model is which of the new one: exporters do not keep GlobalIds.

By GlobalId, else by the first key that is unique in both. Storeys first, by name and by elevation, so that what stands
on a renamed one is still known by it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from bim.compare.things import CENTRE, SIZE

NEAR_M = 0.01
"""Things whose middles are closer stand at one place."""

_STOREY = "IfcBuildingStorey"
_ONE_A_FILE = ("IfcProject", "IfcSite", "IfcBuilding")
_NULLABLE = ("type_name", "on")
_STOREY_KEYS = (("name and elevation", ("name", "elevation_m")), ("name", ("name",)), ("elevation", ("elevation_m",)))
_FAR_APART_M = 1e7
"""Groups that must not meet are set so far apart."""

_RENEWED_SHARE = 0.5
"""A model of which fewer things kept their GlobalIds was given new ones as a whole."""


def matched(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """(old_id, new_id, matched_by) of every thing that is in both (`bim.compare.things`). A key with a null in it
    matches nothing (a type or a storey may be missing)."""
    same = old.join(new, on="thing_id", how="inner", maintain_order="left")["thing_id"]
    pairs = pl.DataFrame({"old_id": same, "new_id": same}).with_columns(matched_by=pl.lit("GlobalId"))
    left, right = (side.filter(~pl.col("thing_id").is_in(same.implode())) for side in (old, new))
    is_renewed = len(same) < _RENEWED_SHARE * min(old.height, new.height)

    def take(found: pl.DataFrame, reason: str) -> None:
        nonlocal pairs, left, right
        found = found.with_columns(matched_by=pl.lit(reason)).sort("old_id")
        pairs = pl.concat([pairs, found])
        left = left.filter(~pl.col("thing_id").is_in(found["old_id"].implode()))
        right = right.filter(~pl.col("thing_id").is_in(found["new_id"].implode()))

    for reason, key in _STOREY_KEYS:
        take(_by_key(_storeys(left), _storeys(right), key), reason)
    left, right = _keyed(left, _storey_of(pairs)), _keyed(right, None)
    take(_by_key(left, right, ("ifc_class", "serial")), "serial")
    take(_by_key(left, right, ("ifc_class", "tag")), "tag")
    take(_by_place(left, right, ("ifc_class", "name", "type_name")), "name, type and placement")
    take(_by_key(left, right, ("ifc_class", "name", "on")), "name and storey")
    take(_by_place(left, right, ("ifc_class", "box")), "placement and size")
    take(_by_key(left, right, ("the_one",)), "only one of its class")
    if is_renewed:
        take(_by_turn(left, right), "name, type, storey and order")
    return pairs


def _storeys(side: pl.DataFrame) -> pl.DataFrame:
    return side.filter(pl.col("ifc_class") == _STOREY)


def _storey_of(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select(storey_id="old_id", on="new_id")


def _keyed(side: pl.DataFrame, renamed: pl.DataFrame | None) -> pl.DataFrame:
    """With `on` (the storey, by its id in the new model), `box` (size to the centimetre) and `the_one`."""
    the_one = pl.when(pl.col("ifc_class").is_in(_ONE_A_FILE)).then("ifc_class")
    box = pl.concat_str([(pl.col(name) * 20).round() for name in SIZE], separator=" ")
    keyed = side.with_columns(the_one=the_one, box=box)
    if renamed is None:
        return keyed.with_columns(on="storey_id")
    return keyed.join(renamed, on="storey_id", how="left", maintain_order="left")


def _by_key(left: pl.DataFrame, right: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    found = _unique(left, key).join(_unique(right, key), on=list(key), how="inner", nulls_equal=True, suffix="_new")
    return found.select(old_id="thing_id", new_id="thing_id_new")


def _unique(side: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    stated = side.drop_nulls([name for name in key if name not in _NULLABLE])
    return stated.filter(~pl.struct(key).is_duplicated()).select("thing_id", *key)


def _by_place(left: pl.DataFrame, right: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """Those of one key whose middles are at one place, where each is the other's nearest and no third is there."""
    stated = [name for name in key if name not in _NULLABLE]
    sides = [side.drop_nulls([*stated, *CENTRE]).with_columns(side=pl.lit(at)) for at, side in enumerate((left, right))]
    both = pl.concat([side.select("thing_id", "side", *key, *CENTRE) for side in sides])
    both = both.with_columns(group=pl.struct(key).rank("dense"))
    one, other = both.filter(side=0), both.filter(side=1)
    nearest, nearest_back = _nearest(one, other), _nearest(other, one)
    found = [
        (one["thing_id"][at], other["thing_id"][there])
        for at, there in enumerate(nearest.tolist())
        if there >= 0 and nearest_back[there] == at
    ]
    return pl.DataFrame(found, schema={"old_id": pl.String, "new_id": pl.String}, orient="row")


def _nearest(one: pl.DataFrame, other: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Row of `other` that is at the place of each row of `one`, -1: none, or several."""
    if not one.height or not other.height:
        return np.full(one.height, -1)
    points, others = (
        side.select(*CENTRE, pl.col("group").cast(pl.Float64) * _FAR_APART_M).to_numpy() for side in (one, other)
    )
    apart, rows = map(np.asarray, cKDTree(others).query(points, k=2, distance_upper_bound=NEAR_M))
    alone = np.isfinite(apart[:, 0]) & ~np.isfinite(apart[:, 1])
    found: npt.NDArray[np.int64] = np.where(alone, rows[:, 0], -1)
    return found


def _by_turn(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Those that nothing tells apart, in the order of their places."""
    key = ("ifc_class", "name", "type_name", "on", "tag", "object_type")
    sides = [
        side.sort(*key, *CENTRE, "thing_id", nulls_last=True)
        .with_columns(turn=pl.int_range(pl.len()).over(key))
        .select("thing_id", *key, "turn")
        for side in (left, right)
    ]
    found = sides[0].join(sides[1], on=[*key, "turn"], how="inner", nulls_equal=True, suffix="_new")
    return found.select(old_id="thing_id", new_id="thing_id_new")
