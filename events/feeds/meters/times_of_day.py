"""Times of day as tables tell them, in a column's name or beside a date: 00:30, 0030, 24:00, 23:30-24:00 (its end)."""

from __future__ import annotations

import re
import unicodedata

import polars as pl

MIDNIGHT = 1440
"""Minutes of a day."""

_TIME = r"(\d{1,2}):?(\d\d)(?::00)?"
_TO = r"\s*(?:[-~–—]|至|到|to)\s*"
_NAME = re.compile(
    rf"^\s*(?:[A-Za-z]+[\s_]*)?{_TIME}(?:{_TO}{_TIME})?\s*(?:[(\[]\s*[^()\[\]]+[)\]])?\s*$|^\s*(\d{{1,2}})[時點]\s*$"
)
_CELL = r"^\s*\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:\s*(?:[-~–—～－]|至|到)\s*\d{1,2}:\d\d(?::\d\d)?)?\s*$"
_INTERVAL = r"^\s*(\d{1,2}:\d\d)(?::\d\d)?\s*(?:[-~–—～－]|至|到)\s*(\d{1,2}:\d\d(?::\d\d)?)\s*$"
_ENDS_A_DAY = r"^0{1,2}:00(?::00)?$"


def minutes_of(column: str) -> int | None:
    """Minutes after midnight that a column's name tells, of an interval its end; None when it is no time of day.

    >>> minutes_of("00:30"), minutes_of("23:30 - 00:00"), minutes_of("0015-0030"), minutes_of("00:15(kWh)")
    (30, 1440, 30, 15)
    """
    text = unicodedata.normalize("NFKC", column)
    found = _NAME.match(text)
    if found is None:
        return None
    if found[5]:
        return int(found[5]) * 60 if int(found[5]) <= 24 else None
    hour, minute, end_hour, end_minute = found[1], found[2], found[3], found[4]
    if ":" not in text and len(hour + minute) != 4:
        return None
    start = _minutes(hour, minute)
    if end_hour is None or start is None:
        return start
    end = _minutes(end_hour, end_minute)
    return MIDNIGHT if end == 0 and start > 0 else end


def is_clock(told: pl.Series) -> bool:
    """Whether a column's cells are times of day, or intervals of a day, without a day."""
    texts = told.drop_nulls()
    return bool(len(texts)) and bool(texts.head(100).str.contains(_CELL).any()) and not _has_days(texts)


def end_of(told: pl.Series) -> pl.Series:
    """The cells with the end of an interval in its place; an interval that ends at midnight ends the day."""
    if not told.str.contains(_INTERVAL).any():
        return told.str.strip_chars()
    start, end = told.str.extract(_INTERVAL, 1), told.str.extract(_INTERVAL, 2)
    last = end.str.contains(_ENDS_A_DAY) & ~start.str.contains(_ENDS_A_DAY)
    of_interval = pl.when(last).then(pl.lit("24:00")).otherwise(end)
    return pl.select(pl.coalesce(of_interval, told.str.strip_chars())).to_series()


def _has_days(texts: pl.Series) -> bool:
    return bool(texts.str.contains(r"\d[/-]\d{1,2}[/-]|年").any())


def _minutes(hour: str, minute: str) -> int | None:
    minutes = int(hour) * 60 + int(minute)
    return minutes if minutes <= MIDNIGHT and int(minute) < 60 else None
