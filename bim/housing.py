"""A sample housing block as numbers: what is asked for (`HousingSpec`) and where its dwellings stand (`plan`).

    y  ┌──────┬────────────────────────────┬──┐
       │ lifts│ dwellings, north           │  │ bay
       │──────┴────────────────────────────┤  │
       │ corridor                          │st│ 2 m
       │──────┬────────────────────────────┤ai│
       │ stair│ dwellings, south           │r │ bay
       └──────┴────────────────────────────┴──┘ x      zero in the middle of the plan, on the ground floor

A dwelling's own frame begins at its corridor wall: x along the corridor, y towards the facade. Metres throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BAY_M = 7.5
CORRIDOR_M = 2.0
CORE_M = 8.0
EAST_STAIR_M = 3.6
STOREY_M = 3.2
GROUND_STOREY_M = 4.2
BASEMENT_STOREY_M = 3.6
WALL_M = 0.12


@dataclass(frozen=True)
class Room:
    """A rectangle in a dwelling's own frame, walls' axes."""

    name: str
    x_m: float
    y_m: float
    width_m: float
    depth_m: float

    @property
    def clear_m(self) -> tuple[float, float]:
        """Width and depth between the walls."""
        return round(self.width_m - WALL_M, 3), round(self.depth_m - WALL_M, 3)

    @property
    def area_m2(self) -> float:
        """Net floor area."""
        return round(self.clear_m[0] * self.clear_m[1], 3)


@dataclass(frozen=True)
class DwellingType:
    """A type of dwelling: the first room is the entrance, where the meters hang. `occupancy` in persons."""

    name: str
    width_m: float
    rooms: tuple[Room, ...]
    occupancy: int

    @property
    def area_m2(self) -> float:
        """Net floor area of all rooms."""
        return round(sum(room.area_m2 for room in self.rooms), 3)


def _type(name: str, occupancy: int, wet_m: float, front: Sequence[tuple[str, float]], kitchen: str) -> DwellingType:
    """Bathroom, entrance (and kitchen) at the corridor, living and sleeping rooms at the facade."""
    width_m = round(sum(width for _, width in front), 3)
    entrance_m = round(width_m - wet_m, 3) if not kitchen else 2.4
    rooms = [Room("玄關", wet_m, 0.0, entrance_m, wet_m + 0.4), Room("浴室", 0.0, 0.0, wet_m, wet_m + 0.4)]
    if kitchen:
        rooms.append(Room(kitchen, wet_m + entrance_m, 0.0, round(width_m - wet_m - entrance_m, 3), wet_m + 0.4))
    at = 0.0
    for room, room_m in front:
        rooms.append(Room(room, round(at, 3), wet_m + 0.4, room_m, round(BAY_M - wet_m - 0.4, 3)))
        at += room_m
    return DwellingType(name, width_m, tuple(rooms), occupancy)


DWELLING_TYPES = (
    _type("套房", 1, 1.8, [("起臥室", 4.2)], ""),
    _type("一房型", 2, 1.8, [("客廳", 2.8), ("臥室", 2.8)], ""),
    _type("無障礙一房型", 2, 2.2, [("客廳", 3.2), ("臥室", 3.2)], ""),
    _type("二房型", 3, 1.9, [("客廳", 3.4), ("主臥室", 2.8), ("臥室", 2.4)], "廚房"),
    _type("三房型", 5, 1.9, [("客廳", 3.6), ("主臥室", 3.0), ("臥室", 2.5), ("臥室2", 2.5)], "廚房"),
)
"""The five dwelling types of the sample housing."""

DEFAULT_MIX = (94, 358, 40, 170, 38)
"""Dwellings of each type per 700. 套房, 一房, 二房, 三房 as in the Dongming handbook of 2026 (94, 398, 170, 38); that
40 of the one-room dwellings are barrier-free is an assumption of ours."""


@dataclass(frozen=True)
class HousingSpec:
    """One building to be authored. `community_id` and `building_name` make its GlobalIds: keep them, keep the ids.

    `lon_deg`, `lat_deg` (WGS84): the middle of its plan; `rotation_deg`: its long side, counter-clockwise from the
    grid's east. `storeys_above` counts the ground floor, which holds no dwellings if there is another.
    """

    community_id: str
    community_name: str
    building_name: str
    storeys_above: int
    storeys_below: int
    dwellings: int
    lon_deg: float
    lat_deg: float
    rotation_deg: float = 0.0
    mix: tuple[int, ...] = DEFAULT_MIX


@dataclass(frozen=True)
class PlacedDwelling:
    """A dwelling in the building's frame: its corner at the corridor; on the south side it is turned by 180°."""

    name: str
    type: DwellingType
    storey: int
    x_m: float
    y_m: float
    turned: bool


@dataclass(frozen=True)
class Plan:
    """Where everything stands. `storeys`: number above ground (-1: first basement; 1: ground floor) → elevation."""

    spec: HousingSpec
    length_m: float
    dwellings: tuple[PlacedDwelling, ...]
    elevation_m: dict[int, float]

    @property
    def depth_m(self) -> float:
        """Depth of the building."""
        return 2 * BAY_M + CORRIDOR_M

    @property
    def west_m(self) -> float:
        """x of the west end."""
        return -self.length_m / 2

    @property
    def roof_m(self) -> float:
        """Elevation of the roof."""
        return max(self.elevation_m.values()) + (STOREY_M if self.spec.storeys_above > 1 else GROUND_STOREY_M)


def plan(spec: HousingSpec) -> Plan:
    """The building that a specification asks for."""
    floors = _floors(spec)
    cursors = [_cursors(types) for types in floors.values()]
    length_m = round(CORE_M + max((max(ends) for _, ends in cursors), default=24.0) + EAST_STAIR_M, 3)
    length_m = max(length_m, 30.0)
    placed = [
        _placed(storey, number, kind, at, -length_m / 2, north=north)
        for storey, (sides, _) in zip(floors, cursors, strict=True)
        for number, (kind, north, at) in enumerate(sides, 1)
    ]
    return Plan(spec, length_m, tuple(placed), _elevations(spec))


def type_sequence(dwellings: int, mix: Sequence[int]) -> list[DwellingType]:
    """So many dwellings in the proportion of `mix` (largest remainder), the types evenly interleaved."""
    shares = [dwellings * part / sum(mix) for part in mix]
    counts = [int(share) for share in shares]
    by_remainder = sorted(range(len(mix)), key=lambda kind: counts[kind] - shares[kind])
    for kind in by_remainder[: dwellings - sum(counts)]:
        counts[kind] += 1
    slots = [((nth + 0.5) / count, kind) for kind, count in enumerate(counts) for nth in range(count)]
    return [DWELLING_TYPES[kind] for _, kind in sorted(slots)]


def _floors(spec: HousingSpec) -> dict[int, list[DwellingType]]:
    """Storey → its dwellings, spread as evenly as can be."""
    numbers = list(range(2, spec.storeys_above + 1)) or [1]
    types = type_sequence(spec.dwellings, spec.mix)
    each, more = divmod(spec.dwellings, len(numbers))
    floors: dict[int, list[DwellingType]] = {}
    at = 0
    for nth, storey in enumerate(numbers):
        count = each + (nth < more)
        floors[storey], at = types[at : at + count], at + count
    return floors


def _cursors(types: list[DwellingType]) -> tuple[list[tuple[DwellingType, bool, float]], list[float]]:
    """(type, on the north side, x from the core) of each, the shorter side first; and both sides' lengths."""
    ends = [0.0, 0.0]
    placed = []
    for kind in types:
        side = 0 if ends[0] <= ends[1] else 1
        placed.append((kind, side == 0, ends[side]))
        ends[side] = round(ends[side] + kind.width_m, 3)
    return placed, ends


def _placed(storey: int, number: int, kind: DwellingType, at: float, west_m: float, *, north: bool) -> PlacedDwelling:
    x_m = round(west_m + CORE_M + at, 3)
    name = f"{storey:02d}F-{number:02d}"
    if north:
        return PlacedDwelling(name, kind, storey, x_m, CORRIDOR_M / 2, False)
    return PlacedDwelling(name, kind, storey, round(x_m + kind.width_m, 3), -CORRIDOR_M / 2, True)


def _elevations(spec: HousingSpec) -> dict[int, float]:
    below = {-depth: round(-depth * BASEMENT_STOREY_M, 3) for depth in range(spec.storeys_below, 0, -1)}
    above = {1: 0.0}
    for storey in range(2, spec.storeys_above + 1):
        above[storey] = round(GROUND_STOREY_M + (storey - 2) * STOREY_M, 3)
    return {**below, **above}
