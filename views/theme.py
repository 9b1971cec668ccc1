"""How things look: colours, scales, and the formats of numbers, units and times (Asia/Taipei).

A dark ground, so that what is measured shines and the rest keeps still. Colours are (red, green, blue), 0-255.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from events.clock import TAIPEI

Colour = tuple[int, int, int]

GROUND, PANEL, LINE = (13, 20, 30), (22, 32, 45), (43, 58, 76)
TEXT, MUTED = (232, 238, 245), (151, 166, 184)
ACCENT, WARM, ALARM, COOL = (72, 199, 176), (245, 181, 75), (239, 99, 94), (122, 162, 247)
LAND, BORDER = (26, 38, 53), (61, 80, 103)

FONT = "'Noto Sans CJK TC', 'Noto Sans TC', 'PingFang TC', 'Microsoft JhengHei', sans-serif"
"""Fonts of the system only; nothing is fetched."""

STATUS: dict[str, Colour] = {"已完工": ACCENT, "施工中及待開工": WARM, "規劃中": (139, 148, 173)}
"""Colour of a site's status, as the city words it."""

OTHER_STATUS: Colour = MUTED

RAMP: tuple[Colour, ...] = (
    (49, 70, 122),
    (44, 113, 142),
    (33, 155, 136),
    (92, 200, 99),
    (190, 220, 60),
    (253, 231, 90),
)
"""Sequential scale from little to much (after viridis: even steps, readable by the colour-blind)."""

UNKNOWN: Colour = (74, 84, 98)
"""Where there is no value."""

BIKES: dict[str, Colour] = {"none": ALARM, "few": (250, 162, 128), "some": (108, 180, 238), "full": (170, 130, 245)}
"""Colour of a bike station by what can be had there."""

BUS: Colour = (255, 240, 200)
VEHICLES: dict[str, Colour] = {
    "bus": BUS, "tram": (255, 196, 120), "metro": (120, 200, 255), "rail": (196, 160, 255), "ferry": (110, 220, 220),
    "cable": (255, 160, 200), "bike": (150, 230, 120), "scooter": (240, 220, 90), "moped": (255, 150, 90),
    "car": (240, 120, 160), "other": MUTED, "unknown": (139, 148, 173),
}  # fmt: skip
"""Colour of a vehicle by its kind, in the order of a legend."""

BASELINE, SCENARIO, PV, BATTERY = MUTED, ACCENT, WARM, COOL

DASH = "—"
"""Stands for a value that is not known."""


@dataclass(frozen=True)
class Scale:
    """A sequential scale from `low` to `high` in `unit`."""

    low: float
    high: float
    unit: str

    def colour(self, value: float | None) -> Colour:
        """Colour of a value; beyond the ends that of the end, UNKNOWN for none."""
        if value is None or value != value:
            return UNKNOWN
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0
        return ramp(min(max(share, 0.0), 1.0))

    def steps(self) -> list[tuple[str, Colour]]:
        """Labels and colours for a legend, low to high."""
        width = (self.high - self.low) / (len(RAMP) - 1)
        return [(number(self.low + i * width), colour) for i, colour in enumerate(RAMP)]


def ramp(share: float) -> Colour:
    """Colour at a share (0 to 1) of the sequential scale.

    >>> ramp(0.0) == RAMP[0], ramp(1.0) == RAMP[-1]
    (True, True)
    """
    place = share * (len(RAMP) - 1)
    below = min(int(place), len(RAMP) - 2)
    part = place - below
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(RAMP[below], RAMP[below + 1], strict=True))
    return red, green, blue


def scale_of(values: Sequence[float | None], unit: str) -> Scale:
    """A scale from zero to a round number near the 95th percentile, so that one outlier does not dim all others."""
    known = sorted(v for v in values if v is not None and v == v)
    top = known[min(len(known) - 1, int(len(known) * 0.95))] if known else 1.0
    return Scale(0.0, rounded_up(top), unit)


def rounded_up(value: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten.

    >>> [rounded_up(v) for v in (0.0, 0.7, 1.2, 21, 9.9)]
    [1.0, 1.0, 2.0, 25.0, 10.0]
    """
    if value <= 0:
        return 1.0
    power = 10.0
    while power > value:
        power /= 10
    while power * 10 <= value:
        power *= 10
    return next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= value)


def css(colour: Colour) -> str:
    """The colour as CSS writes it.

    >>> css((0, 128, 255))
    '#0080ff'
    """
    return "#{:02x}{:02x}{:02x}".format(*colour)


def number(value: float | None, digits: int | None = None) -> str:
    """A number with thousands separated, three significant places below a hundred, a dash for none.

    >>> number(12925), number(6.234), number(0.4513), number(None)
    ('12,925', '6.23', '0.451', '—')
    """
    if value is None or value != value:
        return DASH
    size = abs(value)
    places = (
        digits
        if digits is not None
        else 0
        if size >= 100 or value == int(value)
        else 1
        if size >= 10
        else 2
        if size >= 1
        else 3
    )
    return f"{value:,.{places}f}"


def quantity(value: float | None, unit: str) -> str:
    """A number with its unit; `m3` is written m³, a share as per cent.

    >>> quantity(6.2, "kWh"), quantity(0.974, "1"), quantity(3.0, "m3")
    ('6.20 kWh', '97.4 %', '3 m³')
    """
    if value is None or value != value:
        return DASH
    return f"{100 * value:.1f} %" if unit == "1" else f"{number(value)} {shown_unit(unit)}"


def shown_unit(unit: str) -> str:
    """The unit as people write it."""
    return {"m3": "m³", "1": "%", "kgCO2e": "kg CO₂e"}.get(unit, unit)


def clock(moment: datetime) -> str:
    """An instant as Taipei's clocks show it, to the minute.

    >>> from datetime import UTC
    >>> clock(datetime(2026, 11, 22, 16, 30, tzinfo=UTC))
    '2026-11-23 00:30'
    """
    return f"{moment.astimezone(TAIPEI):%Y-%m-%d %H:%M}"


def local(moment: datetime) -> datetime:
    """Taipei's wall time without zone, as widgets and charts want it."""
    return moment.astimezone(TAIPEI).replace(tzinfo=None)


def from_local(wall: datetime) -> datetime:
    """The instant, UTC, that Taipei's wall time names."""
    return wall.replace(tzinfo=TAIPEI).astimezone(UTC)


def hours(span: timedelta) -> float:
    """A span in hours."""
    return span / timedelta(hours=1)
