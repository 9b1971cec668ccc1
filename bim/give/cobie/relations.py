"""The sheets of what relates things: zones, systems, assemblies, connections, documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bim.give.cobie.naming import Names
from bim.give.cobie.origin import Origin
from bim.give.cobie.structure import file_name, folder, information, port_owner
from bim.give.cobie.template import NONE, Row
from bim.give.cobie.values import category, text
from bim.relations import by_type


def zones(model: Any, spaces: Names, named: Callable[[Any], Row]) -> Iterator[Row]:
    """A row a space of each zone; one row of a zone that holds none."""
    for zone in by_type(model, "IfcZone"):
        told = {**named(zone), "Category": category(zone, zone.ObjectType)}
        held = [each for rel in zone.IsGroupedBy or () for each in rel.RelatedObjects if each in spaces]
        for space in held or [None]:
            yield {**told, "SpaceNames": spaces.of(space)}


def systems(model: Any, components: Names, named: Callable[[Any], Row]) -> Iterator[Row]:
    """A row a component of each system of services."""
    for system in by_type(model, "IfcSystem"):
        if system.is_a("IfcStructuralAnalysisModel") or system.is_a("IfcZone"):
            continue
        told = named(system)
        kind = getattr(system, "PredefinedType", None)
        told["Category"] = category(system, system.ObjectType, kind)
        held = [each for rel in system.IsGroupedBy or () for each in rel.RelatedObjects if each in components]
        for element in held:
            yield {**told, "ComponentNames": components.of(element)}


def assemblies(model: Any, components: Names, named: Callable[[Any], Row]) -> Iterator[Row]:
    """A row a component that is part of another one."""
    for rel in (*model.by_type("IfcRelAggregates"), *model.by_type("IfcRelNests")):
        whole = rel.RelatingObject
        for part in (each for each in rel.RelatedObjects if each in components and whole in components):
            told = {"SheetName": "Component", "ParentName": components.of(whole)}
            name = text(rel.Name or f"{components.of(whole)} of")
            own = {"ChildNames": components.of(part), "AssemblyType": NONE, "Name": name}
            yield {**named(rel), **told, **own}


def connections(model: Any, components: Names, named: Callable[[Any], Row]) -> Iterator[Row]:
    """A row each two components that are connected at their ports."""
    for rel in model.by_type("IfcRelConnectsPorts"):
        ports = (rel.RelatingPort, rel.RelatedPort)
        ends = [port_owner(port) for port in ports]
        if all(end in components for end in ends):
            names = [components.of(end) for end in ends]
            yield {
                **named(rel),
                "Name": text(rel.Name or f"{names[0]} to {names[1]}"),
                "ConnectionType": text(getattr(ports[0], "FlowDirection", None)),
                "SheetName": "Component",
                "RowName1": names[0],
                "RowName2": names[1],
                "RealizingElement": components.of(rel.RealizingElement),
                "PortName1": text(ports[0].Name),
                "PortName2": text(ports[1].Name),
            }


def documents(
    model: Any, origin: Origin, sheet_of: Callable[[Any], str | None], name_of: Callable[[Any], str]
) -> Iterator[Row]:
    """A row each thing of a sheet that a document is about."""
    for rel in model.by_type("IfcRelAssociatesDocument"):
        document = rel.RelatingDocument
        about = document if document.is_a("IfcDocumentInformation") else information(document)
        named = about or document
        location = getattr(document, "Location", None) or getattr(about, "Location", None)
        for thing in rel.RelatedObjects:
            if (sheet := sheet_of(thing)) is None:
                continue
            yield {
                "Name": text(named.Name or location or getattr(named, "Identification", None)),
                **origin.made(rel),
                "Category": text(getattr(about, "Purpose", None)),
                "ApprovalBy": NONE,
                "Stage": text(getattr(about, "Status", None)),
                "SheetName": sheet,
                "RowName": name_of(thing),
                "Directory": folder(location),
                "File": file_name(location),
                **origin.from_(rel),
                "Description": text(getattr(named, "Description", None)),
                "Reference": text(getattr(named, "Identification", None) or getattr(named, "ItemReference", None)),
            }
