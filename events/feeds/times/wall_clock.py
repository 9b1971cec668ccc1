"""Local times of a table as instants, so that neither hour is lost where clocks go back."""

from __future__ import annotations

import zoneinfo

import polars as pl

from events.feeds.times.written import written

_HOUR = pl.duration(hours=1)
_TEXT = "%Y-%m-%d %H:%M:%S%.6f"
_FORMS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M")


def clocks(told: pl.DataFrame) -> pl.Series:
    """`clock`: RFC 3339 texts for the rows of point_id, local, zone; null where a repeated hour has no place.

    A day without a clock is its beginning. A text of another form, or with a zone of its own, stays as it is.
    """
    usual = _usual(told["local"])
    naive = _with_others(told["local"], usual)
    plain = told.with_columns(naive.alias("naive"))
    if naive is not usual:
        spelt = pl.when(pl.lit(usual).is_null() & pl.col("naive").is_not_null()).then(
            pl.col("naive").dt.strftime(_TEXT)
        )
        plain = plain.with_columns(pl.coalesce(spelt, "local").alias("local"))
    again = pl.col("naive").cum_count().over("point_id", "naive") - 1
    frame = plain.select("point_id", "local", "zone", "naive").with_columns(again=again)
    if frame["zone"].null_count() == frame.height:
        return _without_zone(frame)
    zones = [z for z in frame["zone"].unique().to_list() if z in zoneinfo.available_timezones()]
    in_zones = [pl.when(pl.col("zone") == zone).then(_in_zone(zone)) for zone in zones]
    placed = pl.coalesce([*in_zones, pl.lit(None, pl.String)])
    stated = pl.when(pl.col("naive").is_null()).then(pl.col("local"))
    return frame.select(pl.coalesce(placed, stated).alias("clock")).to_series()


def _usual(local: pl.Series) -> pl.Series:
    clean = local.str.strip_chars().str.replace_all("/", "-", literal=True)
    found = clean.str.to_datetime(_FORMS[0], time_unit="us", strict=False)
    for form in _FORMS[1:]:
        if found.null_count() == local.null_count():
            break
        found = pl.select(pl.coalesce(found, clean.str.to_datetime(form, time_unit="us", strict=False))).to_series()
    return found


def _with_others(local: pl.Series, usual: pl.Series) -> pl.Series:
    """The wall clocks that are written in the other forms that `events.feeds.times.written` knows, beside the usual."""
    if usual.null_count() == local.null_count():
        return usual
    texts = local.filter(usual.is_null()).drop_nulls().unique()
    told = written(texts).select(pl.when(pl.col("zone").is_null()).then(_wall()).alias("naive")).to_series()
    if told.null_count() == len(told):
        return usual
    others = local.replace_strict(texts, told, default=None, return_dtype=pl.Datetime("us"))
    return pl.select(pl.coalesce(usual, others)).to_series()


def _wall() -> pl.Expr:
    return pl.col("day") + pl.col("clock").fill_null(pl.duration())


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
