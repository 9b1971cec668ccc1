"""Local times of a table as instants, so that neither hour is lost where clocks go back."""

from __future__ import annotations

import zoneinfo

import polars as pl

_HOUR = pl.duration(hours=1)
_FORMS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M")


def clocks(told: pl.DataFrame) -> pl.Series:
    """`clock`: RFC 3339 texts for the rows of point_id, local, zone; null where a repeated hour has no place.

    A text of another form, or with a zone of its own, stays as it is.
    """
    naive = pl.coalesce(
        pl.col("local").str.strip_chars().str.replace_all("/", "-", literal=True).str.to_datetime(
            form, time_unit="us", strict=False
        )
        for form in _FORMS
    )  # fmt: skip
    again = pl.col("naive").cum_count().over("point_id", "naive") - 1
    frame = told.select("point_id", "local", "zone", naive.alias("naive")).with_columns(again=again)
    if frame["zone"].null_count() == frame.height:
        return _without_zone(frame)
    zones = [z for z in frame["zone"].unique().to_list() if z in zoneinfo.available_timezones()]
    in_zones = [pl.when(pl.col("zone") == zone).then(_in_zone(zone)) for zone in zones]
    written = pl.coalesce([*in_zones, pl.lit(None, pl.String)])
    stated = pl.when(pl.col("naive").is_null()).then(pl.col("local"))
    return frame.select(pl.coalesce(written, stated).alias("clock")).to_series()


def _in_zone(zone: str) -> pl.Expr:
    """The instant of a wall clock in a zone: of a repeated hour the first reading is the earlier."""
    which = pl.when(pl.col("again") == 0).then(pl.lit("earliest")).otherwise(pl.lit("latest"))
    local = pl.col("naive").dt.replace_time_zone(zone, ambiguous=which, non_existent="null")
    unique = pl.when(pl.col("again") <= 1).then(local.dt.convert_time_zone("UTC"))
    return unique.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")


def _without_zone(frame: pl.DataFrame) -> pl.Series:
    """Times as they stand; a repeated one an hour later where the point has nothing else then, but goes on after.

    A time that is repeated at the end of a table is one row written twice, not an hour that clocks gave back.
    """
    if not (frame["again"].fill_null(0) > 0).any():
        return frame["local"].alias("clock")
    repeated = pl.col("naive").is_not_null() & (pl.col("again") > 0)
    moved = frame.with_columns(moved=pl.when(repeated).then(pl.col("naive") + _HOUR))
    taken = frame.select("point_id", moved="naive").unique().with_columns(taken=pl.lit(value=True))
    joined = moved.join(taken, on=["point_id", "moved"], how="left", maintain_order="left")
    goes_on = pl.col("moved") < pl.col("naive").max().over("point_id")
    free = (pl.col("again") == 1) & pl.col("taken").is_null() & goes_on
    later = pl.when(free).then(pl.col("moved").dt.strftime("%Y-%m-%d %H:%M:%S%.6f"))
    clock = pl.when(pl.col("moved").is_not_null()).then(later).otherwise(pl.col("local"))
    return joined.select(clock.alias("clock")).to_series()
