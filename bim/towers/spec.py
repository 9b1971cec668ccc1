"""What is asked of a generated tower."""

from __future__ import annotations

from dataclasses import dataclass

from bim.housing import HousingSpec


@dataclass(frozen=True)
class TowerSpec:
    """A tower with two stairs. `storeys_above` counts the ground floor, which holds no dwellings.

    `lon_deg`, `lat_deg` (WGS84): the middle of its plan; `rotation_deg`: its long side, counter-clockwise from the
    grid's east. The same specification always gives the same bytes.
    """

    storeys_above: int = 27
    storeys_below: int = 3
    dwellings: int = 500
    lifts: int = 3
    lon_deg: float = 121.5654
    lat_deg: float = 25.0330
    rotation_deg: float = 0.0

    def __post_init__(self) -> None:
        low = {"storeys_above": 2, "storeys_below": 0, "dwellings": 1, "lifts": 1}
        for name, least in low.items():
            if getattr(self, name) < least:
                raise ValueError(f"a tower's {name} is {getattr(self, name)}: give {least} or more")

    @property
    def housing(self) -> HousingSpec:
        """The tower as a specification of housing, named as generated."""
        size = f"{self.storeys_above}F-{self.dwellings}"
        return HousingSpec(
            "generated-tower", "產生的社區 Generated community", f"產生的大樓 Generated tower {size}",
            self.storeys_above, self.storeys_below, self.dwellings, self.lon_deg, self.lat_deg, self.rotation_deg,
        )  # fmt: skip
