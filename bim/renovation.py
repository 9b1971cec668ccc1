"""A sample renovation: the second model of an authored building, so that a revision can be seen and tested.

Invented like the building itself, and it says so. The charging bays are doubled, some partition walls of a storey go,
the doors of a few storeys become accessible, the library becomes a shared study, and the battery moves. The same file
always gives the same bytes.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import ifcopenshell

from bim.identity import compressed

ACCESSIBLE_STOREYS = ("2F", "3F", "4F")
OPENED_STOREY = "2F"
WALLS_REMOVED = 4
BAY_DEPTH_M = 5.5
"""The second row of chargers stands a parking bay behind the first."""

BATTERY_MOVED_M = 1.1

_NAMESPACE = uuid.UUID("0c3c5a52-9df4-5c0b-8d5c-3f6f5e1f2a77")


def renovate(source: Path, target: Path) -> None:
    """Write the renovated building of `source`, a file by `bim.author`, to `target`."""
    model = ifcopenshell.open(str(source))
    for charger in _named(model, "IfcElectricAppliance", "充電"):
        _second(model, charger)
    for wall in _on(model, "IfcWall", (OPENED_STOREY,))[:WALLS_REMOVED]:
        _remove(model, wall)
    _make_accessible(model, _on(model, "IfcDoor", ACCESSIBLE_STOREYS))
    for library in model.by_type("IfcSpace"):
        if library.LongName == "圖書館":
            library.LongName = "共享學習空間"
    for battery in model.by_type("IfcElectricFlowStorageDevice"):
        battery.ObjectPlacement = _beside(model, battery.ObjectPlacement, x_m=BATTERY_MOVED_M)
    model.write(str(target))


def _named(model: Any, ifc_class: str, word: str) -> list[Any]:
    return [e for e in model.by_type(ifc_class) if word in (e.Name or "")]


def _on(model: Any, ifc_class: str, storeys: tuple[str, ...]) -> list[Any]:
    """Elements of a class that the storeys contain, in the order of their GlobalIds."""
    found = [
        element
        for relation in model.by_type("IfcRelContainedInSpatialStructure")
        if relation.RelatingStructure.Name in storeys
        for element in relation.RelatedElements
        if element.is_a(ifc_class)
    ]
    return sorted(found, key=lambda e: str(e.GlobalId))


def _second(model: Any, charger: Any) -> None:
    """Another charger like this one, behind it, with properties of the same sets."""
    attributes = charger.get_info(include_identifier=False)
    ifc_class = attributes.pop("type")
    attributes["GlobalId"] = _id(charger)
    attributes["Name"] = f"{charger.Name}（增設）"
    attributes["ObjectPlacement"] = _beside(model, charger.ObjectPlacement, y_m=-BAY_DEPTH_M)
    added = model.create_entity(ifc_class, **attributes)
    for relation in charger.ContainedInStructure:
        relation.RelatedElements = (*relation.RelatedElements, added)
    for relation in charger.IsDefinedBy:
        relation.RelatedObjects = (*relation.RelatedObjects, added)


def _remove(model: Any, element: Any) -> None:
    """Take an element out of the model and of its relations; its shape is shared and stays."""
    for relation in model.get_inverse(element):
        for role in ("RelatedElements", "RelatedObjects"):
            if element in (getattr(relation, role, None) or ()):
                setattr(relation, role, [e for e in getattr(relation, role) if e != element])
    model.remove(element)


def _make_accessible(model: Any, doors: list[Any]) -> None:
    """Pset_DoorCommon of these doors says so; the sets of the others stay as they are."""
    chosen = {door.id() for door in doors}
    for relation in model.by_type("IfcRelDefinesByProperties"):
        common = relation.RelatingPropertyDefinition
        own = [e for e in relation.RelatedObjects if e.id() in chosen]
        if not own or common.Name != "Pset_DoorCommon":
            continue
        told = {p.Name: p.NominalValue for p in common.HasProperties}
        told["HandicapAccessible"] = model.create_entity("IfcBoolean", True)
        properties = [model.create_entity("IfcPropertySingleValue", name, None, told[name]) for name in told]
        opened = model.create_entity("IfcPropertySet", _id(common), None, common.Name, None, properties)
        model.create_entity("IfcRelDefinesByProperties", _id(relation), None, None, None, own, opened)
        rest = [e for e in relation.RelatedObjects if e.id() not in chosen]
        if rest:
            relation.RelatedObjects = rest
        else:
            model.remove(relation)


def _id(of: Any) -> str:
    """A GlobalId that the same thing always gives to what is made of it."""
    return compressed(uuid.uuid5(_NAMESPACE, of.GlobalId))


def _beside(model: Any, placement: Any, *, x_m: float = 0.0, y_m: float = 0.0) -> Any:
    """A placement in the same frame, moved."""
    axes = placement.RelativePlacement
    x, y, z = axes.Location.Coordinates
    point = model.create_entity("IfcCartesianPoint", (x + x_m, y + y_m, z))
    moved = model.create_entity("IfcAxis2Placement3D", point, axes.Axis, axes.RefDirection)
    return model.create_entity("IfcLocalPlacement", placement.PlacementRelTo, moved)
