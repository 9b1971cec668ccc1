"""Units that SenML knows: RFC 8428 section 12.1, and RFC 8798 (further primary units, and the secondary ones)."""

from __future__ import annotations

from events.units import SECONDARY

PRIMARY: frozenset[str] = frozenset(
    {
        "m", "kg", "g", "s", "A", "K", "cd", "mol", "Hz", "rad", "sr", "N", "Pa", "J", "W", "C", "V", "F",
        "Ohm", "S", "Wb", "T", "H", "Cel", "lm", "lx", "Bq", "Gy", "Sv", "kat", "m2", "m3", "l", "m/s",
        "m/s2", "m3/s", "l/s", "W/m2", "cd/m2", "bit", "bit/s", "lat", "lon", "pH", "dB", "dBW", "Bspl",
        "count", "/", "%", "%RH", "%EL", "EL", "1/s", "1/min", "beat/min", "beats", "S/m", "B", "VA", "VAs",
        "var", "vars", "J/m", "kg/m3", "deg",
    }
)  # fmt: skip
"""Registered units; `%`, `beat/min` and `kg` or `g` are kept as sent."""

UNITS: frozenset[str] = PRIMARY | SECONDARY.keys() | {"dBm"}
"""Every unit that a record may state; kWh, m3 and l/s are among them."""

SUMS: dict[str, str] = {
    "W": "J", "kW": "kWs", "VA": "VAs", "var": "vars", "A": "C", "m3/s": "m3", "l/s": "l", "bit/s": "bit", "B/s": "B",
    "m/s": "m", "1/s": "count",
}  # fmt: skip
"""Unit of a value -> unit of its sum over time in seconds (RFC 8428 section 4.2); others get `*s` appended."""
