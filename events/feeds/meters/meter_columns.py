"""What the columns of a utility's table mean, and the table as one value a row."""

from __future__ import annotations

import re

import polars as pl

from events.errors import PayloadError
from events.feeds.json_texts import plain
from events.observations import Quality

METER = (
    "meterid", "meter", "meterserial", "serial", "serialnumber", "nmi", "customerid", "pointid", "deviceid",
    "householdid", "household", "lclid", "siteid", "id", "電號", "表號", "電表號碼", "水號",
)  # fmt: skip
TIME = (
    "readingdatetime", "datetime", "timestamp", "time", "readingtime", "tstp", "intervalend", "endtime",
    "intervalstart", "localtime", "資料時間", "時間",
)  # fmt: skip
DATE = ("date", "day", "readingdate", "日期")
UNIT, VALUE, ZONE, QUALITY = (
    ("unit", "uom", "units", "單位"),
    ("value", "reading", "數值"),
    ("timezone", "tz"),
    "quality",
)
QUANTITY = ("obis", "register", "quantity", "channel", "stream")
UNITS = {
    "kwh": "kWh", "wh": "Wh", "mwh": "MWh", "kw": "kW", "w": "W", "kvarh": "kvarh", "kvar": "kvar", "kva": "kVA",
    "va": "VA", "v": "V", "a": "A", "m3": "m3", "m³": "m3", "l": "l", "litre": "l", "litres": "l", "liter": "l",
    "liters": "l", "度": "",
}  # fmt: skip
"""Word for a unit in a table, in small letters -> SenML unit (MWh, which has none, becomes kWh)."""

KNOWN = {
    "globalactivepower": "kW", "globalreactivepower": "kvar", "voltage": "V", "globalintensity": "A",
    "submetering1": "Wh", "submetering2": "Wh", "submetering3": "Wh", "energykwhhh": "kWh", "kwhhhperhalfhour": "kWh",
}  # fmt: skip
"""Columns of well-known tables whose names do not end in a unit (UCI household power, Low Carbon London)."""

DAY_FIRST = "globalactivepower"
"""Column of the one well-known table (UCI household power) that writes 16/12/2006."""

SILENT = ("", "?")
"""Texts that stand where a table tells nothing."""

WHOLE = ("kwh", "wh", "mwh", "kvarh", "m3")
"""Units that are a column's whole name; shorter ones might be anything."""

QUALITY_WORDS = {"a": 0, "actual": 0, "e": 1, "estimate": 1, "s": 2, "substitute": 2, "f": 2}
"""Utilities' words for a quality, beside our own."""

UNNAMED = "unnamed"
_SUFFIX = re.compile(r"^(.*?)[\s_(\[]+([A-Za-z³0-9]+)[)\]]?\s*$")
_OF_DAY = re.compile(r"^\s*(?:[A-Za-z]+[\s_]*)?(\d{1,2}):?(\d\d)(?::00)?\s*$")


def long_form(table: pl.DataFrame) -> pl.DataFrame:
    """One value a row: row, point_id, unit, local (time as text), zone, text, factor, quality, fault (null: none).

    PayloadError when the columns do not say which time, value and unit there are.
    """
    names = {f"#{at}": column for at, column in enumerate(table.columns)}  # a table may have columns of our names
    by_name = {plain(column): name for name, column in reversed(names.items())}
    rows = table.rename({column: name for name, column in names.items()}).with_row_index("row")
    rows = rows.with_columns(_meter(by_name), _of(by_name, ZONE, None).alias("zone"), _told(by_name))
    of_day = {name: minutes for name, column in names.items() if (minutes := _of_day(column)) is not None}
    if of_day and _first(by_name, DATE):
        return _finished(_wide(rows, by_name, of_day))
    rows = rows.with_columns(_time(by_name, rows, table.columns))
    if (value := _first(by_name, VALUE)) and _first(by_name, UNIT):
        quantity = _of(by_name, QUANTITY, "value")
        return _finished(rows.with_columns(text=pl.col(value), quantity=quantity, word=_of(by_name, UNIT, None)))
    units = {name: u for name, column in names.items() if (u := _unit_of(column)) is not None}
    if not units:
        have = ", ".join(table.columns[:8])
        raise PayloadError(f"no column tells a value with its unit, such as supply_kwh: the table has {have}")
    kept = ["row", "meter", "zone", "told", "local"]
    long = rows.unpivot(list(units), index=kept, variable_name="quantity", value_name="text")
    word = pl.col("quantity").replace_strict(units, return_dtype=pl.String)
    return _finished(long.with_columns(word=word, quantity=pl.col("quantity").replace(names)))


def _finished(long: pl.DataFrame) -> pl.DataFrame:
    word = pl.col("word").str.strip_chars().str.to_lowercase()
    unit = word.replace_strict(UNITS, default=None, return_dtype=pl.String)
    told = pl.col("told").str.strip_chars().str.to_lowercase()
    qualities = {q.name.casefold(): int(q) for q in Quality} | QUALITY_WORDS
    quality = told.replace_strict(qualities, default=None, return_dtype=pl.UInt8)
    no_unit = pl.concat_str(pl.lit("unit '"), pl.col("word").fill_null(""), pl.lit("' is not known"))
    no_quality = pl.concat_str(pl.lit("quality '"), pl.col("told"), pl.lit("' is not known"))
    return long.filter(~pl.col("text").str.strip_chars().is_in(SILENT)).select(
        "row",
        pl.concat_str(pl.lit("meter:"), "meter", pl.lit(":"), "quantity").alias("point_id"),
        unit.replace({"MWh": "kWh"}).fill_null("").alias("unit"),
        "local",
        "zone",
        "text",
        pl.when(unit == "MWh").then(1e3).otherwise(1.0).alias("factor"),
        pl.coalesce(quality, pl.lit(0, pl.UInt8)).alias("quality"),
        pl.coalesce(
            pl.when(unit.is_null() | (unit == "")).then(no_unit),
            pl.when(told.is_not_null() & (told != "") & quality.is_null()).then(no_quality),
        ).alias("fault"),
    )


def _wide(rows: pl.DataFrame, by_name: dict[str, str], of_day: dict[str, int]) -> pl.DataFrame:
    """A row a day: each time of day becomes a row; 24:00 is the next day's midnight."""
    if not _first(by_name, UNIT):
        raise PayloadError("a table with a column a time of day, but no column unit")
    rows = rows.with_columns(word=_of(by_name, UNIT, None), day=_day(pl.col(_first(by_name, DATE) or "")))
    kept = ["row", "meter", "zone", "told", "word", "day"]
    long = rows.unpivot(list(of_day), index=kept, variable_name="column", value_name="text")
    minutes = pl.col("column").replace_strict(of_day, return_dtype=pl.Int64)
    local = pl.col("day") + pl.duration(minutes=minutes)
    return long.sort("row", maintain_order=True).with_columns(
        local=local.dt.strftime("%Y-%m-%d %H:%M:%S"), quantity=pl.lit("interval")
    )


def _day(text: pl.Expr) -> pl.Expr:
    clean = text.str.strip_chars().str.slice(0, 10).str.replace_all("/", "-", literal=True)
    return pl.coalesce(clean.str.to_datetime(f, time_unit="us", strict=False) for f in ("%Y-%m-%d", "%Y%m%d"))


def _of_day(column: str) -> int | None:
    """Minutes after midnight that a column's name tells, None when it is no time of day."""
    found = _OF_DAY.match(column)
    if found is None or (":" not in column and len(found[1] + found[2]) != 4):
        return None
    minutes = int(found[1]) * 60 + int(found[2])
    return minutes if minutes <= 1440 and int(found[2]) < 60 else None


def _unit_of(column: str) -> str | None:
    """The unit in a column's name, in the table's words; None when it names none."""
    if plain(column) in KNOWN:
        return KNOWN[plain(column)]
    if plain(column) in WHOLE:
        return plain(column)
    found = _SUFFIX.match(column)
    return found[2] if found and found[1] and found[2].lower() in UNITS else None


def _time(by_name: dict[str, str], rows: pl.DataFrame, columns: list[str]) -> pl.Expr:
    """Local time as text: a column of instants, or a date and a time of day side by side."""
    full, date = _first(by_name, TIME[:3]), _first(by_name, DATE)
    other = _first(by_name, TIME)
    if full is None and date is not None and other is not None:
        short = rows[other].str.strip_chars().str.len_chars().max()
        if isinstance(short, int) and short <= 8:
            day = pl.col(date).str.strip_chars().str.slice(0, 10)
            if DAY_FIRST in by_name:
                day = day.str.replace(r"^(\d{1,2})/(\d{1,2})/(\d{4})$", "$3-$2-$1")
            return pl.concat_str(day, pl.lit(" "), pl.col(other).str.strip_chars()).alias("local")
    if (chosen := full or other) is None:
        raise PayloadError(f"a table without a column for the time: it has {', '.join(columns[:8])}")
    return pl.col(chosen).alias("local")


def _meter(by_name: dict[str, str]) -> pl.Expr:
    text = _of(by_name, METER, UNNAMED).str.strip_chars().str.replace(r"^(\d+)\.0$", "$1")
    return pl.when(text != "").then(text).otherwise(pl.lit(UNNAMED)).alias("meter")


def _told(by_name: dict[str, str]) -> pl.Expr:
    return _of(by_name, (QUALITY,), None).alias("told")


def _of(by_name: dict[str, str], names: tuple[str, ...], default: str | None) -> pl.Expr:
    column = _first(by_name, names)
    return pl.col(column) if column else pl.lit(default, pl.String)


def _first(by_name: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((by_name[n] for n in names if n in by_name), None)
