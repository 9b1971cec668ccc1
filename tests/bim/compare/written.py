"""Write a small building (`tests.bim.compare.small`) as IFC4, in any unit and several manners."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from math import cos, sin
from pathlib import Path
from typing import Any

import ifcopenshell

from bim.identity import compressed
from tests.bim.compare.small import Manner, Numbers, Small, Thing
from tests.bim.surgery import exported_again

_SPACE = uuid.UUID("8d0c3c52-93f5-5d36-9f0e-5a8f5b7f3d22")


def write(small: Small, path: Path, manner: Manner) -> Path:
    """The building as IFC4 at `path`."""
    _Writer(small, manner).model.write(str(path))
    if manner.again is not None:
        path.write_text(exported_again(path.read_text(), manner.again))
    return path


class _Writer:
    def __init__(self, small: Small, manner: Manner) -> None:
        self.model, self._manner, self._small = ifcopenshell.file(schema="IFC4"), manner, small
        self._zones: dict[str, list[Any]] = {}
        self._systems: dict[str, list[Any]] = {}
        self._context()
        self._types = {name: self._type(name, said) for name, said in small.types.items()}
        self._made = {key: self._thing(key, each) for key, each in small.things.items()}
        self._relations()

    def _add(self, ifc_class: str, **attributes: Any) -> Any:
        return self.model.create_entity(ifc_class, **attributes)

    def _root(self, ifc_class: str, key: str, **attributes: Any) -> Any:
        return self._add(
            ifc_class, GlobalId=compressed(uuid.uuid5(_SPACE, f"{key}{self._manner.renewed}")), **attributes
        )

    def _m(self, metres: float) -> float:
        return metres / self._manner.unit_m

    def _point(self, *metres: float) -> Any:
        return self._add("IfcCartesianPoint", Coordinates=[self._m(each) for each in metres])

    def _axes(self, at: Numbers = (0.0, 0.0, 0.0), tilt: float = 0.0) -> Any:
        ahead = self._add("IfcDirection", DirectionRatios=(cos(tilt), sin(tilt), 0.0)) if tilt else None
        up = self._add("IfcDirection", DirectionRatios=(0.0, 0.0, 1.0)) if tilt else None
        return self._add("IfcAxis2Placement3D", Location=self._point(*at), Axis=up, RefDirection=ahead)

    def _place(self, within: Any, at: Numbers, tilt: float = 0.0) -> Any:
        return self._add("IfcLocalPlacement", PlacementRelTo=within, RelativePlacement=self._axes(at, tilt))

    def _context(self) -> None:
        prefix = {1.0: None, 0.001: "MILLI"}[self._manner.unit_m]
        units = [
            self._add("IfcSIUnit", UnitType="LENGTHUNIT", Prefix=prefix, Name="METRE"),
            self._add("IfcSIUnit", UnitType="AREAUNIT", Name="SQUARE_METRE"),
            self._add("IfcSIUnit", UnitType="VOLUMEUNIT", Name="CUBIC_METRE"),
            self._add("IfcSIUnit", UnitType="FORCEUNIT", Prefix="KILO" if prefix else None, Name="NEWTON"),
            self._add("IfcSIUnit", UnitType="PLANEANGLEUNIT", Name="RADIAN"),
        ]
        north = self._add("IfcDirection", DirectionRatios=(0.0, 1.0))
        self._whole = self._add(
            "IfcGeometricRepresentationContext", ContextType="Model", CoordinateSpaceDimension=3, Precision=1e-5,
            WorldCoordinateSystem=self._axes(), TrueNorth=north,
        )  # fmt: skip
        self._body = self._add(
            "IfcGeometricRepresentationSubContext", ContextIdentifier="Body", ContextType="Model",
            ParentContext=self._whole, TargetView="MODEL_VIEW",
        )  # fmt: skip
        assignment = self._add("IfcUnitAssignment", Units=units)
        project = self._root(
            "IfcProject", "project", Name="P", RepresentationContexts=[self._whole], UnitsInContext=assignment
        )
        if self._small.map is not None:
            e, n, h, turn = self._small.map
            crs = self._add(
                "IfcProjectedCRS", Name="EPSG:3826", MapUnit=self._add("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
            )
            self._add(
                "IfcMapConversion", SourceCRS=self._whole, TargetCRS=crs, Eastings=e, Northings=n, OrthogonalHeight=h,
                XAxisAbscissa=cos(turn), XAxisOrdinate=sin(turn), Scale=self._manner.unit_m,
            )  # fmt: skip
        zero = self._place(None, (0.0, 0.0, 0.0))
        lat, lon = self._small.site
        site = self._root("IfcSite", "site", Name="S", ObjectPlacement=zero, RefLatitude=lat, RefLongitude=lon)
        building = self._root("IfcBuilding", "building", Name="B", ObjectPlacement=self._place(zero, (0.0, 0.0, 0.0)))
        self._storeys = {
            key: self._root(
                "IfcBuildingStorey", f"storey {key}", Name=name, Elevation=self._m(up),
                ObjectPlacement=self._place(building.ObjectPlacement, (0.0, 0.0, up)),
            )
            for key, (name, up) in self._small.storeys.items()
        }  # fmt: skip
        self._whole_of("IfcRelAggregates", "RelatingObject", project, "RelatedObjects", [site])
        self._whole_of("IfcRelAggregates", "RelatingObject", site, "RelatedObjects", [building])
        self._whole_of("IfcRelAggregates", "RelatingObject", building, "RelatedObjects", list(self._storeys.values()))
        self._chair: Any = None

    def _whole_of(self, ifc_class: str, one: str, whole: Any, many: str, parts: list[Any]) -> None:
        key = f"{ifc_class} {whole.id()} {[each.id() for each in parts]}"
        self._root(ifc_class, key, **{one: whole, many: parts})

    def _type(self, name: str, said: Mapping[str, Any]) -> Any:
        return self._root(
            "IfcWallType",
            f"type {name}",
            Name=name,
            PredefinedType="STANDARD",
            HasPropertySets=[self._set(f"type {name}", "Type", said)],
        )

    def _set(self, key: str, name: str, said: Mapping[str, Any]) -> Any:
        return self._root(
            "IfcPropertySet", f"set {key}", Name=name, HasProperties=[self._property(*each) for each in said.items()]
        )

    def _property(self, name: str, value: Any) -> Any:
        if isinstance(value, list):
            values = [self._add("IfcReal", wrappedValue=each) for each in value]
            return self._add("IfcPropertyListValue", Name=name, ListValues=values)
        if isinstance(value, tuple) and isinstance(value[0], float):
            low, high = (self._add("IfcElectricCurrentMeasure", wrappedValue=each) for each in value)
            return self._add("IfcPropertyBoundedValue", Name=name, LowerBoundValue=low, UpperBoundValue=high)
        if isinstance(value, tuple):
            measure, number = value
            scale = {"IfcLengthMeasure": self._manner.unit_m}.get(measure, 1.0)
            if measure == "IfcForceMeasure" and self._manner.unit_m != 1.0:
                scale = 1000.0
            return self._add(
                "IfcPropertySingleValue", Name=name, NominalValue=self._add(measure, wrappedValue=number / scale)
            )
        return self._add("IfcPropertySingleValue", Name=name, NominalValue=self._add("IfcLabel", wrappedValue=value))

    def _thing(self, key: str, each: Thing) -> Any:
        within = self._storeys[each.on].ObjectPlacement
        at, shift = each.at, (0.0, 0.0, 0.0)
        if self._manner.baked and not each.tilt and each.shape:
            shift = (each.at[0] - 1.0, each.at[1] + 2.0, each.at[2] - 0.5)
            at = (1.0, -2.0, 0.5)
        made = self._root(each.ifc_class, key, Name=each.name, ObjectPlacement=self._place(within, at, each.tilt))
        made.Representation = self._shape(each, shift)
        if each.ifc_class == "IfcDoor":
            made.OverallHeight, made.OverallWidth = self._m(each.shape[2]), self._m(each.shape[0])  # type: ignore[arg-type]
        if each.properties:
            self._whole_of(
                "IfcRelDefinesByProperties",
                "RelatingPropertyDefinition",
                self._set(key, each.pset, each.properties),
                "RelatedObjects",
                [made],
            )
        if each.type in self._types:
            self._whole_of("IfcRelDefinesByType", "RelatingType", self._types[each.type], "RelatedObjects", [made])
        if each.material:
            layers = [
                self._add(
                    "IfcMaterialLayer", Material=self._add("IfcMaterial", Name=name), LayerThickness=self._m(thick)
                )
                for name, thick in each.material
            ]
            layered = self._add("IfcMaterialLayerSet", MaterialLayers=layers)
            self._whole_of("IfcRelAssociatesMaterial", "RelatingMaterial", layered, "RelatedObjects", [made])
        if each.code:
            system = self._add("IfcClassification", Name="OmniClass")
            code = self._add("IfcClassificationReference", Identification=each.code, ReferencedSource=system)
            self._whole_of("IfcRelAssociatesClassification", "RelatingClassification", code, "RelatedObjects", [made])
        if each.document:
            document = self._add("IfcDocumentReference", Location=each.document, Name="Manual")
            self._whole_of("IfcRelAssociatesDocument", "RelatingDocument", document, "RelatedObjects", [made])
        if each.opening is not None:
            self._void(key, each, made, shift)
        return made

    def _void(self, key: str, each: Thing, wall: Any, shift: Numbers) -> None:
        x, z, width, height = each.opening or (0.0, 0.0, 0.0, 0.0)
        at = (x + shift[0], shift[1] - 0.1, z + shift[2])
        opening = self._root(
            "IfcOpeningElement",
            f"{key} opening",
            Name=f"{each.name} opening",
            ObjectPlacement=self._place(wall.ObjectPlacement, at),
        )
        opening.Representation = self._body_of([self._block((width, 0.4, height), (0.0, 0.0, 0.0))])
        self._root("IfcRelVoidsElement", f"{key} voids", RelatingBuildingElement=wall, RelatedOpeningElement=opening)

    def _shape(self, each: Thing, shift: Numbers) -> Any:
        if each.type == "chair":
            return self._seat()
        if not each.shape:
            return None
        solid = self._solid(each, shift)
        if each.clip_m is not None:
            origin = (shift[0], shift[1], shift[2] + each.clip_m)
            plane = self._add("IfcPlane", Position=self._axes(origin))
            above = self._add("IfcHalfSpaceSolid", BaseSurface=plane, AgreementFlag=False)
            solid = self._add(
                "IfcBooleanClippingResult", Operator="DIFFERENCE", FirstOperand=solid, SecondOperand=above
            )
        return self._body_of([solid])

    def _solid(self, each: Thing, shift: Numbers) -> Any:
        if isinstance(each.shape[0], tuple):
            plan, (height,) = each.shape
            return self._prism(plan, height, shift)  # type: ignore[arg-type]
        return self._block(each.shape, shift)

    def _seat(self) -> Any:
        if not self._manner.mapped:
            return self._body_of([self._block(self._small.chair, (0.0, 0.0, 0.0))])
        if self._chair is None:
            block = self._block(self._small.chair, (0.0, 0.0, 0.0))
            body = self._add(
                "IfcShapeRepresentation",
                ContextOfItems=self._body,
                RepresentationIdentifier="Body",
                RepresentationType="SweptSolid",
                Items=[block],
            )
            self._chair = self._add("IfcRepresentationMap", MappingOrigin=self._axes(), MappedRepresentation=body)
        target = self._add("IfcCartesianTransformationOperator3D", LocalOrigin=self._point(0.0, 0.0, 0.0))
        return self._body_of(
            [self._add("IfcMappedItem", MappingSource=self._chair, MappingTarget=target)], "MappedRepresentation"
        )

    def _block(self, size: Numbers, shift: Numbers) -> Any:
        width, depth, _ = size
        return self._prism(((0.0, 0.0), (width, 0.0), (width, depth), (0.0, depth)), size[2], shift)

    def _prism(self, plan: tuple[Numbers, ...], height: float, shift: Numbers) -> Any:
        if self._manner.breps:
            return self._brep(plan, height, shift)
        line = self._add("IfcPolyline", Points=[self._point(*each) for each in (*plan, plan[0])])
        profile = self._add("IfcArbitraryClosedProfileDef", ProfileType="AREA", OuterCurve=line)
        up = self._add("IfcDirection", DirectionRatios=(0.0, 0.0, 1.0))
        return self._add(
            "IfcExtrudedAreaSolid",
            SweptArea=profile,
            Position=self._axes(shift),
            ExtrudedDirection=up,
            Depth=self._m(height),
        )

    def _brep(self, plan: tuple[Numbers, ...], height: float, shift: Numbers) -> Any:
        low, high = ([self._point(x + shift[0], y + shift[1], z + shift[2]) for x, y in plan] for z in (0.0, height))
        count = len(plan)
        sides = [(low[at], low[(at + 1) % count], high[(at + 1) % count], high[at]) for at in range(count)]
        faces = [self._face(each) for each in (low[::-1], high, *sides)]
        return self._add("IfcFacetedBrep", Outer=self._add("IfcClosedShell", CfsFaces=faces))

    def _face(self, corners: Any) -> Any:
        bound = self._add("IfcFaceOuterBound", Bound=self._add("IfcPolyLoop", Polygon=corners), Orientation=True)
        return self._add("IfcFace", Bounds=[bound])

    def _body_of(self, items: list[Any], kind: str = "SweptSolid") -> Any:
        body = self._add(
            "IfcShapeRepresentation",
            ContextOfItems=self._body,
            RepresentationIdentifier="Body",
            RepresentationType=kind,
            Items=items,
        )
        return self._add("IfcProductDefinitionShape", Representations=[body])

    def _relations(self) -> None:
        for key, storey in self._storeys.items():
            here = [(self._made[k], e) for k, e in self._small.things.items() if e.on == key]
            spaces = [made for made, each in here if each.ifc_class == "IfcSpace"]
            others = [made for made, each in here if each.ifc_class != "IfcSpace"]
            if spaces:
                self._whole_of("IfcRelAggregates", "RelatingObject", storey, "RelatedObjects", spaces)
            self._whole_of("IfcRelContainedInSpatialStructure", "RelatingStructure", storey, "RelatedElements", others)
        for ifc_class, told in (("IfcZone", "zones"), ("IfcDistributionSystem", "system")):
            groups: dict[str, list[Any]] = {}
            for key, each in self._small.things.items():
                value = getattr(each, told)
                for name in value if isinstance(value, tuple) else (value,):
                    if name:
                        groups.setdefault(name, []).append(self._made[key])
            for name, members in groups.items():
                group = self._root(ifc_class, f"group {name}", Name=name)
                self._whole_of("IfcRelAssignsToGroup", "RelatingGroup", group, "RelatedObjects", members)
        for key, each in self._small.things.items():
            for space in each.bounds:
                self._root(
                    "IfcRelSpaceBoundary", f"{key} bounds {space}", RelatingSpace=self._made[space],
                    RelatedBuildingElement=self._made[key], PhysicalOrVirtualBoundary="PHYSICAL",
                    InternalOrExternalBoundary="INTERNAL",
                )  # fmt: skip
