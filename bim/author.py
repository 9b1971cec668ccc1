"""Sample housing as IFC4 or IFC4X3: storeys, dwellings of rooms in zones, cores, services, meters, lifts, PV, battery.

The buildings are invented but for what `HousingSpec` is given; they say so (IfcBuilding.Description). The same
specification always gives the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bim import circulation, equipment
from bim.drafting import Draft, Schema
from bim.housing import (
    BAY_M,
    CORE_M,
    CORRIDOR_M,
    EAST_STAIR_M,
    GROUND_STOREY_M,
    STOREY_M,
    WALL_M,
    HousingSpec,
    PlacedDwelling,
    Plan,
    plan,
)

SERVICES = (
    ("智慧辦公室", "office"),
    ("圖書館", "library"),
    ("健康照護站", "health"),
    ("托育中心", "childcare"),
    ("商業零售", "retail"),
)
"""The five service themes of the ground floor: name, and what its ObjectType says."""

_SLAB_M = 0.2
_DOOR_M = (0.95, 0.05, 2.1)
_WINDOW_M = (1.5, 0.08, 1.4)


SAMPLE = "示範模型，非竣工圖 Sample model, not as built"
"""What a sample building says of itself (IfcBuilding.Description)."""


@dataclass(frozen=True)
class Drafted:
    """A building in the making: storey → what stands on it (`contents`) and its rooms (`spaces`), not yet related."""

    draft: Draft
    plan: Plan
    building: Any
    storeys: dict[str, Any]
    corridors: dict[str, Any]
    contents: dict[str, list[Any]]
    spaces: dict[str, list[Any]]


def author_building(spec: HousingSpec, path: Path, *, schema: Schema = "IFC4") -> None:
    """Write the building that `spec` asks for to `path`."""
    begun = begin(spec, schema, SAMPLE)
    circulation.stairs(begun.draft, begun.plan, begun.storeys, begun.corridors, begun.contents, begun.spaces)
    furnish(begun)
    finish(begun, path)


def begin(spec: HousingSpec, schema: Schema, description: str) -> Drafted:
    """The storeys with their dwellings and corridors, in a building that says `description` of itself."""
    draft = Draft(f"{spec.community_id}/{spec.building_name}", schema)
    building_plan = plan(spec)
    project = draft.project(spec.community_name, spec.lon_deg, spec.lat_deg, spec.rotation_deg)
    ground = draft.placed(None)
    site = draft.add(
        "IfcSite", draft.guid("site"), None, spec.community_name, None, None, ground, None, spec.community_id,
        "ELEMENT", None, None, None, None, None,
    )  # fmt: skip
    building = draft.add(
        "IfcBuilding", draft.guid("building"), None, spec.building_name, description, "社會住宅", ground, None,
        spec.community_name, "ELEMENT", None, None, None,
    )  # fmt: skip
    draft.aggregate("project", project, [site])
    draft.aggregate("site", site, [building])
    storeys = _storeys(draft, building_plan, building)
    draft.describe(
        "building", [building], "Pset_BuildingCommon",
        {"NumberOfStoreys": ("IfcInteger", spec.storeys_above), "BuildingID": ("IfcIdentifier", spec.building_name)},
    )  # fmt: skip
    contents: dict[str, list[Any]] = defaultdict(list)
    spaces: dict[str, list[Any]] = defaultdict(list)
    entrances = _dwellings(draft, building_plan, storeys, contents, spaces)
    corridors = circulation.corridors(draft, building_plan, storeys, contents, spaces)
    _entrances(draft, building_plan, entrances, corridors)
    return Drafted(draft, building_plan, building, storeys, corridors, contents, spaces)


def furnish(begun: Drafted, *, lifts: int | None = None) -> None:
    """The services of the ground floor and all equipment; so many lifts, or as many as the dwellings ask for."""
    _ground_floor(begun.draft, begun.plan, begun.storeys, begun.corridors, begun.contents, begun.spaces)
    equipment.equip(
        begun.draft, begun.plan, begun.storeys, begun.corridors, begun.contents, begun.spaces, lift_count=lifts
    )


def finish(begun: Drafted, path: Path, *, comment: str | None = None) -> None:
    """Put everything on its storey and write the file, with a comment in its header if there is one."""
    for key, storey in begun.storeys.items():
        begun.draft.contain(key, storey, begun.contents[key])
        begun.draft.aggregate(key, storey, begun.spaces[key])
    begun.draft.write(path, comment=comment)


def storey_name(number: int) -> str:
    """B2F, 1F, 12F; the roof, which is no number, is RF.

    >>> storey_name(-2), storey_name(7)
    ('B2F', '7F')
    """
    return f"B{-number}F" if number < 0 else f"{number}F"


def _storeys(draft: Draft, building_plan: Plan, building: Any) -> dict[str, Any]:
    elevations = {storey_name(number): z_m for number, z_m in building_plan.elevation_m.items()}
    elevations["RF"] = building_plan.roof_m
    storeys = {
        name: draft.add(
            "IfcBuildingStorey", draft.guid(name), None, name, None, None,
            draft.placed(building.ObjectPlacement, 0.0, 0.0, z_m), None, None, "ELEMENT", z_m,
        )
        for name, z_m in elevations.items()
    }  # fmt: skip
    draft.aggregate("building", building, list(storeys.values()))
    return storeys


def _dwellings(
    draft: Draft,
    building_plan: Plan,
    storeys: dict[str, Any],
    contents: dict[str, list[Any]],
    spaces: dict[str, list[Any]],
) -> dict[str, tuple[Any, Any]]:
    """Dwelling → its door and the room behind it."""
    entrances: dict[str, tuple[Any, Any]] = {}
    rooms_of_kind: dict[tuple[str, int], list[Any]] = defaultdict(list)
    zones_of_type: dict[str, list[Any]] = defaultdict(list)
    for dwelling in building_plan.dwellings:
        key = storey_name(dwelling.storey)
        turn_deg = 180.0 if dwelling.turned else 0.0
        frame = draft.placed(storeys[key].ObjectPlacement, dwelling.x_m, dwelling.y_m, 0.0, turn_deg)
        rooms = _rooms(draft, dwelling, frame)
        for number, room in enumerate(rooms):
            rooms_of_kind[dwelling.type.name, number].append(room)
        zone = draft.add(
            "IfcZone", draft.guid(dwelling.name), None, dwelling.name, None, "住宅單元 Dwelling", dwelling.type.name
        )
        draft.relate("IfcRelAssignsToGroup", f"{dwelling.name}/rooms", tuple(rooms), None, zone)
        zones_of_type[dwelling.type.name].append(zone)
        spaces[key].extend(rooms)
        shell, door = _shell(draft, dwelling, frame)
        entrances[dwelling.name] = (door, rooms[0])
        contents[key].extend([*shell, door])
        equipment.dwelling_meters(draft, dwelling, rooms[0], frame)
    _describe_dwellings(draft, building_plan, rooms_of_kind, zones_of_type)
    return entrances


def _rooms(draft: Draft, dwelling: PlacedDwelling, frame: Any) -> list[Any]:
    height_m = STOREY_M - _SLAB_M
    return [
        draft.add(
            "IfcSpace", draft.guid(f"{dwelling.name}/{room.name}"), None, f"{dwelling.name} {room.name}", None,
            room.name, draft.placed(frame, room.x_m + WALL_M / 2, room.y_m + WALL_M / 2),
            draft.box(*room.clear_m, height_m),
            room.name, "ELEMENT", "INTERNAL", None,
        )
        for room in dwelling.type.rooms
    ]  # fmt: skip


def _entrances(
    draft: Draft, building_plan: Plan, entrances: dict[str, tuple[Any, Any]], corridors: dict[str, Any]
) -> None:
    """Each dwelling's door between its entrance and the corridor."""
    accessible: dict[bool, list[Any]] = {False: [], True: []}
    for dwelling in building_plan.dwellings:
        door, room = entrances[dwelling.name]
        circulation.between(draft, dwelling.name, door, [room, corridors[storey_name(dwelling.storey)]])
        accessible["無障礙" in dwelling.type.name].append(door)
    for easy, doors in accessible.items():
        circulation.describe_doors(draft, f"dwellings/{easy}", doors, fire_exit=False, accessible=easy)


def _shell(draft: Draft, dwelling: PlacedDwelling, frame: Any) -> tuple[list[Any], Any]:
    """Facade, party and corridor wall and window; and the entrance door."""
    kind = dwelling.type
    height_m = STOREY_M - _SLAB_M
    walls = (
        ("外牆", (kind.width_m, WALL_M, height_m), (0.0, BAY_M - WALL_M / 2)),
        ("分戶牆", (WALL_M, BAY_M, height_m), (-WALL_M / 2, 0.0)),
        ("走廊牆", (kind.width_m, WALL_M, height_m), (0.0, -WALL_M / 2)),
    )
    shell = [
        _element(
            draft, "IfcWall", f"{dwelling.name}/{name}", name, draft.box(*size), draft.placed(frame, *at), "SOLIDWALL"
        )
        for name, size, at in walls
    ]
    width_m, _, height_m = _DOOR_M
    door = draft.add(
        "IfcDoor", draft.guid(f"{dwelling.name}/門"), None, f"{dwelling.name} 門", None, None,
        draft.placed(frame, kind.rooms[0].x_m + 0.3), draft.box(*_DOOR_M), None, height_m, width_m, "DOOR",
        "SINGLE_SWING_LEFT", None,
    )  # fmt: skip
    width_m, _, height_m = _WINDOW_M
    shell.append(
        draft.add(
            "IfcWindow", draft.guid(f"{dwelling.name}/窗"), None, f"{dwelling.name} 窗", None, None,
            draft.placed(frame, kind.width_m / 2 - 0.75, BAY_M, 0.9), draft.box(*_WINDOW_M), None, height_m, width_m,
            "WINDOW", "SINGLE_PANEL", None,
        )
    )  # fmt: skip
    return shell, door


def _describe_dwellings(
    draft: Draft,
    building_plan: Plan,
    rooms_of_kind: dict[tuple[str, int], list[Any]],
    zones_of_type: dict[str, list[Any]],
) -> None:
    kinds = {dwelling.type.name: dwelling.type for dwelling in building_plan.dwellings}
    for (kind, number), rooms in rooms_of_kind.items():
        area_m2 = kinds[kind].rooms[number].area_m2
        path = f"{kind}/{number}"
        circulation.describe_room(draft, path, rooms, area_m2, accessible="無障礙" in kind)
    for kind, zones in zones_of_type.items():
        peak = ("IfcCountMeasure", float(kinds[kind].occupancy))
        draft.describe(kind, zones, "Pset_SpaceOccupancyRequirements", {"OccupancyNumberPeak": peak})
        draft.measure(kind, zones, "Qto_Dwelling", {"NetFloorArea": kinds[kind].area_m2})


def _ground_floor(
    draft: Draft,
    building_plan: Plan,
    storeys: dict[str, Any],
    corridors: dict[str, Any],
    contents: dict[str, list[Any]],
    spaces: dict[str, list[Any]],
) -> None:
    """The five service themes, side by side along the south front. A one-storey block keeps it for dwellings."""
    if building_plan.spec.storeys_above < 2:
        return
    width_m = round((building_plan.length_m - CORE_M - EAST_STAIR_M) / len(SERVICES), 3)
    doors = []
    for nth, (name, theme) in enumerate(SERVICES):
        x_m = round(building_plan.west_m + CORE_M + nth * width_m + WALL_M / 2, 3)
        clear_m = (round(width_m - WALL_M, 3), BAY_M - WALL_M)
        placed = draft.placed(storeys["1F"].ObjectPlacement, x_m, -CORRIDOR_M / 2 - BAY_M + WALL_M / 2)
        shape = draft.box(*clear_m, GROUND_STOREY_M - _SLAB_M)
        space = circulation.room(draft, f"1F/{theme}", name, f"服務空間 service: {theme}", shape, placed)
        circulation.describe_room(draft, f"1F/{theme}", [space], clear_m[0] * clear_m[1])
        spaces["1F"].append(space)
        at = draft.placed(storeys["1F"].ObjectPlacement, x_m + 1.0, -CORRIDOR_M / 2)
        door = circulation.door(draft, f"1F/{theme}門", at, 1.2)
        circulation.between(draft, f"1F/{theme}", door, [space, corridors["1F"]])
        contents["1F"].append(door)
        doors.append(door)
    circulation.describe_doors(draft, "1F/services", doors, fire_exit=False, accessible=True)


def _element(draft: Draft, ifc_class: str, path: str, name: str, shape: Any, placed: Any, kind: str) -> Any:
    return draft.add(ifc_class, draft.guid(path), None, name, None, None, placed, shape, None, kind)
