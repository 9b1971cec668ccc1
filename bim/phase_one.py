"""The communities of the city's first phase as sample buildings: 東明, 明倫, 青年2區, 瑞光, 廣慈1–3區, 六張犁.

Facts (the city's list of sites and the Dongming handbook, docs/feeds.md section 3): coordinates, households, number of
buildings and their storeys above and below ground; Dongming's zones 甲 (A) 176 and 乙 (B) 524 households.
ASSUMPTIONS of ours: households are split over a community's buildings in proportion to their residential storeys;
Dongming's 丙 (C) has none, as A and B make up its 700; the buildings' names, directions and places within a site; every
plan (bim.housing).
"""

from __future__ import annotations

import math
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bim.housing import HousingSpec

_SPACING_M = 36.0
"""Between the long axes of a community's buildings."""

_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class _Group:
    """Buildings that share households: (name, storeys above, storeys below) each."""

    households: int
    buildings: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class _Community:
    community_id: str
    name: str
    lat_deg: float
    lon_deg: float
    rotation_deg: float
    groups: tuple[_Group, ...]


_COMMUNITIES = (
    _Community(
        "84e67c87923337da", "東明社會住宅", 25.05435, 121.6039, 8.0,
        (
            _Group(176, (("甲基地", 21, 3),)),
            _Group(524, (("乙基地1棟", 21, 4), ("乙基地2棟", 21, 4))),
            _Group(0, (("丙基地", 5, 1),)),
        ),
    ),
    _Community(
        "4cdc16a4ebd319c5", "明倫社會住宅", 25.07326, 121.5199, 0.0,
        (_Group(380, (("A棟", 11, 2), ("B棟", 11, 2))),),
    ),
    _Community(
        "d2f4237861a75a51", "青年社會住宅2區", 25.02033, 121.503, 25.0,
        (_Group(518, (("A棟", 19, 3), ("B棟", 19, 3))),),
    ),
    _Community("92779f904e2f9f14", "瑞光社會住宅", 25.07336, 121.579, 70.0, (_Group(389, (("A棟", 14, 4),)),)),
    _Community(
        "f7f5d32997c956ba", "廣慈社會住宅1區", 25.03944, 121.5824, -58.0,
        (_Group(522, (("A棟", 27, 4), ("B棟", 27, 4))),),
    ),
    _Community(
        "e1713cc0b0aa20ca", "廣慈社會住宅2區", 25.03891, 121.5814, -58.0,
        (_Group(522, (("A棟", 27, 4), ("B棟", 27, 4))),),
    ),
    _Community(
        "22307aef5e9d4f6a", "廣慈社會住宅3區", 25.03848, 121.5817, -58.0,
        (_Group(476, (("A棟", 28, 4), ("B棟", 28, 4))),),
    ),
    _Community(
        "8d752ad47699e908", "六張犁社會住宅", 25.02744, 121.5595, 15.0,
        (_Group(722, (("A棟", 19, 3), ("B棟", 21, 3), ("C棟", 22, 3))),),
    ),
)  # fmt: skip


def phase_one() -> tuple[HousingSpec, ...]:
    """Every building of the first phase, community by community."""
    return tuple(spec for community in _COMMUNITIES for spec in _specs(community))


def file_name(spec: HousingSpec) -> str:
    """Name of a building's file: community id and building."""
    return f"{spec.community_id}-{spec.building_name}.ifc"


def author_phase_one(folder: Path, *, processes: int = 2) -> list[Path]:
    """Write every building of the first phase into `folder`; the paths, in the order of `phase_one`.

    Runs in processes of its own, started fresh: the caller never holds ifcopenshell.
    """
    folder.mkdir(parents=True, exist_ok=True)
    specs = phase_one()
    paths = [folder / file_name(spec) for spec in specs]
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_author, specs, paths))
    return paths


def split(households: int, storeys_above: tuple[int, ...]) -> list[int]:
    """Households per building, in proportion to the storeys above the ground floor, by largest remainder.

    >>> split(722, (19, 21, 22))
    [220, 245, 257]
    """
    storeys = [above - 1 for above in storeys_above]
    shares = [households * each / sum(storeys) for each in storeys]
    counts = [math.floor(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda nth: counts[nth] - shares[nth])
    for nth in by_remainder[: households - sum(counts)]:
        counts[nth] += 1
    return counts


def _author(spec: HousingSpec, path: Path) -> None:
    from bim.author import author_building  # only here: it holds ifcopenshell

    author_building(spec, path)


def _specs(community: _Community) -> list[HousingSpec]:
    buildings = [
        (*building, dwellings)
        for group in community.groups
        for building, dwellings in zip(
            group.buildings, split(group.households, tuple(above for _, above, _ in group.buildings)), strict=True
        )
    ]
    return [
        HousingSpec(
            community.community_id,
            community.name,
            name,
            above,
            below,
            dwellings,
            *_offset(community, (nth - (len(buildings) - 1) / 2) * _SPACING_M),
            community.rotation_deg,
        )
        for nth, (name, above, below, dwellings) in enumerate(buildings)
    ]


def _offset(community: _Community, across_m: float) -> tuple[float, float]:
    """(lon, lat) so far across the buildings' long axis from the site's point, on the sphere: good to centimetres."""
    across = math.radians(community.rotation_deg + 90.0)
    lat_deg = community.lat_deg + across_m * math.sin(across) / _METRES_PER_DEGREE
    narrower = math.cos(math.radians(community.lat_deg))
    lon_deg = community.lon_deg + across_m * math.cos(across) / (_METRES_PER_DEGREE * narrower)
    return round(lon_deg, 7), round(lat_deg, 7)
