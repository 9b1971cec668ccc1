"""The sheets of one model's register, read with ifcopenshell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ifcopenshell.util.element as elements
import ifcopenshell.util.placement

from bim.give.cobie import values
from bim.give.cobie.assets import GUARANTORS, asset_columns
from bim.give.cobie.naming import Names
from bim.give.cobie.origin import Origin
from bim.give.cobie.picklists import picked
from bim.give.cobie.relations import assemblies, connections, documents, systems, zones
from bim.give.cobie.structure import above, bounded_spaces, components, nest, types
from bim.give.cobie.template import NONE, SHEETS, Row, Sheets, fits
from bim.give.cobie.values import Said, category, first, text
from bim.relations import by_type

MOVABLE = ("IfcFurnishingElement", "IfcFurniture", "IfcSystemFurnitureElement")
FLOOR, BESIDE = "IfcBuildingStorey", ("IfcBuilding", "IfcSite")


class Register:
    """What is read of a model once, and its sheets."""

    def __init__(self, model: Any) -> None:
        self.model, self.origin = model, Origin(model)
        self.facilities = Names(model.by_type("IfcBuilding"))
        self.floors = Names(model.by_type(FLOOR))
        self.spaces = Names(model.by_type("IfcSpace"))
        self.components = Names(components(model))
        self.types = Names(types(model, self.components))
        self.partial: list[str] = []
        """Things of which only the name could be read."""
        self._said: dict[int, list[Said]] = {}
        self._beside = bounded_spaces(model)

    def sheets(self) -> Sheets:
        """All twenty, each row with every column of its sheet."""
        read: dict[str, Iterable[Row]] = {
            "Instruction": [{"Title": "COBie", "Version": "2.4", "Release": "1", "Status": "IFC", "Region": NONE}],
            "Facility": self._rows("IfcBuilding", self._facility),
            "Floor": self._rows(FLOOR, self._floor),
            "Space": self._rows("IfcSpace", self._space),
            "Zone": list(zones(self.model, self.spaces, self._named)),
            "Type": self._each(types(self.model, self.components), self._type),
            "Component": self._each(components(self.model), self._component),
            "System": list(systems(self.model, self.components, self._named)),
            "Assembly": list(assemblies(self.model, self.components, self._named)),
            "Connection": list(connections(self.model, self.components, self._named)),
            "Spare": self._rows("IfcConstructionProductResource", self._named),
            "Resource": self._rows("IfcConstructionEquipmentResource", self._named),
            "Job": self._rows("IfcTask", self._named),
            "Document": list(documents(self.model, self.origin, self._sheet, self._name)),
            "Attribute": list(self._attributes()),
            "Coordinate": list(self._coordinates()),
        }
        makers = {row.get(name, NONE) for row in read["Type"] for name in GUARANTORS}
        read["Contact"] = self.origin.contacts(makers)
        read["PickLists"] = list(picked(read))
        return {sheet: [_whole(sheet, row) for row in read.get(sheet, [])] for sheet in SHEETS}

    @property
    def repeated_names(self) -> int:
        """Things called as another one of their sheet is."""
        return sum(one.repeated for one in (self.floors, self.spaces, self.components, self.types))

    def said(self, thing: Any) -> list[Said]:
        """A thing's properties, read once."""
        if thing.id() not in self._said:
            self._said[thing.id()] = list(values.said(self.model, thing))
        return self._said[thing.id()]

    def _rows(self, ifc_class: str, read: Callable[[Any], Row]) -> list[Row]:
        return self._each(by_type(self.model, ifc_class), read)

    def _each(self, things: Iterable[Any], read: Callable[[Any], Row]) -> list[Row]:
        """A row a thing; of one that cannot be read what is known of it, and it is counted."""
        rows = []
        for thing in things:
            try:
                rows.append(read(thing))
            except Exception:  # noqa: BLE001 - whatever a damaged thing raises costs its own row's columns only
                self.partial.append(str(getattr(thing, "GlobalId", thing.id())))
                rows.append({"Name": self._name(thing), **self.origin.made(thing), **self.origin.from_(thing)})
        return rows

    def _name(self, thing: Any) -> str:
        for names in (self.facilities, self.floors, self.spaces, self.types, self.components):
            if thing in names:
                return names.of(thing)
        return str(getattr(thing, "Name", None) or thing.is_a())

    def _named(self, thing: Any) -> Row:
        told = {"Name": self._name(thing), **self.origin.made(thing), **self.origin.from_(thing)}
        kind = getattr(thing, "ObjectType", None)
        return {**told, "Category": category(thing, kind), "Description": text(getattr(thing, "Description", None))}

    def _facility(self, building: Any) -> Row:
        project = next(iter(self.model.by_type("IfcProject")), None)
        site = above(building, "IfcSite")
        system = self.origin.system(building)
        unit = values.project_unit
        money = next(iter(self.model.by_type("IfcMonetaryUnit")), None)
        return {
            **self._named(building),
            "ProjectName": text(getattr(project, "Name", None)),
            "SiteName": text(getattr(site, "Name", None)),
            "LinearUnits": unit(self.model, "LENGTHUNIT", values.LINEAR),
            "AreaUnits": unit(self.model, "AREAUNIT", values.AREA),
            "VolumeUnits": unit(self.model, "VOLUMEUNIT", values.VOLUME),
            "CurrencyUnit": text(getattr(money, "Currency", None)),
            "AreaMeasurement": first(self.said(building), "AreaMeasurement"),
            "ExternalSystem": system,
            "ExternalProjectObject": "IfcProject",
            "ExternalProjectIdentifier": text(getattr(project, "GlobalId", None)),
            "ExternalSiteObject": "IfcSite",
            "ExternalSiteIdentifier": text(getattr(site, "GlobalId", None)),
            "ExternalFacilityObject": "IfcBuilding",
            "ExternalFacilityIdentifier": building.GlobalId,
            "ProjectDescription": text(getattr(project, "Description", None)),
            "SiteDescription": text(getattr(site, "Description", None)),
            "Phase": text(getattr(project, "Phase", None)),
        }

    def _floor(self, storey: Any) -> Row:
        elevation = storey.Elevation
        if elevation is None and storey.ObjectPlacement is not None:
            elevation = float(ifcopenshell.util.placement.get_local_placement(storey.ObjectPlacement)[2][3])
        height = first(self.said(storey), "GrossHeight", "NetHeight", "Height", "StoreyHeight")
        return {**self._named(storey), "Elevation": text(elevation), "Height": height}

    def _space(self, space: Any) -> Row:
        properties = self.said(space)
        floor = above(space, FLOOR)
        described = getattr(space, "LongName", None) or space.Description or space.Name
        return {
            **self._named(space),
            "Category": category(space, space.ObjectType, getattr(space, "PredefinedType", None)),
            "FloorName": self.floors.of(floor),
            "Description": text(described),
            "RoomTag": first(properties, "RoomTag", "Room Tag", "Tag"),
            "UsableHeight": first(properties, "FinishCeilingHeight", "UsableHeight", "Height"),
            "GrossArea": first(properties, "GrossFloorArea", "GSA BIM Area", "GSA"),
            "NetArea": first(properties, "NetFloorArea", "NetPlannedArea", "NSA"),
        }

    def _type(self, kind: Any) -> Row:
        properties = self.said(kind)
        of = kind.is_a().removesuffix("Type").removesuffix("Style")
        return {
            **self._named(kind),
            "Category": category(kind, getattr(kind, "ElementType", None), getattr(kind, "PredefinedType", None), of),
            "Description": text(kind.Description or kind.Name or of),
            "AssetType": "Movable" if of in MOVABLE else "Fixed",
            **asset_columns(properties),
        }

    def _component(self, element: Any) -> Row:
        properties = self.said(element)
        return {
            **self._named(element),
            "TypeName": self.types.of(elements.get_type(element)),
            "Space": self._where(element),
            "Description": text(element.Description or element.ObjectType or self.components.of(element)),
            "SerialNumber": first(properties, "SerialNumber"),
            "InstallationDate": first(properties, "InstallationDate"),
            "WarrantyStartDate": first(properties, "WarrantyStartDate"),
            "TagNumber": first(properties, "TagNumber") if element.Tag is None else text(element.Tag),
            "BarCode": first(properties, "BarCode"),
            "AssetIdentifier": first(properties, "AssetIdentifier"),
        }

    def _where(self, element: Any) -> str:
        """The spaces that an element is in: that which contains it or what it is part of, else those that it bounds."""
        whole: Any = element
        while whole is not None:
            if (place := elements.get_container(whole, should_get_direct=True)) is not None and place in self.spaces:
                return self.spaces.of(place)
            whole = elements.get_aggregate(whole) or nest(whole)
        beside = self._beside.get(element.id(), [])
        return ", ".join(sorted({self.spaces.of(space) for space in beside})) or NONE

    def _attributes(self) -> Iterator[Row]:
        """Every property of what has a row; one whose name another set of the thing has is told with its set's."""
        for sheet, things in self._things():
            for thing in things:
                made, system = self.origin.made(thing), self.origin.system(thing)
                counted = Counter(one.name for one in self.said(thing))
                for one in self.said(thing):
                    yield {
                        "Name": one.name if counted[one.name] == 1 else f"{one.set_name}.{one.name}",
                        **made,
                        "Category": "As Built",
                        "SheetName": sheet,
                        "RowName": self._name(thing),
                        "Value": one.value,
                        "Unit": one.unit,
                        "ExtSystem": system,
                        "ExtObject": one.set_name,
                        "ExtIdentifier": one.set_id,
                        "Description": one.name,
                        "AllowedValues": one.allowed,
                    }

    def _coordinates(self) -> Iterator[Row]:
        """Where floors, spaces and components are placed, in the model's coordinates and unit."""
        for sheet, things in self._things():
            for thing in things if sheet in ("Floor", "Space", "Component") else ():
                if (placement := getattr(thing, "ObjectPlacement", None)) is None:
                    continue
                at = ifcopenshell.util.placement.get_local_placement(placement)[:3, 3]
                axes = dict(
                    zip("XYZ", (f"{value:.6g}" if abs(value) < 1e6 else f"{value:.3f}" for value in at), strict=True)
                )
                yield {
                    "Name": f"{self._name(thing)} placement",
                    **self.origin.made(thing),
                    "Category": "point",
                    "SheetName": sheet,
                    "RowName": self._name(thing),
                    **{f"Coordinate{axis}Axis": value for axis, value in axes.items()},
                    **self.origin.from_(thing),
                }

    def _things(self) -> Iterator[tuple[str, list[Any]]]:
        yield "Facility", by_type(self.model, "IfcBuilding")
        yield "Floor", by_type(self.model, FLOOR)
        yield "Space", by_type(self.model, "IfcSpace")
        yield "Type", types(self.model, self.components)
        yield "Component", components(self.model)

    def _sheet(self, thing: Any) -> str | None:
        sheets = {"Facility": self.facilities, "Floor": self.floors, "Space": self.spaces}
        sheets |= {"Type": self.types, "Component": self.components}
        return next((sheet for sheet, names in sheets.items() if thing in names), None)


def _whole(sheet: str, row: Row) -> Row:
    """Every column; a date or a number that is none is n/a (the Attribute sheet has what the file says)."""
    told = {column: row.get(column, NONE) for column in SHEETS[sheet]}
    return {column: value if fits(column, value) else NONE for column, value in told.items()}
