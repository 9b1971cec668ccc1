"""Wall clocks as people and meters in Taiwan write them, beyond the usual forms of `events.feeds.local_time`.

    113/03/12 00:15 · 113-3-12 0:15:00 · 民國113年3月12日 0時15分      years of the Republic: 113 is 2024
    1130312001500 · 11303120015 · 1130312 00:15                        the same, digits only
    2024/03/12 24:00                                                   the next day's midnight
    2024/3/12 下午 03:25 · 2024-03-12 3:25 PM                          halves of the day
    202403120015 · 20240312 00:15 · 2024.03.12 00:15 · 2024年3月12日 0時15分
    12.03.2024 00:15                                                   with dots the day is first

Unicode's other ways to write a character are one here (NFKC: full-width digits). What may be two instants is none:
12/03/2024 (day or month first), 12/03/24, 99/03/12 without 民國. A table may tell the order by its other rows
(`events.feeds.times.day_order`).
"""

from __future__ import annotations

import polars as pl

ROC_YEARS = (89, 199)
"""Years of the Republic that three digits (or 民國 and two) may tell: 2000 to 2110."""

REPUBLIC = 1911
"""The year before the first of the Republic."""

_SPELT = (
    (r"年|月", "/"), (r"日\s*", " "), (r"[時點分]\s*", ":"), (r":?\s*秒|:\s*$", ""), (r"[ \u3000]+", " "),
    (r"[Tt](\d)", " $1"),
)  # fmt: skip
_DIGITS = (
    (r"^(\d{3})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$", "$1/$2/$3 $4:$5:$6"),
    (r"^(\d{3})(\d\d)(\d\d)(\d\d)(\d\d)$", "$1/$2/$3 $4:$5"),
    (r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$", "$1/$2/$3 $4:$5"),
    (r"^(\d{3,4})(\d\d)(\d\d)$", "$1/$2/$3"),
    (r"^(\d{3,4})(\d\d)(\d\d)[ ](\d{1,2}):?(\d\d)(.*)$", "$1/$2/$3 $4:$5$6"),
    (r"^(\d{1,2})\.(\d{1,2})\.(\d{4})\b", "$3/$2/$1"),
)
_CLOCK = (
    r"(?:(?P<before>上午|下午|[AaPp]\.?[Mm]\.?) ?)?(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?P<part>\.\d+)?)?(?: ?(?P<after>[AaPp]\.?[Mm]\.?))?"
)
_DAY = r"(?P<republic>民國 ?)?(?P<year>\d{2,4})[/.-](?P<month>\d{1,2})[/.-](?P<day>\d{1,2})"
_WHOLE = rf"^{_DAY}(?: {_CLOCK})?(?P<zone> ?(?:Z|z|UTC|[+-]\d\d:?(?:\d\d)?))?$"
_AFTER_NOON = r"^(?:下午|[Pp])"


def written(text: pl.Series) -> pl.DataFrame:
    """`day` (naive midnight), `clock` (since then; null where only a day is told) and `zone` (null: none told).

    All null where the text is none of these forms, or names a day or an hour that does not exist.
    """
    groups = _plain(text).str.extract_groups(_WHOLE).struct.unnest()
    parts = groups.with_columns(pl.col("hour", "minute", "second").cast(pl.Int32, strict=False))
    dated = parts.with_columns(date=_date(), half=pl.coalesce("before", "after"))
    told = dated.select(day="date", clock=_clock(), zone=pl.col("zone").str.strip_chars(), stands="hour")
    sound = pl.col("day").is_not_null() & (pl.col("clock").is_not_null() | pl.col("stands").is_null())
    return told.select(pl.when(sound).then(pl.col(name)).alias(name) for name in ("day", "clock", "zone"))


def _plain(text: pl.Series) -> pl.Series:
    """The text in one of few forms: year/month/day clock."""
    plain = text.str.normalize("NFKC").str.strip_chars()
    for pattern, instead in _SPELT:
        plain = plain.str.replace_all(pattern, instead)
    plain = plain.str.strip_chars()
    for pattern, instead in _DIGITS:
        plain = plain.str.replace(pattern, instead)
    return plain


def _date() -> pl.Expr:
    year, digits = pl.col("year").cast(pl.Int32, strict=False), pl.col("year").str.len_chars()
    of_republic = year.is_between(*ROC_YEARS) & ((digits == 3) | pl.col("republic").is_not_null())
    western = pl.when(digits == 4).then(year).when(of_republic).then(year + REPUBLIC)
    dashed = pl.concat_str(western.cast(pl.String), pl.lit("-"), "month", pl.lit("-"), "day")
    return dashed.str.to_datetime("%Y-%m-%d", time_unit="us", strict=False)


def _clock() -> pl.Expr:
    told, minute, second = pl.col("hour"), pl.col("minute"), pl.col("second").fill_null(0)
    part = pl.concat_str(pl.lit("0"), "part").cast(pl.Float64, strict=False).fill_null(0.0)
    after = pl.col("half").str.contains(_AFTER_NOON).cast(pl.Int32)
    of_half = pl.when(told.is_between(1, 12)).then(told % 12 + 12 * after)
    hour = pl.when(pl.col("half").is_null()).then(told).otherwise(of_half)
    ends = (hour == 24) & (minute == 0) & (second == 0) & (part == 0)
    sound = ((hour < 24) | ends) & (minute < 60) & (second < 60)
    micros = (part * 1e6).round().cast(pl.Int64)
    return pl.when(sound).then(pl.duration(hours=hour, minutes=minute, seconds=second, microseconds=micros))
