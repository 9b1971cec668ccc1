"""What the Central Weather Administration's columns measure, and the words it has for what is not measured.

    GloblRad   MJ/m2 in the hour -> W/m2, the mean of the hour        Cloud Amount   tenths -> share (/)

Marks stand where a number would: T is rain too little to measure, V wind from all sides, X a fault, / unknown, & rain
that is counted later, ... not observed; the numbers -9991 to -9999 of older files say the same, -99 of open data that
nothing is told. None is a zero.
"""

from __future__ import annotations

from events.feeds.cells import STATE
from events.feeds.json_texts import plain
from events.feeds.wide import Measure

RADIATION = "global_radiation"
CLOUD = "cloud_amount"
FACTORS = {RADIATION: 1e6 / 3600, CLOUD: 0.1}
"""Measures that are written in another unit than they are kept in."""

_HOURLY = {
    "StnPres": Measure("station_pressure", "hPa", 300, 1100),
    "SeaPres": Measure("sea_pressure", "hPa", 850, 1100),
    "Temperature": Measure("temperature", "Cel", -60, 60),
    "Td dew point": Measure("dew_point", "Cel", -80, 60),
    "RH": Measure("humidity", "%RH", 0, 100),
    "WS": Measure("wind_speed", "m/s", 0, 120),
    "WD": Measure("wind_direction", "deg", 0, 360),
    "WSGust": Measure("gust_speed", "m/s", 0, 150),
    "WDGust": Measure("gust_direction", "deg", 0, 360),
    "Precp": Measure("rain", "mm", 0, 500),
    "PrecpHour": Measure("rain_duration", "h", 0, 1),
    "SunShine": Measure("sunshine", "h", 0, 1),
    "GloblRad": Measure(RADIATION, "W/m2", 0, 1600),
    "Visb": Measure("visibility", "km", 0, 200),
    "UVI": Measure("uv_index", "", 0, 30),
    "Cloud Amount": Measure(CLOUD, "/", 0, 1),
}
"""Columns of the hourly tables: what was measured in the hour that ends."""

_OBSERVED = {
    "AirTemperature": Measure("temperature", "Cel", -60, 60),
    "RelativeHumidity": Measure("humidity", "%RH", 0, 100),
    "AirPressure": Measure("station_pressure", "hPa", 300, 1100),
    "WindSpeed": Measure("wind_speed", "m/s", 0, 120),
    "WindDirection": Measure("wind_direction", "deg", 0, 360),
    "UVIndex": Measure("uv_index", "", 0, 30),
    "Precipitation": Measure("rain_today", "mm", 0, 3000),
    "SunshineDuration": Measure("sunshine_today", "h", 0, 24),
    "Weather": Measure("weather", STATE, 0, 0),
    "VisibilityDescription": Measure("visibility_words", STATE, 0, 0),
}
"""Members of the open data's observations; rain and sunshine are those of the day so far."""

MEASURES = {plain(name): measure for name, measure in (_HOURLY | _OBSERVED).items()}

SILENT = ("", "...", "…", "-", "-99", "-99.0", "-999", "-999.0", "-9995", "-9995.0", "-9999", "-9999.0")
"""Nothing was observed, or nothing is told."""

_WORDS = {
    "trace": ("T", "-9998"), "variable": ("V", "990"), "fault": ("X", "-9991", "-9997"), "unknown": ("/",),
    "accumulated": ("&", "-9996"),
}  # fmt: skip
MARKS = {form: word for word, told in _WORDS.items() for mark in told for form in (mark, f"{mark}.0")}
"""Mark -> the text of the state that it becomes."""
