"""A dwelling as an IFC2X3 exporter hands it over: meters are flow controllers, the place is in property sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.guid

METERS = ("ENERGYMETER", "WATERMETER", "GASMETER")
DWELLINGS = 2


def write_old_housing(path: Path) -> None:
    """Write two dwellings with their meters, and the building's own, as IFC2X3."""
    old = _Old()
    history = old.history
    metre = old.make("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
    area = old.make("IfcSIUnit", UnitType="AREAUNIT", Name="SQUARE_METRE")
    units = old.make("IfcUnitAssignment", Units=[metre, area])
    project = old.root("IfcProject", "P", UnitsInContext=units, RepresentationContexts=[old.context])
    site = old.root("IfcSite", "S", CompositionType="ELEMENT")
    building = old.root("IfcBuilding", "A棟", CompositionType="ELEMENT")
    storey = old.root("IfcBuildingStorey", "1F", CompositionType="ELEMENT", Elevation=0.0)
    for whole, part in ((project, site), (site, building), (building, storey)):
        old.root("IfcRelAggregates", None, RelatingObject=whole, RelatedObjects=[part])
    old.describe(site, "ePSet_ProjectedCRS", Name=("IfcLabel", "EPSG:3826"))
    place = {"Eastings": ("IfcLengthMeasure", 311_000.0), "Northings": ("IfcLengthMeasure", 2_771_900.0)}
    old.describe(site, "ePSet_MapConversion", **place)
    old.describe(building, "Pset_BuildingCommon", NumberOfStoreys=("IfcInteger", 1))
    spaces = []
    for number in range(DWELLINGS):
        zone = old.root("IfcZone", f"1F-{number}", ObjectType="住宅單元 Dwelling")
        old.describe(zone, "Pset_SpaceOccupancyRequirements", OccupancyNumberPeak=("IfcCountMeasure", 2.0))
        space = old.root(
            "IfcSpace", f"{number}", LongName="客廳", CompositionType="ELEMENT", InteriorOrExteriorSpace="INTERNAL"
        )
        easy = {"HandicapAccessible": ("IfcBoolean", True), "NetPlannedArea": ("IfcAreaMeasure", 30.0)}
        old.describe(space, "Pset_SpaceCommon", **easy)
        old.root("IfcRelAssignsToGroup", None, RelatedObjects=[space], RelatingGroup=zone)
        spaces.append(space)
    old.root("IfcRelAggregates", None, RelatingObject=storey, RelatedObjects=spaces)
    door = old.root("IfcDoor", "門", OverallWidth=0.95, OverallHeight=2.1)
    easy = {"FireExit": ("IfcBoolean", False), "HandicapAccessible": ("IfcBoolean", True)}
    old.describe(door, "Pset_DoorCommon", **easy)
    old.root("IfcRelContainedInSpatialStructure", None, RelatedElements=[door], RelatingStructure=storey)
    for kind in METERS:
        type_ = old.root("IfcFlowMeterType", kind, PredefinedType=kind)
        meters = [old.meter(kind, number, place) for number, place in enumerate([*spaces, storey])]
        old.root("IfcRelDefinesByType", None, RelatedObjects=meters, RelatingType=type_)
    assert history is not None
    old.model.write(str(path))


class _Old:
    def __init__(self) -> None:
        self.model = ifcopenshell.file(schema="IFC2X3")
        person = self.make("IfcPerson", FamilyName="x")
        organization = self.make("IfcOrganization", Name="x")
        both = self.make("IfcPersonAndOrganization", ThePerson=person, TheOrganization=organization)
        program = self.make("IfcApplication", organization, "1", "x", "x")
        self.history = self.make("IfcOwnerHistory", both, program, None, "ADDED", None, None, None, 0)
        origin = self.make("IfcAxis2Placement3D", self.make("IfcCartesianPoint", (0.0, 0.0, 0.0)))
        self.context = self.make("IfcGeometricRepresentationContext", None, "Model", 3, 1e-5, origin)

    def make(self, ifc_class: str, *values: Any, **named: Any) -> Any:
        return self.model.create_entity(ifc_class, *values, **named)

    def root(self, ifc_class: str, name: str | None, **named: Any) -> Any:
        return self.make(ifc_class, ifcopenshell.guid.new(), self.history, name, **named)

    def describe(self, of: Any, pset: str, **values: tuple[str, Any]) -> None:
        singles = [
            self.make("IfcPropertySingleValue", name, None, self.make(measure, value))
            for name, (measure, value) in values.items()
        ]
        definition = self.root("IfcPropertySet", pset, HasProperties=singles)
        self.root("IfcRelDefinesByProperties", None, RelatedObjects=[of], RelatingPropertyDefinition=definition)

    def meter(self, kind: str, number: int, place: Any) -> Any:
        meter = self.root("IfcFlowController", f"{kind} {number}")
        self.describe(meter, "Pset_ManufacturerOccurrence", SerialNumber=("IfcIdentifier", f"{kind[0]}{number:010d}"))
        self.describe(meter, "Pset_FlowMeterTypeCommon", RemoteReading=("IfcBoolean", True))
        self.root("IfcRelContainedInSpatialStructure", None, RelatedElements=[meter], RelatingStructure=place)
        return meter
