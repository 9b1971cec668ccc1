"""Synthetic places near real sites: bike stations, and bus lines as street-like zigzags between sites."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from twin.aggregates.community import CommunityFacts
from views.demo.noise import stream

METRES_PER_DEGREE = 111_320.0
"""Of latitude; good to a percent, enough for invented places."""

NEAR_M = 850.0
"""How far from its site a station may stand."""


@dataclass(frozen=True)
class Station:
    """A synthetic bike station; `habit` +1 fills by day (offices), -1 by night (homes)."""

    station_id: str
    name: str
    name_en: str
    district: str
    longitude: float
    latitude: float
    capacity: int
    habit: float


@dataclass(frozen=True)
class Line:
    """A synthetic bus line: corners as (longitude, latitude), and metres from the first corner to each."""

    route_id: str
    corners: npt.NDArray[np.float64]
    along_m: npt.NDArray[np.float64]

    @property
    def length_m(self) -> float:
        """From end to end."""
        return float(self.along_m[-1])


def stations(sites: list[CommunityFacts], count: int) -> list[Station]:
    """`count` stations around the sites in turn, named 示範站 001 and so on."""
    return [_station(n, sites[n % len(sites)]) for n in range(count)]


def lines(sites: list[CommunityFacts], count: int) -> list[Line]:
    """`count` lines, each through four to six sites from west to east or south to north."""
    return [_line(n, sites) for n in range(count)]


def _station(n: int, site: CommunityFacts) -> Station:
    draw = stream("station", str(n))
    away, bearing = NEAR_M * math.sqrt(draw.uniform(0.01, 1)), draw.uniform(0, 2 * math.pi)
    return Station(
        f"demo-{n + 1:03d}",
        f"示範站 {n + 1:03d}",
        f"Demo station {n + 1:03d}",
        site.district,
        round(site.longitude + away * math.sin(bearing) / _metres_per_lon(site.latitude), 6),
        round(site.latitude + away * math.cos(bearing) / METRES_PER_DEGREE, 6),
        int(draw.integers(6, 22)) * 2,
        float(draw.choice([-1.0, 1.0]) * draw.uniform(0.3, 1.0)),
    )


def _line(n: int, sites: list[CommunityFacts]) -> Line:
    draw = stream("line", str(n))
    stops = [sites[int(i)] for i in draw.choice(len(sites), min(len(sites), int(draw.integers(4, 7))), replace=False)]
    stops.sort(key=lambda s: s.longitude if n % 2 else s.latitude)
    ends = [(s.longitude, s.latitude) for s in stops]
    corners = [ends[0]]
    for end in ends[1:]:
        corners += [(end[0], corners[-1][1]), end] if n % 3 else [(corners[-1][0], end[1]), end]
    points = np.array(corners)
    scale = np.array([_metres_per_lon(25.05), METRES_PER_DEGREE])
    steps = np.hypot(*(np.diff(points, axis=0) * scale).T)
    return Line(f"示範{n + 1:02d}", points, np.concatenate([[0.0], np.cumsum(steps)]))


def _metres_per_lon(latitude: float) -> float:
    return METRES_PER_DEGREE * math.cos(math.radians(latitude))
