"""Interventions: typed changes to a community. Each says its units, and refuses what cannot be built.

In a scenario file an intervention is a table `[[intervention]]` with a `type`:

    rooftop_pv   kwp (kW at standard test conditions, > 0), tilt (degrees from the horizontal, 0-90),
                 azimuth (degrees from north by east, 0 up to 360; 180 faces south)
    battery      kwh (usable capacity, > 0), kw (power both ways, > 0), dispatch (greedy: for self-use;
                 peak_shave: for the lowest peak, knowing the window in full)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from events.errors import UsageError

LARGEST_KWP = 20_000.0
"""No roof of a community carries more."""

LARGEST_KWH = 100_000.0
"""Larger batteries are power stations."""


class RooftopPv(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="rooftop_pv"
):
    """An array on the roof."""

    kwp: float
    tilt: float = 20.0
    azimuth: float = 180.0

    def __post_init__(self) -> None:
        """Refuse what no roof carries."""
        _within("kwp", self.kwp, 0.0, LARGEST_KWP, "kW", above=True)
        _within("tilt", self.tilt, 0.0, 90.0, "degrees from the horizontal")
        _within("azimuth", self.azimuth, 0.0, 360.0, "degrees from north by east")


class Battery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="battery"):
    """A battery behind the community's meter."""

    kwh: float
    kw: float
    dispatch: Literal["greedy", "peak_shave"] = "greedy"

    def __post_init__(self) -> None:
        """Refuse what no cellar holds."""
        _within("kwh", self.kwh, 0.0, LARGEST_KWH, "kWh", above=True)
        _within("kw", self.kw, 0.0, LARGEST_KWH, "kW", above=True)


Intervention = RooftopPv | Battery


def read_interventions(tables: Iterable[Mapping[str, Any]], where: str) -> tuple[Intervention, ...]:
    """Interventions of a scenario's tables, in order; UsageError names the place, the key and what is wrong."""
    found = tuple(_read(table, f"{where}, intervention {n}") for n, table in enumerate(tables, 1))
    if sum(isinstance(i, Battery) for i in found) > 1:
        raise UsageError(f"{where}: more than one battery; add up their kWh and kW in one")
    return found


def as_tables(interventions: Iterable[Intervention]) -> tuple[dict[str, Any], ...]:
    """The interventions as plain tables, as a scenario's event keeps them."""
    return tuple(msgspec.to_builtins(i) for i in interventions)


def _read(table: Mapping[str, Any], where: str) -> Intervention:
    try:
        return msgspec.convert(dict(table), Intervention)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        raise UsageError(f"{where}: {error}") from error


def _within(key: str, value: float, low: float, high: float, unit: str, *, above: bool = False) -> None:
    if not (low < value if above else low <= value) or not value <= high:
        least = f"above {low:g}" if above else f"at least {low:g}"
        raise UsageError(f"{key} = {value:g} is out of range: give {unit}, {least} and at most {high:g}")
