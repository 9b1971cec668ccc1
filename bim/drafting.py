"""Write IFC4 entities with shared shapes and deterministic GlobalIds. Every shape is drawn once and mapped.

Entities are created by position in their schema's order: it is four times as fast as by name.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import ifcopenshell
import pyproj

from bim.identity import compressed

_NAMESPACE = uuid.UUID("b5f3c6a0-58e2-5c36-9b62-6a4a3c0f9d10")
_TIMESTAMP = "2026-01-01T00:00:00"
_CRS = "EPSG:3826"


Schema = Literal["IFC4", "IFC4X3"]
"""Schemas that can be written: every entity used here has the same attributes in both."""

_MEASURE = {("IFC4X3", "Pset_BuildingCommon", "NumberOfStoreys"): "IfcCountMeasure"}
"""Where a schema wants another measure than IFC4."""


class Draft:
    """A model in the making. `seed` makes its GlobalIds: the same seed and paths give the same ids in every schema."""

    def __init__(self, seed: str, schema: Schema = "IFC4") -> None:
        self.model = ifcopenshell.file(schema=schema)
        self._schema = schema
        self._seed = seed
        self._axes: dict[tuple[float, ...], Any] = {}
        self._shapes: dict[tuple[Any, ...], Any] = {}
        self._placed: dict[tuple[int, tuple[float, ...]], Any] = {}
        self._up = self.add("IfcDirection", (0.0, 0.0, 1.0))
        self._world = self.axes(0.0, 0.0, 0.0)
        self._target = self.add("IfcCartesianTransformationOperator3D", None, None, self._world[0], 1.0, None)
        self._context = self.add(
            "IfcGeometricRepresentationContext",
            None,
            "Model",
            3,
            1e-5,
            self._world,
            self.add("IfcDirection", (0.0, 1.0)),
        )
        self._body = self.add(
            "IfcGeometricRepresentationSubContext", "Body", "Model", None, None, None, None, self._context, None,
            "MODEL_VIEW", None,
        )  # fmt: skip

    def add(self, ifc_class: str, *attributes: Any) -> Any:
        """A new instance, attributes in the schema's order."""
        return self.model.create_entity(ifc_class, *attributes)

    def guid(self, path: str) -> str:
        """The GlobalId of what has this path within the model."""
        return compressed(uuid.uuid5(_NAMESPACE, f"{self._seed}/{path}"))

    def axes(self, x_m: float, y_m: float, z_m: float, turn_deg: float = 0.0) -> Any:
        """An IfcAxis2Placement3D at a point, turned about z; shared by all that want the same."""
        key = (x_m, y_m, z_m, turn_deg)
        if key not in self._axes:
            turn = math.radians(turn_deg)
            cosine, sine = round(math.cos(turn), 12), round(math.sin(turn), 12)
            ahead = self.add("IfcDirection", (cosine, sine, 0.0)) if turn_deg else None
            point = self.add("IfcCartesianPoint", (float(x_m), float(y_m), float(z_m)))
            self._axes[key] = self.add("IfcAxis2Placement3D", point, self._up if turn_deg else None, ahead)
        return self._axes[key]

    def placed(self, under: Any, x_m: float = 0.0, y_m: float = 0.0, z_m: float = 0.0, turn_deg: float = 0.0) -> Any:
        """An IfcLocalPlacement under another one (or None)."""
        key = (under.id() if under is not None else 0, (x_m, y_m, z_m, turn_deg))
        if key not in self._placed:
            self._placed[key] = self.add("IfcLocalPlacement", under, self.axes(x_m, y_m, z_m, turn_deg))
        return self._placed[key]

    def box(self, width_m: float, depth_m: float, height_m: float) -> Any:
        """The shape of a box from its corner at zero, shared by all of its size."""
        key = ("box", width_m, depth_m, height_m)
        if key not in self._shapes:
            middle = self.add("IfcCartesianPoint", (width_m / 2, depth_m / 2))
            position = self.add("IfcAxis2Placement2D", middle, None)
            profile = self.add("IfcRectangleProfileDef", "AREA", None, position, float(width_m), float(depth_m))
            solid = self.add("IfcExtrudedAreaSolid", profile, self._world, self._up, float(height_m))
            self._shapes[key] = self._mapped(solid)
        return self._shapes[key]

    def flight(self, risers: int, riser_m: float, tread_m: float, width_m: float) -> Any:
        """The shape of a straight stair flight: its steps in section, rising along x, extruded over its width."""
        key = ("flight", risers, riser_m, tread_m, width_m)
        if key not in self._shapes:
            self._shapes[key] = self._mapped(self._prism(_steps(risers, riser_m, tread_m), width_m))
        return self._shapes[key]

    def wedge(self, run_m: float, rise_m: float, width_m: float) -> Any:
        """The shape of a ramp, rising along x, extruded over its width."""
        key = ("wedge", run_m, rise_m, width_m)
        if key not in self._shapes:
            corners = [(0.0, 0.0), (run_m, rise_m), (run_m, 0.0), (0.0, 0.0)]
            self._shapes[key] = self._mapped(self._prism(corners, width_m))
        return self._shapes[key]

    def relate(self, ifc_class: str, path: str, *sides: Any) -> Any:
        """A relationship with a GlobalId made of its path."""
        return self.add(ifc_class, self.guid(path), None, None, None, *sides)

    def aggregate(self, path: str, whole: Any, parts: Sequence[Any]) -> None:
        """Make `parts` parts of `whole`."""
        if parts:
            self.relate("IfcRelAggregates", f"{path}/parts", whole, tuple(parts))

    def contain(self, path: str, place: Any, elements: Sequence[Any]) -> None:
        """Put `elements` into a storey or space."""
        if elements:
            self.relate("IfcRelContainedInSpatialStructure", f"{path}/contents", tuple(elements), place)

    def describe(self, path: str, of: Sequence[Any], pset: str, values: dict[str, tuple[str, Any]]) -> None:
        """Give all of `of` one property set: name → (IFC measure, value)."""
        if not of:
            return
        singles = [
            self.add("IfcPropertySingleValue", name, None, self._measured(pset, name, *told), None)
            for name, told in values.items()
        ]
        definition = self.add("IfcPropertySet", self.guid(f"{path}/{pset}"), None, pset, None, tuple(singles))
        self.relate("IfcRelDefinesByProperties", f"{path}/{pset}/of", tuple(of), definition)

    def _measured(self, pset: str, name: str, measure: str, value: Any) -> Any:
        measure = _MEASURE.get((self._schema, pset, name), measure)
        is_whole = self._schema == "IFC4X3" and measure == "IfcCountMeasure"  # a NUMBER before, an INTEGER there
        return self.add(measure, int(value) if is_whole else value)

    def measure(self, path: str, of: Sequence[Any], qset: str, areas: dict[str, float]) -> None:
        """Give all of `of` one set of area quantities, m²."""
        if not of:
            return
        quantities = [self.add("IfcQuantityArea", name, None, None, area, None) for name, area in areas.items()]
        definition = self.add(
            "IfcElementQuantity", self.guid(f"{path}/{qset}"), None, qset, None, None, tuple(quantities)
        )
        self.relate("IfcRelDefinesByProperties", f"{path}/{qset}/of", tuple(of), definition)

    def project(self, name: str, lon_deg: float, lat_deg: float, rotation_deg: float) -> Any:
        """The IfcProject, in metres, its zero at a longitude and latitude on the TWD97 / TM2 map (EPSG:3826)."""
        units = tuple(
            self.add("IfcSIUnit", None, kind, None, unit)
            for kind, unit in (
                ("LENGTHUNIT", "METRE"), ("AREAUNIT", "SQUARE_METRE"), ("VOLUMEUNIT", "CUBIC_METRE"),
                ("PLANEANGLEUNIT", "RADIAN"), ("POWERUNIT", "WATT"), ("TIMEUNIT", "SECOND"),
            )
        )  # fmt: skip
        crs = self.add("IfcProjectedCRS", _CRS, "TWD97 / TM2 zone 121", "TWD97", "TWVD2001", "TM2", "121", units[0])
        to_map = pyproj.Transformer.from_crs("EPSG:4326", _CRS, always_xy=True)
        easting, northing = to_map.transform(lon_deg, lat_deg)
        turn = math.radians(rotation_deg)
        self.add(
            "IfcMapConversion", self._context, crs, round(easting, 4), round(northing, 4), 0.0,
            round(math.cos(turn), 12), round(math.sin(turn), 12), 1.0,
        )  # fmt: skip
        assignment = self.add("IfcUnitAssignment", units)
        return self.add(
            "IfcProject", self.guid("project"), None, name, None, None, name, None, (self._context,), assignment
        )

    def write(self, path: Path, *, comment: str | None = None) -> None:
        """Write the file, with a comment in its header if there is one; the same model always gives the same bytes."""
        header = self.model.header
        header.file_name.name = path.name
        header.file_name.time_stamp = _TIMESTAMP
        said = () if comment is None else (f"Comment [{comment}]",)
        header.file_description.description = ("ViewDefinition [ReferenceView_V1.2]", *said)
        self.model.write(str(path))

    def _mapped(self, solid: Any) -> Any:
        drawn = self.add("IfcShapeRepresentation", self._body, "Body", "SweptSolid", (solid,))
        source = self.add("IfcRepresentationMap", self._world, drawn)
        item = self.add("IfcMappedItem", source, self._target)
        shape = self.add("IfcShapeRepresentation", self._body, "Body", "MappedRepresentation", (item,))
        return self.add("IfcProductDefinitionShape", None, None, (shape,))

    def _prism(self, corners: Sequence[tuple[float, float]], width_m: float) -> Any:
        """A section in x and z, its first corner again at its end, extruded along y."""
        points = tuple(self.add("IfcCartesianPoint", (round(x, 4), round(z, 4))) for x, z in corners)
        profile = self.add("IfcArbitraryClosedProfileDef", "AREA", None, self.add("IfcPolyline", points))
        sideways = self.add("IfcDirection", (0.0, -1.0, 0.0))
        ahead = self.add("IfcDirection", (1.0, 0.0, 0.0))
        section = self.add("IfcAxis2Placement3D", self._world[0], sideways, ahead)
        return self.add("IfcExtrudedAreaSolid", profile, section, self.add("IfcDirection", (0.0, 0.0, -1.0)), width_m)


def _steps(risers: int, riser_m: float, tread_m: float) -> list[tuple[float, float]]:
    corners = [(0.0, 0.0)]
    for step in range(risers):
        corners += [(step * tread_m, (step + 1) * riser_m), ((step + 1) * tread_m, (step + 1) * riser_m)]
    return [*corners, (risers * tread_m, (risers - 1) * riser_m), (tread_m, 0.0), (0.0, 0.0)]
