"""The fire compartments of a tower: each storey without its stairs (IfcZone), each stair from end to end
(IfcSpatialZone). They are no dwellings."""

from __future__ import annotations

from typing import Any

from bim.author import Drafted

FIRE = "防火區劃 FireCompartment"
"""Their ObjectType."""


def compartments(begun: Drafted, wells: dict[str, list[Any]]) -> None:
    """Put every space into one compartment. `wells`: stair → its rooms."""
    in_wells = {room.id() for rooms in wells.values() for room in rooms}
    for key, spaces in begun.spaces.items():
        _storey(begun, key, [space for space in spaces if space.id() not in in_wells])
    for end, rooms in wells.items():
        _stair(begun, end, rooms)


def _storey(begun: Drafted, key: str, spaces: list[Any]) -> None:
    if not spaces:
        return
    draft, path = begun.draft, f"{key}/防火區劃"
    zone = draft.add("IfcZone", draft.guid(path), None, f"{key} 防火區劃", None, FIRE, f"{key} fire compartment")
    draft.relate("IfcRelAssignsToGroup", f"{path}/rooms", tuple(spaces), None, zone)
    draft.relate("IfcRelServicesBuildings", f"{path}/of", zone, (begun.building,))


def _stair(begun: Drafted, end: str, rooms: list[Any]) -> None:
    draft, path = begun.draft, f"{end}梯/防火區劃"
    zone = draft.add(
        "IfcSpatialZone", draft.guid(path), None, f"{end}梯 防火區劃", None, FIRE, begun.building.ObjectPlacement, None,
        f"{end}梯 fire compartment", "FIRESAFETY",
    )  # fmt: skip
    draft.relate("IfcRelReferencedInSpatialStructure", f"{path}/rooms", tuple(rooms), zone)
    draft.relate("IfcRelReferencedInSpatialStructure", f"{path}/of", (zone,), begun.building)
