"""The ways through sample housing: corridors, stairs behind fire doors, exits; and what says that they connect.

A door bounds the spaces on its sides (IfcRelSpaceBoundary; an exit's is EXTERNAL). A stair and a lift are referenced in
the spaces that they serve (IfcRelReferencedInSpatialStructure).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bim.drafting import Draft
from bim.housing import BAY_M, CORRIDOR_M, EAST_STAIR_M, STOREY_M, WALL_M, Plan

SLAB_M = 0.2
RISERS = 18
TREAD_M = 0.26
FLIGHT_M = 1.2
"""Clear width of a flight."""

_DOOR_HEIGHT_M = 2.1
_EXIT_M = 1.8

Contents = dict[str, list[Any]]


def corridors(
    draft: Draft, plan: Plan, storeys: dict[str, Any], contents: Contents, spaces: Contents
) -> dict[str, Any]:
    """Storey → corridor: one on every storey but the roof, over a slab, with an exit at either end on the ground."""
    found: dict[str, Any] = {}
    for key, storey in storeys.items():
        frame = storey.ObjectPlacement
        contents[key].append(_slab(draft, plan, key, frame))
        if key != "RF":
            found[key] = _corridor(draft, plan, key, frame)
            spaces[key].append(found[key])
    size_m2 = plan.length_m * (CORRIDOR_M - WALL_M)
    describe_room(draft, "corridors", list(found.values()), size_m2)
    exits = _exits(draft, plan, storeys["1F"].ObjectPlacement, found["1F"])
    contents["1F"] += exits
    describe_doors(draft, "exits", exits, fire_exit=True, accessible=True)
    return found


def stairs(
    draft: Draft,
    plan: Plan,
    storeys: dict[str, Any],
    corridors_: dict[str, Any],
    contents: Contents,
    spaces: Contents,
) -> None:
    """A stair at either end, in a room of its own on every storey, behind a fire door."""
    every: list[Any] = []
    flights: list[Any] = []
    doors: list[Any] = []
    for end, x_m in (("西", plan.west_m), ("東", -plan.west_m - EAST_STAIR_M)):
        rooms = {key: _stairwell(draft, f"{key}/{end}梯間", storeys[key].ObjectPlacement, x_m) for key in corridors_}
        describe_room(
            draft, f"{end}梯間", list(rooms.values()), (EAST_STAIR_M - WALL_M) * (BAY_M - WALL_M), accessible=False
        )
        keys = list(rooms)
        for nth, key in enumerate(keys):
            frame = storeys[key].ObjectPlacement
            stair, flight = _stair(draft, f"{key}/{end}梯", frame, x_m)
            fire_door = door(
                draft, f"{key}/{end}安全門", draft.placed(frame, x_m + 1.0, -CORRIDOR_M / 2), 1.0, object_type="防火門"
            )
            between(draft, f"{key}/{end}梯間", fire_door, [rooms[key], corridors_[key]])
            serve(draft, f"{key}/{end}梯", [stair], [rooms[each] for each in keys[nth : nth + 2]])
            contents[key] += [stair, fire_door]
            spaces[key].append(rooms[key])
            every.append(stair)
            flights.append(flight)
            doors.append(fire_door)
    describe_doors(draft, "doors", doors, fire_exit=True, accessible=False)
    _describe_stairs(draft, every, flights)


def between(draft: Draft, path: str, opening: Any, places: Sequence[Any], *, external: bool = False) -> None:
    """Say that a door (or another opening) bounds these spaces, and the outside if `external`."""
    side = "EXTERNAL" if external else "INTERNAL"
    for nth, place in enumerate(places):
        draft.relate("IfcRelSpaceBoundary", f"{path}/boundary{nth}", place, opening, None, "PHYSICAL", side)


def serve(draft: Draft, path: str, elements: Sequence[Any], places: Sequence[Any]) -> None:
    """Say that elements (a lift, a stair) serve each of these places."""
    for nth, place in enumerate(places if elements else ()):
        draft.relate("IfcRelReferencedInSpatialStructure", f"{path}/serves{nth}", tuple(elements), place)


def room(draft: Draft, path: str, name: str, object_type: str, shape: Any, placed: Any) -> Any:
    """A space that is not part of a dwelling."""
    return draft.add(
        "IfcSpace", draft.guid(path), None, name, None, object_type, placed, shape, name, "ELEMENT", "INTERNAL", None
    )


def door(draft: Draft, path: str, placed: Any, width_m: float, *, object_type: str | None = None) -> Any:
    """A door of this overall width."""
    return draft.add(
        "IfcDoor", draft.guid(path), None, path, None, object_type, placed, draft.box(width_m, 0.06, _DOOR_HEIGHT_M),
        None, _DOOR_HEIGHT_M, width_m, "DOOR", "SINGLE_SWING_LEFT", None,
    )  # fmt: skip


def describe_room(draft: Draft, path: str, rooms: Sequence[Any], area_m2: float, *, accessible: bool = True) -> None:
    """Net area, planned and measured, and whether it is barrier-free."""
    area_m2 = round(area_m2, 3)
    draft.measure(path, rooms, "Qto_SpaceBaseQuantities", {"NetFloorArea": area_m2})
    draft.describe(
        path, rooms, "Pset_SpaceCommon",
        {"NetPlannedArea": ("IfcAreaMeasure", area_m2), "HandicapAccessible": ("IfcBoolean", accessible)},
    )  # fmt: skip


def describe_doors(draft: Draft, path: str, doors: Sequence[Any], *, fire_exit: bool, accessible: bool) -> None:
    """Whether doors are fire exits (then rated and self-closing) and barrier-free."""
    values: dict[str, tuple[str, Any]] = {
        "FireExit": ("IfcBoolean", fire_exit),
        "HandicapAccessible": ("IfcBoolean", accessible),
    }
    if fire_exit:
        values |= {"FireRating": ("IfcLabel", "f60A"), "SelfClosing": ("IfcBoolean", True)}
    draft.describe(path, doors, "Pset_DoorCommon", values)


def _slab(draft: Draft, plan: Plan, key: str, frame: Any) -> Any:
    placed = draft.placed(frame, plan.west_m, -plan.depth_m / 2, -SLAB_M)
    shape = draft.box(plan.length_m, plan.depth_m, SLAB_M)
    kind = "ROOF" if key == "RF" else "FLOOR"
    return draft.add("IfcSlab", draft.guid(f"{key}/slab"), None, "樓板", None, None, placed, shape, None, kind)


def _corridor(draft: Draft, plan: Plan, key: str, frame: Any) -> Any:
    shape = draft.box(plan.length_m, CORRIDOR_M - WALL_M, STOREY_M - SLAB_M)
    placed = draft.placed(frame, plan.west_m, -(CORRIDOR_M - WALL_M) / 2)
    return room(draft, f"{key}/走廊", f"{key} 走廊", "公共走廊 corridor", shape, placed)


def _exits(draft: Draft, plan: Plan, frame: Any, corridor: Any) -> list[Any]:
    found = []
    for end, x_m in (("西", plan.west_m), ("東", -plan.west_m)):
        placed = draft.placed(frame, x_m, -_EXIT_M / 2, 0.0, 90.0)
        found.append(door(draft, f"1F/{end}大門", placed, _EXIT_M))
        between(draft, f"1F/{end}大門", found[-1], [corridor], external=True)
    return found


def _stairwell(draft: Draft, path: str, frame: Any, x_m: float) -> Any:
    shape = draft.box(EAST_STAIR_M - WALL_M, BAY_M - WALL_M, STOREY_M - SLAB_M)
    placed = draft.placed(frame, x_m + WALL_M / 2, -CORRIDOR_M / 2 - BAY_M + WALL_M / 2)
    return room(draft, path, path.replace("/", " "), "樓梯間 stairwell", shape, placed)


def _stair(draft: Draft, path: str, frame: Any, x_m: float) -> tuple[Any, Any]:
    placed = draft.placed(frame, x_m + 0.3, -CORRIDOR_M / 2 - 3.0)
    stair = draft.add("IfcStair", draft.guid(path), None, path, None, None, placed, None, None, "STRAIGHT_RUN_STAIR")
    shape = draft.flight(RISERS, round(STOREY_M / RISERS, 4), TREAD_M, FLIGHT_M)
    flight = draft.add(
        "IfcStairFlight", draft.guid(f"{path}/flight"), None, f"{path}段", None, None, placed, shape, None, RISERS,
        RISERS - 1, STOREY_M / RISERS, TREAD_M, "STRAIGHT",
    )  # fmt: skip
    draft.aggregate(path, stair, [flight])
    return stair, flight


def _describe_stairs(draft: Draft, every: list[Any], flights: list[Any]) -> None:
    draft.describe("stairs", every, "Pset_StairCommon", {"FireExit": ("IfcBoolean", True)})
    draft.describe(
        "flights", flights, "Pset_StairFlightCommon",
        {"NumberOfRiser": ("IfcCountMeasure", float(RISERS)),
         "RiserHeight": ("IfcPositiveLengthMeasure", STOREY_M / RISERS),
         "TreadLength": ("IfcPositiveLengthMeasure", TREAD_M)},
    )  # fmt: skip
    draft.describe("flights", flights, "Twin_StairFlight", {"ClearWidth": ("IfcPositiveLengthMeasure", FLIGHT_M)})
