"""Requirements that an IDS file cannot say, checked on a model.

The city asks for three smart meters (電, 水, 瓦斯) per dwelling and per building: IDS 1.0 cannot count per container.
"""

from __future__ import annotations

import polars as pl

from bim.model import BuildingModel
from bim.tables import METER_KINDS

SCHEMA = pl.Schema({"dwelling_id": pl.String, "kind": pl.String, "meters": pl.Int64, "without_serial": pl.Int64})
"""Columns of `meter_findings`. `dwelling_id` null is the building itself."""


def meters_wanted(model: BuildingModel) -> int:
    """Meters that the rule asks for: three a dwelling, and three for the building."""
    return len(METER_KINDS) * (model.dwellings.height + 1)


def meter_findings(model: BuildingModel) -> pl.DataFrame:
    """Dwellings (and the building: null) and meter kinds where there is not exactly one meter, or one without serial.

    Empty: the rule is kept.
    """
    places = pl.concat([model.dwellings.select("dwelling_id"), pl.DataFrame({"dwelling_id": [None]}).cast(pl.String)])
    wanted = places.join(pl.DataFrame({"kind": METER_KINDS}), how="cross", maintain_order="left_right")
    counted = (
        model.devices.filter(pl.col("kind").is_in(METER_KINDS))
        .group_by("dwelling_id", "kind")
        .agg(meters=pl.len().cast(pl.Int64), without_serial=pl.col("serial").null_count().cast(pl.Int64))
    )
    joined = wanted.join(counted, on=["dwelling_id", "kind"], how="left", nulls_equal=True, maintain_order="left")
    told = joined.with_columns(pl.col("meters", "without_serial").fill_null(0))
    return told.filter((pl.col("meters") != 1) | (pl.col("without_serial") > 0)).cast(SCHEMA)
