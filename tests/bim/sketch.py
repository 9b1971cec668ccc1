"""Small IFC models drawn line by line: what a test needs of a building, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.guid

from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker

Spot = tuple[float, float, float]

_BARE = {str: "IfcLabel", float: "IfcReal", int: "IfcInteger", bool: "IfcBoolean"}


class Sketch:
    """One file in the making: a project with units, a site and a building; lengths in the file's unit."""

    def __init__(self, schema: str = "IFC4", *, length: Any = None, area: Any = None, origin: Spot = (0, 0, 0)) -> None:
        """`length`, `area`: prefix of the metre, or (name, factor to SI) of a conversion-based unit."""
        self.schema = schema
        self.model = ifcopenshell.file(schema=schema)  # type: ignore[arg-type]
        units = [self.unit("LENGTHUNIT", "METRE", length), self.unit("AREAUNIT", "SQUARE_METRE", area)]
        assignment = self.make("IfcUnitAssignment", Units=units)
        self.context = self.make(
            "IfcGeometricRepresentationContext",
            ContextType="Model",
            CoordinateSpaceDimension=3,
            Precision=1e-5,
            WorldCoordinateSystem=self.axis((0, 0, 0)),
        )
        self.project = self.root("IfcProject", "P", UnitsInContext=assignment, RepresentationContexts=[self.context])
        self.site = self.root("IfcSite", "S", ObjectPlacement=self.placed(origin))
        self.building = self.root("IfcBuilding", "B", ObjectPlacement=self.placed((0, 0, 0), self.site))
        self.aggregate(self.project, self.site)
        self.aggregate(self.site, self.building)

    def make(self, ifc_class: str, **attributes: Any) -> Any:
        """An instance of any class."""
        return self.model.create_entity(ifc_class, **attributes)

    def root(self, ifc_class: str, name: str | None = None, **attributes: Any) -> Any:
        """An instance that has a GlobalId."""
        return self.make(ifc_class, GlobalId=ifcopenshell.guid.new(), Name=name, **attributes)

    def unit(self, kind: str, name: str, stated: Any) -> Any:
        """A unit of SI, or a conversion-based one."""
        if not isinstance(stated, tuple):
            return self.make("IfcSIUnit", UnitType=kind, Prefix=stated, Name=name)
        base = self.make("IfcSIUnit", UnitType=kind, Name=name)
        value = self.make("IfcReal", wrappedValue=stated[1])
        factor = self.make("IfcMeasureWithUnit", ValueComponent=value, UnitComponent=base)
        exponents = self.make(
            "IfcDimensionalExponents",
            **dict.fromkeys(
                ("MassExponent", "TimeExponent", "ElectricCurrentExponent", "ThermodynamicTemperatureExponent",
                 "AmountOfSubstanceExponent", "LuminousIntensityExponent"), 0
            ),
            LengthExponent=2 if kind == "AREAUNIT" else 1,
        )  # fmt: skip
        return self.make(
            "IfcConversionBasedUnit", Dimensions=exponents, UnitType=kind, Name=stated[0], ConversionFactor=factor
        )

    def axis(self, at: Spot, x: Sequence[float] | None = None) -> Any:
        """An axis placement, turned to `x`."""
        spot = self.make("IfcCartesianPoint", Coordinates=[float(each) for each in at])
        if x is None:
            return self.make("IfcAxis2Placement3D", Location=spot)
        up = self.make("IfcDirection", DirectionRatios=[0.0, 0.0, 1.0])
        along = self.make("IfcDirection", DirectionRatios=[float(each) for each in x])
        return self.make("IfcAxis2Placement3D", Location=spot, Axis=up, RefDirection=along)

    def placed(self, at: Spot, within: Any = None, x: Sequence[float] | None = None) -> Any:
        """A placement relative to another product's."""
        above = None if within is None else within.ObjectPlacement
        return self.make("IfcLocalPlacement", PlacementRelTo=above, RelativePlacement=self.axis(at, x))

    def box(self, x: float, y: float, z: float) -> Any:
        """A body of this size from its origin on."""
        corners = [(0.0, 0.0), (x, 0.0), (x, y), (0.0, y), (0.0, 0.0)]
        points = [self.make("IfcCartesianPoint", Coordinates=[float(each) for each in corner]) for corner in corners]
        profile = self.make(
            "IfcArbitraryClosedProfileDef",
            ProfileType="AREA",
            OuterCurve=self.make("IfcPolyline", Points=points),
        )
        up = self.make("IfcDirection", DirectionRatios=[0.0, 0.0, 1.0])
        at = self.axis((0, 0, 0))
        solid = self.make("IfcExtrudedAreaSolid", SweptArea=profile, Position=at, ExtrudedDirection=up, Depth=float(z))
        return self.shape("SweptSolid", solid)

    def shape(self, kind: str, *items: Any) -> Any:
        """A body of these items."""
        body = self.make(
            "IfcShapeRepresentation",
            ContextOfItems=self.context,
            RepresentationIdentifier="Body",
            RepresentationType=kind,
            Items=items,
        )
        return self.make("IfcProductDefinitionShape", Representations=[body])

    def storey(self, name: str, z: float, *, elevation: float | None = None, within: Any = None) -> Any:
        """A storey of the building (or of `within`), placed at z."""
        whole = within or self.building
        found = self.root("IfcBuildingStorey", name, ObjectPlacement=self.placed((0, 0, z), whole), Elevation=elevation)
        self.aggregate(whole, found)
        return found

    def space(self, name: str, storey: Any, at: Spot = (0, 0, 0), size: Spot | None = (4, 4, 3), **more: Any) -> Any:
        """A space on a storey, or in another space; without `size` it has no body."""
        found = self.root(
            "IfcSpace",
            name,
            ObjectPlacement=self.placed(at, storey),
            Representation=None if size is None else self.box(*size),
            **more,
        )
        self.aggregate(storey, found)
        return found

    def element(
        self, ifc_class: str, name: str, at: Spot = (0, 0, 0), size: Spot | None = (0.2, 0.2, 0.2), **more: Any
    ) -> Any:
        """An element that stands nowhere yet."""
        shape = None if size is None else self.box(*size)
        return self.root(ifc_class, name, ObjectPlacement=self.placed(at), Representation=shape, **more)

    def aggregate(self, whole: Any, *parts: Any) -> None:
        """Parts of a whole."""
        self.root("IfcRelAggregates", RelatingObject=whole, RelatedObjects=parts)

    def nest(self, whole: Any, *parts: Any) -> None:
        """Parts on a whole."""
        self.root("IfcRelNests", RelatingObject=whole, RelatedObjects=parts)

    def contain(self, place: Any, *elements: Any) -> None:
        """Elements that stand in a place."""
        self.root("IfcRelContainedInSpatialStructure", RelatedElements=elements, RelatingStructure=place)

    def refer(self, place: Any, *elements: Any) -> None:
        """What a place refers to."""
        self.root("IfcRelReferencedInSpatialStructure", RelatedElements=elements, RelatingStructure=place)

    def zone(self, name: str | None, *members: Any, **more: Any) -> Any:
        """An IfcZone of these members."""
        found = self.root("IfcZone", name, **more)
        if members:
            self.root("IfcRelAssignsToGroup", RelatedObjects=members, RelatingGroup=found)
        return found

    def describe(self, thing: Any, pset: str, **values: Any) -> None:
        """Properties of a thing: value, or (measure, value) of each, or an IfcProperty."""
        single = [
            value
            if isinstance(value, ifcopenshell.entity_instance)
            else self.make("IfcPropertySingleValue", Name=name, NominalValue=self.value(value))
            for name, value in values.items()
        ]
        self.define(thing, self.root("IfcPropertySet", pset, HasProperties=single))

    def value(self, value: Any) -> Any:
        """(measure, value) as the measure, a bare value as a label or real."""
        measure, bare = value if isinstance(value, tuple) else (_BARE[type(value)], value)
        return self.make(measure, wrappedValue=bare)

    def measure(self, thing: Any, unit: Any = None, **areas: float) -> None:
        """Areas as base quantities."""
        quantities = [self.make("IfcQuantityArea", Name=k, Unit=unit, AreaValue=v) for k, v in areas.items()]
        self.define(thing, self.root("IfcElementQuantity", "Qto_SpaceBaseQuantities", Quantities=quantities))

    def define(self, thing: Any, definition: Any) -> None:
        """Give a thing a set of properties or quantities."""
        self.root("IfcRelDefinesByProperties", RelatedObjects=[thing], RelatingPropertyDefinition=definition)

    def load(self, folder: Path, worker: Worker, **stated: Any) -> BuildingModel:
        """Write and read it."""
        path = folder / "sketch.ifc"
        self.model.write(str(path))
        return load(path, worker=worker, **stated)
