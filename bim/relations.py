"""One pass over a file's relationships: who is part of what, stands where, belongs to which group, is of which type.

Attributes are read by their index, which IFC2X3, IFC4 and IFC4X3 share: reading by name costs three times as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ifcopenshell

from bim.facts import Step

_PASSAGES = frozenset(
    {"IfcDoor", "IfcDoorStandardCase", "IfcVirtualElement", "IfcStair", "IfcStairFlight", "IfcRamp", "IfcRampFlight",
     "IfcTransportElement"}
)  # fmt: skip


WHOLES = (("IfcRelNests", 4, 5), ("IfcRelAggregates", 4, 5), ("IfcRelContainedInSpatialStructure", 5, 4))
"""(class, index of the whole, index of its parts): a later one has the last word."""

_IN_ZONES = (("IfcRelReferencedInSpatialStructure", 5, 4), *WHOLES)


def pairs(model: ifcopenshell.file, ifc_class: str, one: int, many: int) -> Iterator[tuple[Any, Any]]:
    """(the one, each of the many) of every relationship of a class; a dangling side is left out."""
    for relation in by_type(model, ifc_class):
        whole, parts = relation[one], relation[many]
        if whole is None or parts is None:
            continue
        for part in parts if isinstance(parts, tuple) else (parts,):
            if part is not None:
                yield whole, part


def instances_in(value: Any) -> list[Any]:
    """The instances in an attribute, one or many; a damaged file has texts and numbers where they should stand."""
    return [each for each in (value if isinstance(value, tuple) else (value,)) if hasattr(each, "is_a")]


def by_type(model: ifcopenshell.file, ifc_class: str) -> Any:
    """Instances of a class and its subclasses; nothing where the schema has no such class."""
    try:
        return model.by_type(ifc_class)
    except RuntimeError:
        return ()


def parents(model: ifcopenshell.file) -> tuple[dict[Step, Step], list[tuple[Step, Step]]]:
    """Child → its whole or its container, and (child, each other whole or container) of those that have several.

    Containment wins over aggregation of elements, both over filling a void; a storey or space over a spatial zone.
    """
    found: dict[Step, Step] = {}
    others: list[tuple[Step, Step]] = []
    host = {opening.id(): wall.id() for wall, opening in pairs(model, "IfcRelVoidsElement", 4, 5)}
    for opening, filling in pairs(model, "IfcRelFillsElement", 4, 5):
        found[filling.id()] = host.get(opening.id(), opening.id())
    zones = {zone.id() for zone in by_type(model, "IfcSpatialZone")}
    for ifc_class, one, many in WHOLES:
        for whole, part in pairs(model, ifc_class, one, many):
            step, above = part.id(), whole.id()
            before = found.get(step)
            if before is None or before == above:
                found[step] = above
            elif above in zones:
                others.append((step, above))
            else:
                others.append((step, before))
                found[step] = above
    return found, others


def space_of(model: ifcopenshell.file) -> dict[Step, Step]:
    """Element → the space that it is contained in, or else referenced by."""
    found: dict[Step, Step] = {}
    for ifc_class in ("IfcRelReferencedInSpatialStructure", "IfcRelContainedInSpatialStructure"):
        found.update(
            (element.id(), place.id()) for place, element in pairs(model, ifc_class, 5, 4) if place.is_a("IfcSpace")
        )
    return found


def members(model: ifcopenshell.file) -> list[tuple[Step, Step]]:
    """(group, member) of every zone and system, in the file's order."""
    return [(Step(group.id()), Step(one.id())) for group, one in pairs(model, "IfcRelAssignsToGroup", 6, 4)]


def in_zones(model: ifcopenshell.file) -> list[tuple[Step, Step]]:
    """(spatial zone, what it is made of, holds or refers to), in the file's order."""
    if not len(by_type(model, "IfcSpatialZone")):
        return []
    return [
        (Step(zone.id()), Step(one.id()))
        for ifc_class, of_zone, of_one in _IN_ZONES
        for zone, one in pairs(model, ifc_class, of_zone, of_one)
        if zone.is_a("IfcSpatialZone")
    ]


def types(model: ifcopenshell.file) -> dict[Step, Any]:
    """Occurrence → its type."""
    return {Step(one.id()): kind for kind, one in pairs(model, "IfcRelDefinesByType", 5, 4)}


def connections(model: ifcopenshell.file) -> list[tuple[Step, Step, str]]:
    """(door, stair, lift …; space or storey; how): what a graph of ways through the building is made of."""
    passages = _Passages(model)
    found = [
        (passage, Step(relation[4].id()), "bounds_outside" if _is_outside(relation[8]) else "bounds")
        for relation in by_type(model, "IfcRelSpaceBoundary")
        if relation[4] is not None and relation[5] is not None
        for passage in passages.of(relation[5])
    ]
    found += [
        (Step(element.id()), Step(place.id()), "serves")
        for place, element in pairs(model, "IfcRelReferencedInSpatialStructure", 5, 4)
        if element.is_a() in _PASSAGES
    ]
    return list(dict.fromkeys([*found, *_open(model)]))


class _Passages:
    """What a boundary's element is a passage by: itself, the door that fills an opening, the door of a leaf."""

    def __init__(self, model: ifcopenshell.file) -> None:
        self._whole = {
            part.id(): relation[4]
            for relation in by_type(model, "IfcRelAggregates")
            if relation[4] is not None and relation[4].is_a() in _PASSAGES
            for part in instances_in(relation[5])
        }
        self._fillings: dict[int, list[Any]] = {}
        for opening, filling in pairs(model, "IfcRelFillsElement", 4, 5):
            self._fillings.setdefault(opening.id(), []).append(filling)

    def of(self, element: Any) -> list[Step]:
        """The passages, none for a wall or a window."""
        fillings = self._fillings.get(element.id(), [element])
        wholes = [self._whole.get(each.id(), each) for each in fillings]
        return [Step(each.id()) for each in wholes if each.is_a() in _PASSAGES]


def _open(model: ifcopenshell.file) -> list[tuple[Step, Step, str]]:
    """(space, space, open): the two sides of virtual boundaries of the second level that name each other."""
    return [
        (Step(relation[4].id()), Step(other[4].id()), "open")
        for relation in by_type(model, "IfcRelSpaceBoundary2ndLevel")
        if relation[7] == "VIRTUAL"
        for other in (relation[10],)
        if other is not None and relation[4] is not None and other[4] is not None and relation[4].id() < other[4].id()
    ]


def _is_outside(side: Any) -> bool:
    return side is not None and str(side).startswith("EXTERNAL")
