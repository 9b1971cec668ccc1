"""The two stairs of a tower: in wells from the lowest storey to the roof, two flights a storey, an exit at the ground.

A storey's stair is one IfcStair of two flights and a landing, its risers as many as the storey's real height asks for.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from bim import circulation
from bim.author import Drafted
from bim.circulation import FLIGHT_M, SLAB_M, TREAD_M
from bim.housing import BAY_M, CORRIDOR_M, EAST_STAIR_M, STOREY_M, WALL_M

MOST_RISER_M = 0.18
"""ASSUMPTION of ours: no riser of a generated tower is higher."""

EXIT_M = 1.0
_ARRIVAL_M = 1.3
"""Landing between the fire door and the first step."""

_SIDE_M = 0.3
"""Between the well's wall axis and a flight."""


def risers(rise_m: float) -> int:
    """Of both flights together, as many in each.

    >>> risers(3.2), risers(4.2), risers(3.6)
    (18, 24, 20)
    """
    return 2 * math.ceil(round(rise_m / MOST_RISER_M / 2, 6))


def wells_m(begun: Drafted) -> dict[str, float]:
    """Stair → x of its well's west wall."""
    return {"西": begun.plan.west_m, "東": -begun.plan.west_m - EAST_STAIR_M}


def stairs(begun: Drafted) -> dict[str, list[Any]]:
    """Draw both stairs with their wells and doors; stair → the rooms of its well, upwards."""
    found = {end: _well(begun, end, x_m) for end, x_m in wells_m(begun).items()}
    doors: list[Any] = []
    flights: dict[float, list[Any]] = {}
    whole: list[Any] = []
    for end, x_m in wells_m(begun).items():
        doors += _doors(begun, end, x_m, found[end])
        levels = list(found[end])
        for lower, upper in pairwise(levels):
            rise_m = round(begun.storeys[upper].Elevation - begun.storeys[lower].Elevation, 3)
            stair, both = _stair(begun, f"{lower}/{end}梯", lower, x_m, rise_m)
            circulation.serve(begun.draft, f"{lower}/{end}梯", [stair], [found[end][lower], found[end][upper]])
            whole.append(stair)
            flights.setdefault(rise_m, []).extend(both)
    circulation.describe_doors(begun.draft, "doors", doors, fire_exit=True, accessible=False)
    begun.draft.describe("stairs", whole, "Pset_StairCommon", {"FireExit": ("IfcBoolean", True)})
    for rise_m, both in flights.items():
        _describe(begun, both, rise_m)
    return {end: list(rooms.values()) for end, rooms in found.items()}


def _well(begun: Drafted, end: str, x_m: float) -> dict[str, Any]:
    """Storey → the room of a stair, the roof's too."""
    size_m = (EAST_STAIR_M - WALL_M, BAY_M - WALL_M)
    found: dict[str, Any] = {}
    for key, storey in begun.storeys.items():
        shape = begun.draft.box(*size_m, STOREY_M - SLAB_M)
        placed = begun.draft.placed(storey.ObjectPlacement, x_m + WALL_M / 2, -CORRIDOR_M / 2 - BAY_M + WALL_M / 2)
        found[key] = circulation.room(
            begun.draft, f"{key}/{end}梯間", f"{key} {end}梯間", "樓梯間 stairwell", shape, placed
        )
        begun.spaces[key].append(found[key])
    circulation.describe_room(begun.draft, f"{end}梯間", list(found.values()), size_m[0] * size_m[1], accessible=False)
    return found


def _doors(begun: Drafted, end: str, x_m: float, rooms: dict[str, Any]) -> list[Any]:
    """A fire door to the corridor of every storey, one onto the roof, and one to the street."""
    found = []
    for key, room in rooms.items():
        placed = begun.draft.placed(begun.storeys[key].ObjectPlacement, x_m + 1.0, -CORRIDOR_M / 2)
        found.append(_door(begun, f"{key}/{end}安全門", key, placed))
        beyond = [begun.corridors[key]] if key in begun.corridors else []
        circulation.between(begun.draft, f"{key}/{end}梯間", found[-1], [room, *beyond], external=not beyond)
    outer_m = x_m if end == "西" else x_m + EAST_STAIR_M
    placed = begun.draft.placed(begun.storeys["1F"].ObjectPlacement, outer_m, exit_y_m() - EXIT_M / 2, 0.0, 90.0)
    found.append(_door(begun, f"1F/{end}梯出口", "1F", placed))
    circulation.between(begun.draft, f"1F/{end}梯出口", found[-1], [rooms["1F"]], external=True)
    return found


def exit_y_m() -> float:
    """y of the middle of the stairs' exits."""
    return -CORRIDOR_M / 2 - 0.9


def _door(begun: Drafted, path: str, key: str, placed: Any) -> Any:
    found = circulation.door(begun.draft, path, placed, EXIT_M, object_type="防火門")
    begun.contents[key].append(found)
    return found


def _stair(begun: Drafted, path: str, key: str, x_m: float, rise_m: float) -> tuple[Any, list[Any]]:
    """Up southwards along the west wall, over a landing, and up northwards along the east wall."""
    draft, frame = begun.draft, begun.storeys[key].ObjectPlacement
    each = risers(rise_m) // 2
    riser_m = rise_m / each / 2
    run_m, from_m = each * TREAD_M, -CORRIDOR_M / 2 - _ARRIVAL_M
    lower = draft.placed(frame, x_m + _SIDE_M, from_m, 0.0, 270.0)
    upper = draft.placed(frame, x_m + EAST_STAIR_M - _SIDE_M, round(from_m - run_m, 4), round(rise_m / 2, 4), 90.0)
    stair = draft.add("IfcStair", draft.guid(path), None, path, None, None, lower, None, None, "HALF_TURN_STAIR")
    shape = draft.flight(each, round(riser_m, 4), TREAD_M, FLIGHT_M)
    flights = [
        draft.add(
            "IfcStairFlight", draft.guid(f"{path}/flight{nth}"), None, f"{path}段{nth}", None, None, placed, shape,
            None, each, each - 1, riser_m, TREAD_M, "STRAIGHT",
        )
        for nth, placed in enumerate((lower, upper), 1)
    ]  # fmt: skip
    at = draft.placed(frame, x_m + _SIDE_M, round(from_m - run_m - FLIGHT_M, 4), round(rise_m / 2 - SLAB_M, 4))
    width_m = round(EAST_STAIR_M - 2 * _SIDE_M, 3)
    landing = draft.add(
        "IfcSlab", draft.guid(f"{path}/landing"), None, f"{path}平台", None, None, at,
        draft.box(width_m, FLIGHT_M, SLAB_M), None, "LANDING",
    )  # fmt: skip
    draft.aggregate(path, stair, [*flights, landing])
    begun.contents[key].append(stair)
    return stair, flights


def _describe(begun: Drafted, flights: list[Any], rise_m: float) -> None:
    each = risers(rise_m) // 2
    path = f"flights/{each}"
    begun.draft.describe(
        path, flights, "Pset_StairFlightCommon",
        {"NumberOfRiser": ("IfcCountMeasure", float(each)),
         "RiserHeight": ("IfcPositiveLengthMeasure", rise_m / each / 2),
         "TreadLength": ("IfcPositiveLengthMeasure", TREAD_M)},
    )  # fmt: skip
    begun.draft.describe(path, flights, "Twin_StairFlight", {"ClearWidth": ("IfcPositiveLengthMeasure", FLIGHT_M)})
