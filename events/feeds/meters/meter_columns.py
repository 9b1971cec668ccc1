"""A utility's table as one value a row, by what its header says (`events.feeds.meters.headers`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from events.errors import PayloadError
from events.feeds.meters.headers import (
    INSTANT,
    QUALITY,
    QUANTITY,
    UNIT,
    VALUE,
    ZONE,
    date_column,
    meter_column,
    names_of,
    table_unit,
    time_column,
    unit_in,
    word_is_unit,
)
from events.feeds.meters.times_of_day import end_of, is_clock, minutes_of
from events.feeds.sheets.numbers import UNSURE, plain_numbers
from events.feeds.tables import Table
from events.feeds.times.day_order import year_first
from events.feeds.times.written import written
from events.feeds.units.written import DEGREE, degree_of, plain_unit
from events.observations import Quality

DAY_FIRST = "globalactivepower"
"""Column of the one well-known table (UCI household power) that writes 16/12/2006."""

SILENT = ("", "?", "-", "--", "---", "N/A", "n/a", "NA", "#N/A", "null", "NULL", "None", "NaN", "nan", "無資料", "缺值")
"""Texts that stand where a table tells nothing."""

QUALITY_WORDS = {"a": 0, "actual": 0, "e": 1, "estimate": 1, "s": 2, "substitute": 2, "f": 2}
"""Utilities' words for a quality, beside our own."""

NOT_TOLD = "度 is kWh of electricity and m3 of water or gas: a column or a title line must say which (電號, 水號 …)"

UNNAMED = "unnamed"
_ACCOUNT = re.compile(
    r"(?:電號|水號|表號|錶號|[電水]?[表錶]號碼|用戶(?:號碼|編號))\s*[:：]?\s*([A-Za-z0-9][A-Za-z0-9-]*)?\s*$"
)
_UNIT_TITLE = re.compile(r"^單位\s*[:：]?\s*(\S+)?$")
_EXCEL = r"""^="?(.*?)"?$|^'(.*)$"""


@dataclass(frozen=True)
class Sheet:
    """A table whose columns are called `#0`, `#1` …, since it may have columns of our names; and what it is headed by.

    `called` gives the column as it is called, `by_name` its place by its plain name.
    """

    rows: pl.DataFrame
    called: Mapping[str, str]
    by_name: Mapping[str, str]
    titles: Sequence[str]

    def first(self, words: Sequence[str]) -> str | None:
        """The column of the first of these names that there is."""
        return next((self.by_name[word] for word in words if word in self.by_name), None)

    def of(self, words: Sequence[str], default: str | None = None) -> pl.Expr:
        """That column, or a text in its place."""
        column = self.first(words)
        return pl.col(column) if column else pl.lit(default, pl.String)

    def degree(self, *columns: str) -> str | None:
        """What 度 is by these columns' names, the meter's, or the title lines."""
        meter = meter_column(self.by_name)
        return degree_of([*columns, *(() if meter is None else (meter,)), *self.titles])


def long_form(table: Table) -> pl.DataFrame:
    """One value a row: row, point_id, unit, local (time as text), zone, text, factor, quality, fault (null: none).

    PayloadError when the columns do not say which time, value and unit there are.
    """
    sheet = _sheet(table)
    rows = sheet.rows.with_columns(_meter(sheet), sheet.of(ZONE).alias("zone"), sheet.of((QUALITY,)).alias("told"))
    of_day = {at: minutes for at, column in sheet.called.items() if (minutes := minutes_of(column)) is not None}
    if of_day and (date := date_column(sheet.by_name)):
        return _finished(_wide(sheet, rows, of_day, sheet.by_name[date]))
    rows = rows.with_columns(_time(sheet))
    if (value := sheet.first(VALUE)) and (unit := sheet.first(UNIT)):
        quantity = sheet.of(QUANTITY, "value")
        told = rows.with_columns(text=pl.col(value), quantity=quantity, word=pl.col(unit), column=pl.lit(value))
        return _finished(told.with_columns(_units(sheet, told, sheet.called[value])))
    return _finished(_by_column(sheet, rows))


def _by_column(sheet: Sheet, rows: pl.DataFrame) -> pl.DataFrame:
    """A value a row of a table with a column a quantity."""
    taken = {sheet.first((QUALITY,)), *(sheet.by_name.get(n) for n in (meter_column(sheet.by_name),) if n)}
    words = {at: u for at, column in sheet.called.items() if at not in taken and (u := unit_in(column)) is not None}
    if not words:
        have = ", ".join(list(sheet.called.values())[:8])
        raise PayloadError(f"no column tells a value with its unit, such as supply_kwh: the table has {have}")
    units = {
        at: (sheet.degree(sheet.called[at]) or DEGREE) if plain_unit(w) == DEGREE else w for at, w in words.items()
    }
    kept = ["row", "meter", "zone", "told", "local"]
    long = rows.unpivot(list(units), index=kept, variable_name="column", value_name="text")
    word = pl.col("column").replace_strict(units, return_dtype=pl.String).alias("word")
    return long.with_columns(word, quantity=pl.col("column").replace_strict(sheet.called, return_dtype=pl.String))


def _units(sheet: Sheet, rows: pl.DataFrame, column: str) -> pl.Expr:
    """`word`: the unit that each row tells, 度 by what the table, or the row's quantity, says that it counts."""
    if not rows["word"].str.contains(DEGREE, literal=True).any():
        return pl.col("word")
    told = sheet.degree(column)
    quantities = rows["quantity"].drop_nulls().unique().to_list()
    by_quantity = {q: degree_of([q]) or told or DEGREE for q in quantities}
    degree = pl.col("quantity").replace_strict(by_quantity, default=told or DEGREE, return_dtype=pl.String)
    is_degree = pl.col("word").str.strip_chars() == DEGREE
    return pl.when(is_degree).then(degree).otherwise(pl.col("word")).alias("word")


def _finished(long: pl.DataFrame) -> pl.DataFrame:
    told = pl.col("told").str.strip_chars().str.to_lowercase()
    qualities = {q.name.casefold(): int(q) for q in Quality} | QUALITY_WORDS
    quality = told.replace_strict(qualities, default=None, return_dtype=pl.UInt8)
    words = long["word"].drop_nulls().unique().to_list()
    units = {word: table_unit(word) if word.strip() else None for word in words}
    found = [units[word] for word in words]
    senml = pl.Series([u[0] if u else None for u in found], dtype=pl.String)
    factors = pl.Series([u[1] if u else 1.0 for u in found], dtype=pl.Float64)
    unit = pl.col("word").replace_strict(words, senml, default=None, return_dtype=pl.String)
    factor = pl.col("word").replace_strict(words, factors, default=1.0, return_dtype=pl.Float64).cast(pl.Float64)
    no_unit = pl.concat_str(pl.lit("unit '"), pl.col("word").fill_null(""), pl.lit("' is not known"))
    no_quality = pl.concat_str(pl.lit("quality '"), pl.col("told"), pl.lit("' is not known"))
    valued = long.filter(~pl.col("text").str.strip_chars().is_in(SILENT))
    plain = plain_numbers(valued, "text", "column")
    unsure = pl.concat_str(pl.lit("'"), pl.col("text"), pl.lit(f"'{UNSURE}"))
    return plain.select(
        "row",
        pl.concat_str(pl.lit("meter:"), "meter", pl.lit(":"), "quantity").alias("point_id"),
        unit.fill_null("").alias("unit"),
        "local",
        "zone",
        "text",
        factor.fill_null(1.0).alias("factor"),
        pl.coalesce(quality, pl.lit(0, pl.UInt8)).alias("quality"),
        pl.coalesce(
            pl.when(pl.col("word").str.strip_chars() == DEGREE).then(pl.lit(NOT_TOLD)),
            pl.when(unit.is_null() | (unit == "")).then(no_unit),
            pl.when(told.is_not_null() & (told != "") & quality.is_null()).then(no_quality),
            pl.when("unsure").then(unsure),
        ).alias("fault"),
    )


def _wide(sheet: Sheet, rows: pl.DataFrame, of_day: Mapping[str, int], date: str) -> pl.DataFrame:
    """A row a day: each time of day becomes a row; 24:00 is the next day's midnight."""
    unit = sheet.first(UNIT)
    stated = {at: u for at in of_day if (u := unit_in(sheet.called[at]))}
    titled = None if unit or stated else _titled_unit(sheet.titles)
    if not (unit or stated or titled):
        raise PayloadError("a table with a column a time of day, but no column unit")
    word = pl.col(unit) if unit else pl.lit(titled, pl.String)
    quantity = sheet.of(QUANTITY, "interval")
    days = written(year_first(rows[date]))["day"]
    rows = rows.with_columns(
        word.alias("word"), quantity.alias("quantity"), days.alias("day"), pl.col(date).alias("date")
    )
    kept = ["row", "meter", "zone", "told", "word", "quantity", "day", "date"]
    long = rows.unpivot(list(of_day), index=kept, variable_name="column", value_name="text")
    if stated:
        by_column = pl.col("column").replace_strict(stated, default=None, return_dtype=pl.String)
        long = long.with_columns(pl.coalesce(by_column, "word").alias("word"))
    minutes = pl.col("column").replace_strict(dict(of_day), return_dtype=pl.Int64)
    local = (pl.col("day") + pl.duration(minutes=minutes)).dt.strftime("%Y-%m-%d %H:%M:%S")
    told = long.sort("row", maintain_order=True).with_columns(
        local=pl.coalesce(local, "date"), column=pl.lit("interval")
    )
    return told.with_columns(_units(sheet, told, ""))


def _titled_unit(titles: Sequence[str]) -> str | None:
    """The unit that a title line tells: 單位：度, or 單位 and 度 side by side."""
    for at, title in enumerate(titles):
        if found := _UNIT_TITLE.match(unicodedata.normalize("NFKC", title)):
            word = found[1] or (titles[at + 1] if at + 1 < len(titles) else "")
            if word_is_unit(word):
                return word
    return None


def _time(sheet: Sheet) -> pl.Series:
    """Local time as text: a column of instants, or a date and a time of day (or an interval of it) side by side."""
    time, date = time_column(sheet.by_name), date_column(sheet.by_name)
    full = sheet.first(INSTANT)
    if time is None and date is None:
        raise PayloadError(
            f"a table without a column for the time: it has {', '.join(list(sheet.called.values())[:8])}"
        )
    told = sheet.rows[full or sheet.by_name[time or date or ""]]
    if full is None and date is not None and time is not None and is_clock(told):
        day = sheet.rows[sheet.by_name[date]].str.strip_chars().str.extract(r"^([^T\s]+)")
        if DAY_FIRST in sheet.by_name:
            day = day.str.replace(r"^(\d{1,2})/(\d{1,2})/(\d{4})$", "$3-$2-$1")
        whole = pl.concat_str(pl.lit(year_first(day)), pl.lit(" "), pl.lit(end_of(told)))
        return pl.select(pl.coalesce(whole, pl.lit(day)).alias("local")).to_series()
    return year_first(told).alias("local")


def _meter(sheet: Sheet) -> pl.Expr:
    name = meter_column(sheet.by_name)
    column = pl.col(sheet.by_name[name]) if name else pl.lit(_titled_meter(sheet.titles), pl.String)
    plain = column.str.strip_chars().str.replace(r"^(\d+)\.0$", "$1").str.replace(_EXCEL, "$1$2")
    return pl.when(plain != "").then(plain).otherwise(pl.lit(UNNAMED)).alias("meter")


def _titled_meter(titles: Sequence[str]) -> str:
    """The meter that a title line tells: 電號：04123456789, or the two side by side; UNNAMED when none does."""
    for at, title in enumerate(titles):
        if found := _ACCOUNT.search(unicodedata.normalize("NFKC", title)):
            beside = titles[at + 1] if at + 1 < len(titles) else ""
            account = found[1] or (beside if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", beside) else "")
            if account:
                return account
    return UNNAMED


def _sheet(table: Table) -> Sheet:
    called = {f"#{at}": column for at, column in enumerate(table.rows.columns)}
    places = {column: at for at, column in called.items()}
    by_name = {name: places[column] for name, column in names_of(table.rows.columns).items()}
    rows = table.rows.rename({column: at for at, column in called.items()}).with_row_index("row")
    return Sheet(rows, called, by_name, table.titles)
