"""Times as the feeds write them, to UTC microseconds: the one door for every format.

    2024-04-11 00:25:19 · 2024/04/11T00:25:19.5+08:00 · 20160216154428        the usual forms, read here
    1685579499 · …000 · …000000 · …000000000      seconds, milli-, micro-, nanoseconds since 1970, told by their digits
    years of the Republic, 24:00, halves of the day …      the other forms, `events.feeds.times.written`

Thirteen digits are milliseconds from 2011 on and a day of the Republic (`1130312001500`) before: they never overlap.
What may be two instants is none; nor is what lies before EARLIEST, where clocks begin that were never set.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import polars as pl

from events.clock import TAIPEI
from events.feeds.times.written import written
from events.observations import TIME

EARLIEST = datetime(2001, 1, 1, tzinfo=UTC)
"""No feed of ours is older. Clocks that were never set begin at 1970-01-01 or 2000-01-01 and run on from there."""

_USUAL = "%Y-%m-%d %H:%M:%S"
_USUAL_FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_COMPACT = r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$"
_EPOCH = r"^\d{9,10}(\.\d+)?$"
_PARTS = {r"^\d{13}(\.\d+)?$": (1000, 1), r"^\d{16}(\.0+)?$": (1, 1), r"^\d{19}$": (1, 1000)}
"""Forms of milli-, micro- and nanoseconds since 1970 -> factor and divisor to microseconds."""

_PARTS_FROM_US = int(datetime(2011, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""Thirteen digits that would be milliseconds of an earlier time are a day of the Republic, or nothing."""

_ZONE = r"\s*(Z|z|UTC|[+-]\d\d:?(?:\d\d)?)$"
_BARE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?")
_OFFSET = r"^([+-]\d\d):?(\d\d)?$"


def utc_times(text: pl.Series) -> pl.Series:
    """The instants of a text column; the usual form, local time with dashes, takes a way fifteen times as fast.

    Texts of another form are read once each, however often they stand in the column.
    """
    if text.null_count() == len(text):
        return pl.Series(text.name, [None], TIME).new_from_index(0, len(text))
    if not _looks_usual(text):
        return _by_text(text, text.unique())
    usual = pl.select(_since_earliest(_in_taipei(pl.lit(text).str.to_datetime(_USUAL, time_unit="us", strict=False))))
    found = usual.to_series().alias(text.name)
    unusual = text.filter(found.is_null() & text.is_not_null()).unique()
    if not unusual.len():
        return found
    return pl.select(pl.coalesce(pl.lit(found), pl.lit(_by_text(text, unusual))).alias(text.name)).to_series()


def _looks_usual(text: pl.Series) -> bool:
    """Whether the first text is of the usual form, as are the others then, as a rule."""
    first: str = text.drop_nulls()[0]
    return _USUAL_FORM.fullmatch(first) is not None


def _by_text(text: pl.Series, distinct: pl.Series) -> pl.Series:
    """Instants of those rows whose text is among the distinct ones, null elsewhere."""
    return text.replace_strict(distinct, _read(distinct), default=None, return_dtype=TIME).alias(text.name)


def _read(text: pl.Series) -> pl.Series:
    """The instants of texts in any form that the module's head names.

    A text without zone is Asia/Taipei. Null for anything else, for days that do not exist, and before EARLIEST.
    """
    clean = text.alias("text").str.strip_chars()
    found = clean.to_frame().select(_since_earliest(pl.coalesce(_epoch(pl.col("text")), _usual(pl.col("text")))))
    instants = found.to_series()
    left = instants.is_null() & clean.is_not_null()
    if not left.any():
        return instants
    others = written(clean.filter(left)).select(
        _since_earliest(_placed(pl.col("day") + pl.col("clock"), pl.col("zone")))
    )
    place = pl.select(pl.when(left).then(left.cum_sum().cast(pl.Int64) - 1)).to_series()
    return pl.select(pl.coalesce(instants, others.to_series().gather(place))).to_series()


def _epoch(clean: pl.Expr) -> pl.Expr:
    short = pl.when(clean.str.contains(_EPOCH)).then(clean).cast(pl.Float64, strict=False)
    seconds = (short * 1e6).round().cast(pl.Int64)
    return pl.coalesce(seconds, *(_epoch_parts(clean, micros) for micros in _PARTS)).cast(TIME)


def _epoch_parts(clean: pl.Expr, form: str) -> pl.Expr:
    """Microseconds since 1970 of a count of smaller parts; in whole numbers, which no float rounds."""
    times, over = _PARTS[form]
    count = pl.when(clean.str.contains(form)).then(clean.str.replace(r"\.\d+$", "")).cast(pl.Int64, strict=False)
    micros = count // over * times
    return pl.when(micros >= _PARTS_FROM_US).then(micros)


def _usual(clean: pl.Expr) -> pl.Expr:
    plain = clean.str.replace(_COMPACT, "$1-$2-$3 $4:$5:$6").str.replace_all("/", "-", literal=True)
    zone = plain.str.slice(10).str.extract(_ZONE)
    wall = (plain.str.slice(0, 10) + plain.str.slice(10).str.replace(_ZONE, "")).str.replace(r"^(\S{10})[Tt]", "$1 ")
    naive = pl.coalesce(
        wall.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False),
        wall.str.to_datetime("%Y-%m-%d %H:%M", time_unit="us", strict=False),
    )
    return _placed(naive, zone)


def _placed(naive: pl.Expr, zone: pl.Expr) -> pl.Expr:
    stated = naive.dt.replace_time_zone("UTC") - _offset(zone)
    return pl.when(zone.is_null()).then(_in_taipei(naive)).otherwise(stated)


def _in_taipei(naive: pl.Expr) -> pl.Expr:
    local = naive.dt.replace_time_zone(TAIPEI.key, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def _since_earliest(moment: pl.Expr) -> pl.Expr:
    return pl.when(moment >= EARLIEST).then(moment).cast(TIME)


def _offset(zone: pl.Expr) -> pl.Expr:
    hours = zone.str.extract(_OFFSET, 1)
    minutes = zone.str.extract(_OFFSET, 2).cast(pl.Int64, strict=False).fill_null(0)
    sign = pl.when(hours.str.starts_with("-")).then(-1).otherwise(1)
    total = hours.cast(pl.Int64, strict=False).fill_null(0) * 60 + sign * minutes
    return pl.duration(minutes=total)


def bare_is_utc(text: str) -> str:
    """`text` with a `Z` where it is a time without a zone: OCPI, OCPP, SensorThings and AirBoxes count in UTC.

    >>> bare_is_utc("2026-08-20T11:41:52"), bare_is_utc("2026-08-20T11:41:52+08:00")
    ('2026-08-20T11:41:52Z', '2026-08-20T11:41:52+08:00')
    """
    return f"{text.strip()}Z" if _BARE.fullmatch(text.strip()) else text


def why_none(column: str) -> pl.Expr:
    """What more there is to say of a text that is no time: that it may be two, or is a clock that was never set."""
    told = pl.col(column).str.strip_chars()
    two = told.str.contains(r"^\d{1,2}[/-]\d{1,2}[/-](\d{4}|\d\d)\b")
    unset = told.str.contains(r"^(1970|1980|2000)[/-]")
    return (
        pl.when(two).then(pl.lit(", or may be two: write the year first"))
        .when(unset).then(pl.lit(" since 2001: the clock was never set"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
