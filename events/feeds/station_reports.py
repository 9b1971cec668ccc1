"""Station reports in text columns, whatever feed they came from, to dock counts, stations and refused rows.

The text columns of a report (absent ones are null):

    record            index of the payload in its poll
    station_id, time  identity and event time, as text
    feed_time         when the feed was made: dates what it says of the station itself; `time` when absent
    capacity, vehicles, docks, ebikes, vehicles_disabled, docks_disabled       counts
    renting, returning                                                         1/0, true/false
    name, name_en, district, longitude, latitude                               the station itself
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import polars as pl

from events.feeds.local_time import utc_times
from events.feeds.refusals import first_reason, quoted_text
from events.observations import DOCKS, STATIONS

COUNTS = {
    "capacity": "capacity",
    "vehicles": "num_vehicles_available",
    "docks": "num_docks_available",
    "ebikes": "num_ebikes_available",
    "vehicles_disabled": "num_vehicles_disabled",
    "docks_disabled": "num_docks_disabled",
}
"""Text column -> counted column."""

FLAGS = {"renting": "is_renting", "returning": "is_returning"}
STATION = ("name", "name_en", "district", "longitude", "latitude")
REPORT = ("station_id", "time", "feed_time", *COUNTS, *FLAGS, *STATION)
"""Every text column of a report."""

LARGEST = 10_000
"""More vehicles or docks than any station has: a larger count is a fault."""

LONGEST_ID = 128

_NO_COUNT, _NO_FLAG = pl.lit(None, pl.Int32), pl.lit(None, pl.Boolean)


def typed(reports: pl.DataFrame, required: tuple[str, ...]) -> pl.DataFrame:
    """`reports` with the typed columns of DOCKS beside the text (which is prefixed `text_`) and `reason`, null if good.

    `required` names the counts that a report must have.
    """
    whole = reports.rechunk()  # polars 2.1 panics in `_reasons` when some columns lie in several pieces
    return _typed(whole, required) if reports.height else _no_reports(required)


@cache
def _no_reports(required: tuple[str, ...]) -> pl.DataFrame:
    """Typed reports where there are none: forty expressions take as long over no row as over a thousand."""
    schema = {"record": pl.UInt32, **dict.fromkeys(REPORT, pl.String)}
    return _typed(pl.DataFrame(schema=schema), required)


def _typed(reports: pl.DataFrame, required: tuple[str, ...]) -> pl.DataFrame:
    absent = {c for c in REPORT if reports[c].null_count() == reports.height}  # most feeds fill half of the columns
    renamed = reports.select("record", *(_told(c, absent=c in absent).alias(f"text_{c}") for c in REPORT))
    station_id = pl.col("text_station_id").str.strip_chars().str.replace(r"^(\d+)\.0$", "$1")
    columns = [
        station_id.alias("station_id"),
        utc_times(renamed["text_time"]).alias("time"),
        utc_times(renamed["text_feed_time"]).alias("feed_time"),
        *((_NO_COUNT if text in absent else _count(text)).alias(name) for text, name in COUNTS.items()),
        *((_NO_FLAG if text in absent else _flag(text)).alias(name) for text, name in FLAGS.items()),
    ]
    read = renamed.with_columns(columns)
    return read.with_columns(_reasons(read, _checks(required, absent)).alias("reason"))


def docks(good: pl.DataFrame) -> pl.DataFrame:
    """Rows of DOCKS from typed reports without a reason."""
    if not good.height:
        return pl.DataFrame(schema=DOCKS.decoded)
    return good.select(list(DOCKS.decoded)).cast(dict(DOCKS.decoded))  # type: ignore[arg-type]


def stations(good: pl.DataFrame) -> pl.DataFrame:
    """Rows of STATIONS from those typed reports that name or place their station; impossible coordinates are null."""
    if not good.height:
        return pl.DataFrame(schema=STATIONS.decoded)
    told = good.filter(pl.any_horizontal(pl.col(f"text_{c}").is_not_null() for c in ("name", "longitude", "latitude")))
    longitude, latitude = degrees("text_longitude", 180), degrees("text_latitude", 90)
    placed = longitude.is_not_null() & latitude.is_not_null() & ((longitude != 0) | (latitude != 0))
    columns = [
        "station_id",
        pl.coalesce("feed_time", "time").alias("time"),
        *(_text(c).alias(c) for c in ("name", "name_en", "district")),
        pl.when(placed).then(longitude).alias("longitude"),
        pl.when(placed).then(latitude).alias("latitude"),
        "capacity",
        "record",
    ]
    return told.select(columns).cast(dict(STATIONS.decoded))  # type: ignore[arg-type]


def degrees(column: str, limit: float) -> pl.Expr:
    """A text column as degrees within ±`limit`, null otherwise."""
    value = pl.col(column).str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(value.is_finite() & value.is_between(-limit, limit)).then(value)


def _told(column: str, *, absent: bool) -> pl.Expr:
    """The text of a column, null when blank."""
    return pl.col(column) if absent else pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column))


def _text(column: str) -> pl.Expr:
    return pl.col(f"text_{column}").str.strip_chars()


def _count(column: str) -> pl.Expr:
    value = pl.col(f"text_{column}").str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(value.is_between(0, LARGEST) & (value == value.floor())).then(value).cast(pl.Int32)


def _flag(column: str) -> pl.Expr:
    text = pl.col(f"text_{column}").str.strip_chars().str.to_lowercase()
    return pl.when(text.is_in(["1", "true"])).then(True).when(text.is_in(["0", "false"])).then(False)


def _reasons(read: pl.DataFrame, checks: list[tuple[pl.Expr, pl.Expr | str]]) -> pl.Series:
    """Why each row cannot be taken, null where it can; worded only for the faulty ones, which are few."""
    faulty = read.select(pl.any_horizontal(bad.fill_null(False) for bad, _ in checks)).to_series()
    words = read.filter(faulty).select(first_reason(*checks)).to_series()
    place = pl.select(pl.when(faulty).then(faulty.cum_sum().cast(pl.Int64) - 1)).to_series()
    return words.gather(place) if words.len() else pl.Series([None], dtype=pl.String).new_from_index(0, read.height)


def _checks(required: tuple[str, ...], without: Collection[str]) -> list[tuple[pl.Expr, pl.Expr | str]]:
    """Every fault that a row can have and what to say of it, the first that holds counts; columns `without` a text
    have none but that, where it is required."""
    where = pl.format("station {}: ", pl.col("station_id"))
    station_id = pl.col("station_id").fill_null("")
    checks: list[tuple[pl.Expr, pl.Expr | str]] = [
        (station_id == "", "a report without a station id"),
        (station_id.str.len_chars() > LONGEST_ID, f"a station id longer than {LONGEST_ID} characters"),
        (station_id.str.contains(r"[\x00-\x1f]"), "a station id with control characters"),
        (pl.col("text_time").is_null(), where + "no report time"),
        (pl.col("time").is_null(), where + quoted_text("text_time") + " is no report time"),
    ]
    for text, name in COUNTS.items():
        absent, fault = pl.col(f"text_{text}").is_null(), pl.col(name).is_null()
        if text in required:
            checks.append((absent, where + f"no {name}"))
        if text in without:
            continue
        asked = where + name + " is " + quoted_text(f"text_{text}") + f", not a count from 0 to {LARGEST}"
        checks.append((~absent & fault, asked))
    for text, name in FLAGS.items():
        if text in without:
            continue
        fault = pl.col(f"text_{text}").is_not_null() & pl.col(name).is_null()
        checks.append((fault, where + name + " is " + quoted_text(f"text_{text}") + ", neither 1 nor 0"))
    return checks
