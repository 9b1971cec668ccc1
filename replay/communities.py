"""Two communities on the same clock, side by side: what stands there, how many live there, what is metered.

Columns: `quantity`; `unit`; `a`, `b`; `difference` (b − a, in the unit) and `relative` (difference / |a|, null where a
is 0 or unknown). Null: not known of that community. Sorted by quantity. They are counts of homes and devices, never
their readings.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from events.errors import UsageError
from replay.cut import Cut

SIDE_BY_SIDE: dict[str, pl.DataType] = {
    "quantity": pl.String(),
    "unit": pl.String(),
    "a": pl.Float64(),
    "b": pl.Float64(),
    "difference": pl.Float64(),
    "relative": pl.Float64(),
}
"""Columns of a comparison."""

_SITE = ("households", "residents")
_BUILDING = ("storeys", "dwellings", "elements")


def side_by_side(cut: Cut, a: str, b: str) -> pl.DataFrame:
    """Two communities at one cut (SIDE_BY_SIDE). UsageError for one that was not registered then."""
    one, other = (
        pl.DataFrame(list(_quantities(cut, each)), schema=["quantity", each], orient="row") for each in (a, b)
    )
    both = one.join(other, on="quantity", how="full", coalesce=True) if a != b else one.with_columns(same=pl.col(a))
    before, after = (pl.col(column).cast(pl.Float64) for column in both.columns[1:])
    told = both.select("quantity", pl.lit("count").alias("unit"), before.alias("a"), after.alias("b"))
    compared = told.with_columns(difference=pl.col("b") - pl.col("a"))
    relative = pl.when(pl.col("a") != 0).then(pl.col("difference") / pl.col("a").abs()).alias("relative")
    return compared.with_columns(relative).select(list(SIDE_BY_SIDE)).sort("quantity")


def _quantities(cut: Cut, community_id: str) -> Iterator[tuple[str, float | None]]:
    """Each quantity of a community, by name."""
    site = cut.communities().filter(community_id=community_id)
    if not site.height:
        raise UsageError(
            f"no community {community_id!r} as of {cut.at:%Y-%m-%dT%H:%M:%SZ}, known at {cut.known}; the cut's frame "
            "`communities` lists them (`twin export --family communities`)"
        )
    for column in _SITE:
        yield column, site[column][0]
    buildings = cut.buildings().filter(community_id=community_id)
    yield "buildings", buildings.height
    for column in _BUILDING:
        yield column, int(buildings[column].sum())
    devices = cut.devices().filter(community_id=community_id)
    kinds = devices.unique(["building_id", "device_id"]).group_by("kind").len().sort("kind")
    for kind, count in kinds.iter_rows():
        yield f"devices.{kind}", count
    for medium, count in devices.drop_nulls("medium").group_by("medium").len().sort("medium").iter_rows():
        yield f"registers.{medium}", count
