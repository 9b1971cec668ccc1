"""A unit as somebody wrote it -> the SenML unit it is, and the factor that brings the number there.

    µg/m^3, μg/m³, ㎍/㎥  ug/m3      C°, ℃, degC  Cel       kVArh  kvarh       MWh  1000 kWh       mS/cm  0.1 S/m

Unicode's ways to write one character are one here (NFKC: µ and μ, ³ and 3, ℃, ％, full-width letters). Case counts
where it makes another unit of it (mW, MW); where nothing else could be meant it does not (KWH, kwh). What has no SenML
unit (NTU, degrees Fahrenheit) has None: it is never guessed. 度 is no unit by itself: it is what the account counts:
`degree_of`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from events.feeds.senml_units import UNITS

Unit = tuple[str, float]
"""SenML unit, and how many of it one is."""

DEGREE = "度"
"""The unit of Taiwan's bills: kWh of electricity, cubic metres of water and of gas."""

FURTHER = frozenset({"", "ppb"})
"""Units beside SenML's: a plain count of things, and parts per billion as the air networks write."""

WORDS: dict[str, Unit] = {
    "C": ("Cel", 1), "°C": ("Cel", 1), "C°": ("Cel", 1), "degC": ("Cel", 1), "Celsius": ("Cel", 1),
    "Celcius": ("Cel", 1), "degree Celsius": ("Cel", 1), "degrees Celsius": ("Cel", 1), "攝氏度": ("Cel", 1),
    "°": ("deg", 1), "degree": ("deg", 1), "degrees": ("deg", 1),
    "%": ("/100", 1), "percent": ("/100", 1), "Percent": ("/100", 1), "RH%": ("%RH", 1), "% RH": ("%RH", 1),
    "Ω": ("Ohm", 1), "ohm": ("Ohm", 1), "L": ("l", 1), "litre": ("l", 1), "litres": ("l", 1), "liter": ("l", 1),
    "liters": ("l", 1), "公升": ("l", 1), "mL": ("l", 1e-3), "ml": ("l", 1e-3), "kL": ("m3", 1), "kl": ("m3", 1),
    "dm3": ("m3", 1e-3), "cm3": ("m3", 1e-6), "Nm3": ("m3", 1), "CBM": ("m3", 1), "m^3": ("m3", 1), "m**3": ("m3", 1),
    "M3": ("m3", 1), "cubic metre": ("m3", 1), "cubic metres": ("m3", 1), "cubic meter": ("m3", 1),
    "cubic meters": ("m3", 1), "立方公尺": ("m3", 1), "立方米": ("m3", 1), "m^2": ("m2", 1), "平方公尺": ("m2", 1),
    "cms": ("m3/s", 1), "CMS": ("m3/s", 1), "CMD": ("m3/s", 1 / 86_400), "CMH": ("m3/s", 1 / 3_600),
    "m3/h": ("m3/s", 1 / 3_600), "m3/hr": ("m3/s", 1 / 3_600), "m3/d": ("m3/s", 1 / 86_400),
    "l/min": ("l/s", 1 / 60), "L/min": ("l/s", 1 / 60), "LPM": ("l/s", 1 / 60), "L/s": ("l/s", 1),
    "l/h": ("l/s", 1 / 3_600), "L/h": ("l/s", 1 / 3_600),
    "kWh": ("kWh", 1), "kW.h": ("kWh", 1), "kW*h": ("kWh", 1), "kW·h": ("kWh", 1), "kW h": ("kWh", 1),
    "MWh": ("kWh", 1e3), "mWh": ("Wh", 1e-3), "GWh": ("kWh", 1e6), "千瓦時": ("kWh", 1), "千瓦小時": ("kWh", 1),
    "仟瓦時": ("kWh", 1), "仟瓦小時": ("kWh", 1), "瓩時": ("kWh", 1), "瓩小時": ("kWh", 1), "瓦時": ("Wh", 1),
    "MW": ("kW", 1e3), "mW": ("W", 1e-3), "千瓦": ("kW", 1), "仟瓦": ("kW", 1), "瓩": ("kW", 1), "瓦": ("W", 1),
    "MVA": ("kVA", 1e3), "VAr": ("var", 1), "VAR": ("var", 1), "Mvar": ("kvar", 1e3), "MVAr": ("kvar", 1e3),
    "VAh": ("kVAh", 1e-3), "MVAh": ("kVAh", 1e3), "Mvarh": ("kvarh", 1e3), "MVArh": ("kvarh", 1e3),
    "v": ("V", 1), "a": ("A", 1), "w": ("W", 1),
    "伏特": ("V", 1), "伏": ("V", 1), "安培": ("A", 1), "安": ("A", 1), "赫茲": ("Hz", 1), "Hertz": ("Hz", 1),
    "kV": ("V", 1e3), "kHz": ("Hz", 1e3), "kA": ("A", 1e3), "μA": ("A", 1e-6), "μV": ("V", 1e-6),
    "kJ": ("J", 1e3), "MJ": ("J", 1e6), "GJ": ("J", 1e9), "kOhm": ("Ohm", 1e3), "kΩ": ("Ohm", 1e3),
    "μg/m3": ("ug/m3", 1), "mg/m3": ("ug/m3", 1e3), "g/m3": ("kg/m3", 1e-3), "ng/m3": ("ug/m3", 1e-3),
    "mg/L": ("kg/m3", 1e-3), "mg/l": ("kg/m3", 1e-3), "μg/L": ("ug/m3", 1e3), "μg/l": ("ug/m3", 1e3),
    "μm": ("m", 1e-6), "um": ("m", 1e-6), "公分": ("cm", 1), "公尺": ("m", 1), "公里": ("km", 1), "公釐": ("mm", 1),
    "毫米": ("mm", 1), "μs": ("s", 1e-6), "us": ("s", 1e-6), "sec": ("s", 1), "hr": ("h", 1), "d": ("h", 24),
    "m/sec": ("m/s", 1), "m s-1": ("m/s", 1), "ms-1": ("m/s", 1), "kph": ("km/h", 1), "kmh": ("km/h", 1),
    "knot": ("km/h", 1.852), "knots": ("km/h", 1.852), "kn": ("km/h", 1.852), "mm/hr": ("mm/h", 1),
    "mS/cm": ("S/m", 0.1), "μS/cm": ("S/m", 1e-4), "uS/cm": ("S/m", 1e-4), "mS/m": ("S/m", 1e-3), "dS/m": ("S/m", 0.1),
    "mbar": ("hPa", 1), "bar": ("hPa", 1e3), "kPa": ("hPa", 10), "MPa": ("hPa", 1e4),
    "W/m^2": ("W/m2", 1), "W m-2": ("W/m2", 1), "lux": ("lx", 1), "klx": ("lx", 1e3),
    "dB(A)": ("dB", 1), "dBA": ("dB", 1), "dB A": ("dB", 1), "rpm": ("1/min", 1), "RPM": ("1/min", 1),
    "bpm": ("beat/min", 1), "t": ("kg", 1e3), "mg": ("g", 1e-3), "公斤": ("kg", 1),
    "kbps": ("bit/s", 1e3), "Mbps": ("Mbit/s", 1), "MB": ("B", 1e6), "kB": ("B", 1e3), "ppbv": ("ppb", 1),
    "ppmv": ("ppm", 1),
}  # fmt: skip
"""Words that are no SenML units themselves -> Unit; written as NFKC leaves them."""

KINDS: dict[str, str] = {
    "電": "kWh", "electric": "kWh", "power": "kWh", "水": "m3", "water": "m3", "氣": "m3", "瓦斯": "m3", "gas": "m3",
}  # fmt: skip
"""What a name says that is counted -> what 度 of it is."""

_NOT_METERED = (
    "氣溫",
    "氣象",
    "天氣",
    "空氣",
    "水準",
    "水平",
    "電話",
    "氣壓",
    "水溫",
    "水位",
    "電子",
    "電郵",
    "gasoline",
)
"""Words that hold one of KINDS and are not of an account."""

_UCUM = re.compile(r"(?i)^(?:ucum|unit|qudt):\s*")
_TIGHT = re.compile(r"\s*([/^*])\s*")


@lru_cache(maxsize=4096)
def unit_of(word: str) -> Unit | None:
    """What a written unit is in SenML; None when it has no SenML unit.

    >>> unit_of("µg/m³"), unit_of("MWh"), unit_of("KWH"), unit_of("NTU")
    (('ug/m3', 1.0), ('kWh', 1000.0), ('kWh', 1.0), None)
    """
    text = plain_unit(word)
    for form in dict.fromkeys((text, text.replace("^", ""), text.replace("^", "").replace("μ", "u"))):
        if form in WORDS:
            unit, factor = WORDS[form]
            return unit, float(factor)
        if form in UNITS or form in FURTHER:
            return form, 1.0
    return _folded().get(_small(text)) if len(text) > 1 else None


def plain_unit(word: str) -> str:
    """The word as one way of writing has it.

    >>> plain_unit("㎍ / ㎥"), plain_unit("（度）")
    ('μg/m3', '度')
    """
    text = unicodedata.normalize("NFKC", word).strip()
    while len(text) > 2 and text[0] + text[-1] in ("()", "[]"):
        text = text[1:-1].strip()
    return _TIGHT.sub(r"\1", _UCUM.sub("", text)).replace("µ", "μ").replace("º", "°").replace("˚", "°")


def degree_of(names: Iterable[str]) -> str | None:
    """The unit that 度 is by the first of `names` that says what is counted; None when none does, or one says both.

    >>> degree_of(["用量", "電號"]), degree_of(["用水度數", "表號"]), degree_of(["表號"])
    ('kWh', 'm3', None)
    """
    for name in names:
        text = unicodedata.normalize("NFKC", name).casefold()
        for other in _NOT_METERED:
            text = text.replace(other, "")
        told = {unit for word, unit in KINDS.items() if word in text}
        if told:
            return told.pop() if len(told) == 1 else None
    return None


@lru_cache(maxsize=1)
def _folded() -> dict[str, Unit]:
    """Units by their small letters, where these name one unit only."""
    by_small: dict[str, set[Unit]] = {}
    own = {unit: (unit, 1.0) for unit in UNITS} | {word: (u, float(f)) for word, (u, f) in WORDS.items()}
    for word, unit in own.items():
        by_small.setdefault(_small(word), set()).add(unit)
    return {small: next(iter(units)) for small, units in by_small.items() if len(units) == 1}


def _small(word: str) -> str:
    """Small letters, but for a first m: thousandths are not millions (MWH is MWh, mwh is not; nor is MA mA)."""
    return word[:1] + word[1:].casefold() if word[:1] in ("m", "M") else word.casefold()
