"""SenML units that measure the same thing at another scale (RFC 8798 section 3), so that a point keeps one unit."""

from __future__ import annotations

SECONDARY: dict[str, tuple[str, float]] = {
    "ms": ("s", 1e-3), "min": ("s", 60.0), "h": ("s", 3600.0), "MHz": ("Hz", 1e6), "kW": ("W", 1e3), "kVA": ("VA", 1e3),
    "kvar": ("var", 1e3), "Ah": ("C", 3600.0), "Wh": ("J", 3600.0), "kWh": ("J", 3.6e6), "varh": ("vars", 3600.0),
    "kvarh": ("vars", 3.6e6), "kVAh": ("VAs", 3.6e6), "Wh/km": ("J/m", 3.6), "KiB": ("B", 1024.0), "GB": ("B", 1e9),
    "Mbit/s": ("bit/s", 1e6), "B/s": ("bit/s", 8.0), "MB/s": ("bit/s", 8e6), "mV": ("V", 1e-3), "mA": ("A", 1e-3),
    "ug/m3": ("kg/m3", 1e-9), "mm/h": ("m/s", 1 / 3.6e6), "m/h": ("m/s", 1 / 3600), "ppm": ("/", 1e-6),
    "/100": ("/", 1e-2), "/1000": ("/", 1e-3), "hPa": ("Pa", 100.0), "mm": ("m", 1e-3), "cm": ("m", 1e-2),
    "km": ("m", 1e3), "km/h": ("m/s", 1 / 3.6), "l": ("m3", 1e-3), "l/s": ("m3/s", 1e-3),
}  # fmt: skip
"""Unit -> (unit of the same quantity, how many of it one is); litres are RFC 8428 units in their own right."""


def scale(unit: str) -> tuple[str, float]:
    """The base unit that `unit` is a scale of, and the factor to it; a unit that is none's scale stands for itself.

    >>> scale("kWh")
    ('J', 3600000.0)
    """
    return SECONDARY.get(unit, (unit, 1.0))
