"""Sample housing as IFC4: storeys, dwellings of rooms in zones, cores, services, meters, lifts, PV, battery, chargers.

The buildings are invented but for what `HousingSpec` is given; they say so (IfcBuilding.Description). The same
specification always gives the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from bim import equipment
from bim.drafting import Draft
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


def author_building(spec: HousingSpec, path: Path) -> None:
    """Write the building that `spec` asks for as IFC4 to `path`."""
    draft = Draft(f"{spec.community_id}/{spec.building_name}")
    building_plan = plan(spec)
    project = draft.project(spec.community_name, spec.lon_deg, spec.lat_deg, spec.rotation_deg)
    ground = draft.placed(None)
    site = draft.add(
        "IfcSite", draft.guid("site"), None, spec.community_name, None, None, ground, None, spec.community_id,
        "ELEMENT", None, None, None, None, None,
    )  # fmt: skip
    building = draft.add(
        "IfcBuilding", draft.guid("building"), None, spec.building_name,
        "示範模型，非竣工圖 Sample model, not as built", "社會住宅", ground, None,
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
    _dwellings(draft, building_plan, storeys, contents, spaces)
    _cores(draft, building_plan, storeys, contents, spaces)
    _ground_floor(draft, building_plan, storeys, spaces)
    equipment.equip(draft, building_plan, storeys, contents, spaces)
    for key, storey in storeys.items():
        draft.contain(key, storey, contents[key])
        draft.aggregate(key, storey, spaces[key])
    draft.write(path)


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
) -> None:
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
        contents[key].extend(_shell(draft, dwelling, frame))
        equipment.dwelling_meters(draft, dwelling, rooms[0], frame)
    _describe_dwellings(draft, building_plan, rooms_of_kind, zones_of_type)


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


def _shell(draft: Draft, dwelling: PlacedDwelling, frame: Any) -> list[Any]:
    """Facade, party and corridor wall, entrance door, window."""
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
    shell.append(
        draft.add(
            "IfcDoor", draft.guid(f"{dwelling.name}/門"), None, f"{dwelling.name} 門", None, None,
            draft.placed(frame, kind.rooms[0].x_m + 0.3), draft.box(*_DOOR_M), None, height_m, width_m, "DOOR",
            "SINGLE_SWING_LEFT", None,
        )
    )  # fmt: skip
    width_m, _, height_m = _WINDOW_M
    shell.append(
        draft.add(
            "IfcWindow", draft.guid(f"{dwelling.name}/窗"), None, f"{dwelling.name} 窗", None, None,
            draft.placed(frame, kind.width_m / 2 - 0.75, BAY_M, 0.9), draft.box(*_WINDOW_M), None, height_m, width_m,
            "WINDOW", "SINGLE_PANEL", None,
        )
    )  # fmt: skip
    return shell


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
        draft.measure(path, rooms, "Qto_SpaceBaseQuantities", {"NetFloorArea": area_m2})
        draft.describe(
            path, rooms, "Pset_SpaceCommon",
            {"NetPlannedArea": ("IfcAreaMeasure", area_m2), "HandicapAccessible": ("IfcBoolean", "無障礙" in kind)},
        )  # fmt: skip
    for kind, zones in zones_of_type.items():
        peak = ("IfcCountMeasure", float(kinds[kind].occupancy))
        draft.describe(kind, zones, "Pset_SpaceOccupancyRequirements", {"OccupancyNumberPeak": peak})
        draft.measure(kind, zones, "Qto_Dwelling", {"NetFloorArea": kinds[kind].area_m2})


def _cores(
    draft: Draft,
    building_plan: Plan,
    storeys: dict[str, Any],
    contents: dict[str, list[Any]],
    spaces: dict[str, list[Any]],
) -> None:
    """Slab, corridor, two stairs behind fire doors on every storey."""
    flights, doors = [], []
    for key, storey in storeys.items():
        frame = storey.ObjectPlacement
        slab = draft.placed(frame, building_plan.west_m, -building_plan.depth_m / 2, -_SLAB_M)
        shape = draft.box(building_plan.length_m, building_plan.depth_m, _SLAB_M)
        kind = "ROOF" if key == "RF" else "FLOOR"
        contents[key].append(_element(draft, "IfcSlab", f"{key}/slab", "樓板", shape, slab, kind))
        if key == "RF":
            continue
        spaces[key].append(_corridor(draft, building_plan, key, frame))
        for end, x_m in (("西", building_plan.west_m), ("東", -building_plan.west_m - EAST_STAIR_M)):
            stair, flight = _stair(draft, f"{key}/{end}梯", frame, x_m)
            door = _fire_door(draft, f"{key}/{end}安全門", frame, x_m + 1.0)
            contents[key] += [stair, door]
            flights.append(flight)
            doors.append(door)
    draft.describe(
        "doors", doors, "Pset_DoorCommon",
        {"FireExit": ("IfcBoolean", True), "FireRating": ("IfcLabel", "f60A"), "SelfClosing": ("IfcBoolean", True)},
    )  # fmt: skip
    draft.describe(
        "flights", flights, "Pset_StairFlightCommon",
        {"NumberOfRiser": ("IfcCountMeasure", 18.0), "RiserHeight": ("IfcPositiveLengthMeasure", STOREY_M / 18),
         "TreadLength": ("IfcPositiveLengthMeasure", 0.26)},
    )  # fmt: skip


def _corridor(draft: Draft, building_plan: Plan, key: str, frame: Any) -> Any:
    length_m = building_plan.length_m
    shape = draft.box(length_m, CORRIDOR_M - WALL_M, STOREY_M - _SLAB_M)
    placed = draft.placed(frame, building_plan.west_m, -(CORRIDOR_M - WALL_M) / 2)
    return _space(draft, f"{key}/走廊", f"{key} 走廊", "公共走廊 corridor", shape, placed)


def _stair(draft: Draft, path: str, frame: Any, x_m: float) -> tuple[Any, Any]:
    placed = draft.placed(frame, x_m + 0.3, -CORRIDOR_M / 2 - 3.0)
    stair = draft.add("IfcStair", draft.guid(path), None, path, None, None, placed, None, None, "STRAIGHT_RUN_STAIR")
    shape = draft.flight(18, round(STOREY_M / 18, 4), 0.26, 1.2)
    flight = draft.add(
        "IfcStairFlight", draft.guid(f"{path}/flight"), None, f"{path}段", None, None, placed, shape, None, 18, 17,
        STOREY_M / 18, 0.26, "STRAIGHT",
    )  # fmt: skip
    draft.aggregate(path, stair, [flight])
    return stair, flight


def _fire_door(draft: Draft, path: str, frame: Any, x_m: float) -> Any:
    return draft.add(
        "IfcDoor", draft.guid(path), None, path, None, "防火門", draft.placed(frame, x_m, -CORRIDOR_M / 2),
        draft.box(1.0, 0.06, 2.1), None, 2.1, 1.0, "DOOR", "SINGLE_SWING_LEFT", None,
    )  # fmt: skip


def _ground_floor(draft: Draft, building_plan: Plan, storeys: dict[str, Any], spaces: dict[str, list[Any]]) -> None:
    """The five service themes, side by side along the south front. A one-storey block keeps it for dwellings."""
    if building_plan.spec.storeys_above < 2:
        return
    width_m = round((building_plan.length_m - CORE_M - EAST_STAIR_M) / len(SERVICES), 3)
    for nth, (name, theme) in enumerate(SERVICES):
        x_m = round(building_plan.west_m + CORE_M + nth * width_m + WALL_M / 2, 3)
        clear_m = (round(width_m - WALL_M, 3), BAY_M - WALL_M)
        placed = draft.placed(storeys["1F"].ObjectPlacement, x_m, -CORRIDOR_M / 2 - BAY_M + WALL_M / 2)
        shape = draft.box(*clear_m, GROUND_STOREY_M - _SLAB_M)
        space = _space(draft, f"1F/{theme}", name, f"服務空間 service: {theme}", shape, placed)
        draft.measure(f"1F/{theme}", [space], "Qto_SpaceBaseQuantities", {"NetFloorArea": clear_m[0] * clear_m[1]})
        spaces["1F"].append(space)


def _space(draft: Draft, path: str, name: str, object_type: str, shape: Any, placed: Any) -> Any:
    return draft.add(
        "IfcSpace", draft.guid(path), None, name, None, object_type, placed, shape, name, "ELEMENT", "INTERNAL", None
    )


def _element(draft: Draft, ifc_class: str, path: str, name: str, shape: Any, placed: Any, kind: str) -> Any:
    return draft.add(ifc_class, draft.guid(path), None, name, None, None, placed, shape, None, kind)
