"""UN/CEFACT Recommendation 20: common codes of units -> the SenML unit, and how many of it one is.

NGSI-LD (`unitCode`) and others tell units by these codes. One that has no SenML unit (FAH, degrees Fahrenheit) is not
here: units are never guessed.
"""

from __future__ import annotations

from events.feeds.units.written import Unit

CODES: dict[str, Unit] = {
    "CEL": ("Cel", 1), "KEL": ("K", 1), "P1": ("/100", 1), "C62": ("/", 1), "59": ("ppm", 1), "61": ("ppb", 1),
    "GQ": ("ug/m3", 1), "GP": ("ug/m3", 1e3), "GL": ("kg/m3", 1), "KMQ": ("kg/m3", 1), "M1": ("kg/m3", 1e-3),
    "MTS": ("m/s", 1), "KMH": ("km/h", 1), "KNT": ("km/h", 1.852), "DD": ("deg", 1), "C81": ("rad", 1),
    "MMT": ("mm", 1), "CMT": ("cm", 1), "MTR": ("m", 1), "KMT": ("km", 1), "4H": ("m", 1e-6),
    "WHR": ("Wh", 1), "KWH": ("kWh", 1), "MWH": ("kWh", 1e3), "GWH": ("kWh", 1e6), "JOU": ("J", 1), "KJO": ("J", 1e3),
    "3B": ("J", 1e6), "GV": ("J", 1e9), "C79": ("kVAh", 1), "K3": ("kvarh", 1),
    "WTT": ("W", 1), "KWT": ("kW", 1), "MAW": ("kW", 1e3), "D46": ("VA", 1), "KVA": ("kVA", 1), "D44": ("var", 1),
    "KVR": ("kvar", 1), "VLT": ("V", 1), "KVT": ("V", 1e3), "2Z": ("mV", 1), "AMP": ("A", 1), "4K": ("mA", 1),
    "OHM": ("Ohm", 1), "COU": ("C", 1), "AMH": ("Ah", 1), "HTZ": ("Hz", 1), "KHZ": ("Hz", 1e3), "MHZ": ("MHz", 1),
    "PAL": ("Pa", 1), "A97": ("hPa", 1), "KPA": ("hPa", 10), "MBR": ("hPa", 1), "BAR": ("hPa", 1e3),
    "MGM": ("g", 1e-3), "GRM": ("g", 1), "KGM": ("kg", 1), "TNE": ("kg", 1e3), "NEW": ("N", 1), "MTK": ("m2", 1),
    "MTQ": ("m3", 1), "LTR": ("l", 1), "MLT": ("l", 1e-3), "CMQ": ("m3", 1e-6), "MQS": ("m3/s", 1),
    "MQH": ("m3/s", 1 / 3_600), "G51": ("l/s", 1), "L2": ("l/s", 1 / 60), "H67": ("mm/h", 1),
    "SEC": ("s", 1), "C26": ("ms", 1), "MIN": ("min", 1), "HUR": ("h", 1), "DAY": ("h", 24),
    "2N": ("dB", 1), "LUX": ("lx", 1), "LUM": ("lm", 1), "CDL": ("cd", 1), "D54": ("W/m2", 1), "RPM": ("1/min", 1),
    "D10": ("S/m", 1), "H61": ("S/m", 0.1), "Q30": ("pH", 1), "AD": ("B", 1), "4L": ("B", 1e6), "B10": ("bit/s", 1),
}  # fmt: skip
"""Common code -> Unit."""


def unit_of_code(code: str) -> Unit | None:
    """The unit of a common code, None for one that has no SenML unit.

    >>> unit_of_code("GQ"), unit_of_code("KPA"), unit_of_code("FAH")
    (('ug/m3', 1), ('hPa', 10), None)
    """
    return CODES.get(code.strip().upper())
