"""Words at the top of utilities' tables, English and Chinese: which column is the meter, the time, a value, its unit.

Names are compared without case, spaces and signs, full-width letters as the others (`events.feeds.json_texts.plain`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from events.feeds.json_texts import plain
from events.feeds.meters.times_of_day import minutes_of
from events.feeds.units.written import DEGREE, plain_unit, unit_of

METER = (
    "meterid", "meter", "meterserial", "serial", "serialnumber", "nmi", "customerid", "pointid", "deviceid",
    "householdid", "household", "lclid", "siteid", "id", "電號", "水號", "用電戶號", "表號", "電表號碼",
)  # fmt: skip
TIME = (
    "readingdatetime", "datetime", "timestamp", "time", "readingtime", "tstp", "intervalend", "endtime",
    "intervalstart", "localtime", "資料時間", "時間",
)  # fmt: skip
INSTANT = TIME[:3]
"""Names of a column that tells the day, too."""

DATE = ("date", "day", "readingdate", "日期")
UNIT, VALUE, ZONE, QUALITY = (
    ("unit", "uom", "units", "單位", "計量單位"),
    ("value", "reading", "數值", "讀值", "讀數", "量測值", "用量"),
    ("timezone", "tz"),
    "quality",
)
QUANTITY = ("obis", "register", "quantity", "channel", "stream", "項目", "類別", "種類")

KNOWN = {
    "globalactivepower": "kW", "globalreactivepower": "kvar", "voltage": "V", "globalintensity": "A",
    "submetering1": "Wh", "submetering2": "Wh", "submetering3": "Wh", "energykwhhh": "kWh", "kwhhhperhalfhour": "kWh",
}  # fmt: skip
"""Columns of well-known tables whose names do not end in a unit (UCI household power, Low Carbon London)."""

WHOLE = {"kwh": "kWh", "wh": "Wh", "mwh": "MWh", "kvarh": "kvarh", "m3": "m3", "度數": DEGREE}
"""Units that are a column's whole name; shorter ones might be anything."""

BEHIND_A_SPACE = frozenset(
    {"kWh", "Wh", "kW", "W", "kvarh", "varh", "kvar", "var", "kVA", "VA", "kVAh", "V", "A", "m3", "l", "m3/s", "l/s",
     "Hz", "/100", "J", "S/m"}
)  # fmt: skip
"""Units that may end a name behind a space or an underscore; in brackets any unit may stand."""

_METER = re.compile(
    r"(?:[電水戶]號|[表錶]號碼?|用[戶電水氣]+(?:號碼|編號|代號|號)|[戶表錶](?:號碼|編號)|設備編號|客戶(?:號碼|編號))$"
)
_TIME = re.compile(r"(?:時間|時刻|時段|時間戳記|timestamp|datetime|time)$")
_DATE = re.compile(r"(?:日期|年月日|抄表日|用電日|用水日|用氣日|readdate|readingdate)$")
_OTHER_TIME = re.compile(
    r"上次|上期|下次|下期|繳|出帳|列印|製表|安裝|裝表|建檔|更新|查詢|時間電價|匯出|update|create|export|billing"
)
_END, _START = re.compile(r"[結截]束?[時日止]|結束|迄|截止|^止|end"), re.compile(r"起始|開始|^起|^自|start|begin")
_BRACKETS = re.compile(r"^(.+?)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$")
_TAIL = re.compile(r"^(.*?[^\s_])[\s_]+([^\s_]+)\s*$")
_DEGREES = re.compile(r"(?:[電水氣]|用量|本期|實[用際]|總|合計|斯)?度數$")
_NOT_DEGREES = re.compile(r"[溫濕緯經角高長寬深速亮強密精]度數")


def names_of(columns: Sequence[str]) -> dict[str, str]:
    """Plain name -> column as it is called; of two alike the first."""
    return {plain(unicodedata.normalize("NFKC", column)): column for column in reversed(columns)}


def meter_column(names: Iterable[str]) -> str | None:
    """The plain name of the column that tells the meter."""
    listed = list(names)
    return _first(METER, listed) or next((name for name in reversed(listed) if _METER.search(name)), None)


def time_column(names: Iterable[str]) -> str | None:
    """That of the column of times: of an interval its end."""
    listed = [name for name in names if not _OTHER_TIME.search(name)]
    told = [name for name in reversed(listed) if _TIME.search(name)]
    ends, starts = ([n for n in told if form.search(n)] for form in (_END, _START))
    return _first(TIME, listed) or next(iter([*ends, *(n for n in told if n not in starts), *starts]), None)


def date_column(names: Iterable[str]) -> str | None:
    """That of the column of days."""
    listed = [name for name in names if not _OTHER_TIME.search(name)]
    told = [name for name in reversed(listed) if _DATE.search(name)]
    ends, starts = ([n for n in told if form.search(n)] for form in (_END, _START))
    return _first(DATE, listed) or next(iter([*ends, *(n for n in told if n not in starts), *starts]), None)


def is_header(fields: Sequence[str]) -> bool:
    """Whether a line names a table's columns: a time or a day, and beside it a meter, a value or a unit.

    >>> is_header(["電號", "資料時間", "用電量_kWh"]), is_header(["查詢期間", "2024/03/01", "2024/03/31"])
    (True, False)
    """
    names = list(names_of([field for field in fields if field.strip()]))
    if len(names) < 2 or not (time_column(names) or date_column(names)):
        return False
    told = meter_column(names) or _first(VALUE, names) or _first(UNIT, names)
    return bool(told) or any(unit_in(field) is not None or minutes_of(field) is not None for field in fields)


def unit_in(column: str) -> str | None:
    """The unit in a column's name, as it is written there; None when it names none.

    >>> unit_in("用電量(度)"), unit_in("supply_kwh"), unit_in("power (kW)"), unit_in("phase_b")
    ('度', 'kwh', 'kW', None)
    """
    name = plain(unicodedata.normalize("NFKC", column))
    if known := KNOWN.get(name, WHOLE.get(name)):
        return known
    text = unicodedata.normalize("NFKC", column)
    if (found := _BRACKETS.match(text)) and word_is_unit(found[2]):
        return found[2]
    if (found := _TAIL.match(text)) and word_is_unit(found[2]):
        unit = table_unit(found[2])
        return found[2] if unit is None or unit[0] in BEHIND_A_SPACE or "/" in found[2] else None
    return DEGREE if _DEGREES.search(name) and not _NOT_DEGREES.search(name) else None


def word_is_unit(word: str) -> bool:
    """Whether a word is a unit, or 度."""
    return bool(plain_unit(word)) and (plain_unit(word) == DEGREE or table_unit(word) is not None)


def table_unit(word: str) -> tuple[str, float] | None:
    """The unit that a word is in a utility's table, where mwh is never the thousandth of a watt-hour."""
    return ("kWh", 1e3) if plain_unit(word).casefold() == "mwh" else unit_of(word)


def _first(words: Sequence[str], names: Iterable[str] | Mapping[str, str]) -> str | None:
    return next((word for word in words if word in names), None)
