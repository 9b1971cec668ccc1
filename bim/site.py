"""Where a file says that it stands: map conversions of every kind, and IfcSite's latitude and longitude."""

from __future__ import annotations

import math
import re
from typing import Any

import ifcopenshell

from bim.compare.frames import Frames
from bim.facts import MapConversion, SitePosition, Step
from bim.properties import Described
from bim.relations import by_type
from bim.units import factor_of, factors

_PSET_CONVERSION = "epset_mapconversion"
_PSET_CRS = "epset_projectedcrs"
_PSETS = (_PSET_CONVERSION, _PSET_CRS)
_US_FOOT_M = 1200 / 3937
_UNITS_M = {
    **dict.fromkeys(("metre", "meter", "metres", "meters", "m"), 1.0),
    **dict.fromkeys(("centimetre", "centimeter", "cm"), 0.01),
    **dict.fromkeys(("millimetre", "millimeter", "millimetres", "millimeters", "mm"), 0.001),
    **dict.fromkeys(("kilometre", "kilometer", "km"), 1000.0),
    **dict.fromkeys(("foot", "feet", "ft", "internationalfoot"), 0.3048),
    **dict.fromkeys(
        ("ussurveyfoot", "ussurveyfeet", "surveyfoot", "usfoot", "usfeet", "usft", "ftus", "footus"), _US_FOOT_M
    ),
}
"""What ePSet_ProjectedCRS.MapUnit may say, by its letters -> metres."""


def map_conversions(model: ifcopenshell.file, described: Described, sets: dict[Step, Any]) -> list[MapConversion]:
    """Every IfcMapConversion (IFC4 on) and IfcRigidOperation (IFC4X3), then ePSet_MapConversion (buildingSMART's way
    for IFC2X3).

    `described`, `sets`: see `bim.properties.described`.
    """
    return [
        *(_native(each) for each in by_type(model, "IfcMapConversion")),
        *(_rigid(each, model) for each in by_type(model, "IfcRigidOperation")),
        *_from_psets(model, described, sets),
    ]


def site_position(model: ifcopenshell.file, metre: float) -> SitePosition | None:
    """The first IfcSite that states a latitude and longitude that are some; `metre`: metres per unit of length."""
    for site in by_type(model, "IfcSite"):
        lat_deg, lon_deg = _degrees(site.RefLatitude), _degrees(site.RefLongitude)
        if lat_deg is not None and lon_deg is not None and abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0:
            frame = Frames(metre).of(site.ObjectPlacement)
            origin_m = (0.0, 0.0, 0.0) if frame is None else frame[3]
            elevation_m = _number(site.RefElevation, 0.0) * metre
            return SitePosition(lon_deg, lat_deg, _true_north(model), origin_m, elevation_m)
    return None


def _native(conversion: Any) -> MapConversion:
    crs = conversion.TargetCRS
    factors_xy = (1.0, 1.0)
    if conversion.is_a("IfcMapConversionScaled"):  # asked for what a class lacks, the parser loads all its rules: 0.1 s
        factors_xy = (_number(conversion.FactorX, 1.0), _number(conversion.FactorY, 1.0))
    return MapConversion(
        source="IfcMapConversion",
        crs=getattr(crs, "Name", None),
        eastings=_number(conversion.Eastings, 0.0),
        northings=_number(conversion.Northings, 0.0),
        height=_number(conversion.OrthogonalHeight, 0.0),
        abscissa=_number(conversion.XAxisAbscissa, 1.0),
        ordinate=_number(conversion.XAxisOrdinate, 0.0),
        scale=_number(conversion.Scale, 1.0),
        map_unit_m=factor_of(getattr(crs, "MapUnit", None)),
        factors=factors_xy,
    )


def _rigid(operation: Any, model: ifcopenshell.file) -> MapConversion:
    crs = operation.TargetCRS
    first, second = (_coordinate(each, crs, model) for each in (operation.FirstCoordinate, operation.SecondCoordinate))
    return MapConversion(
        source="IfcRigidOperation",
        crs=getattr(crs, "Name", None),
        eastings=first,
        northings=second,
        height=_number(operation.Height, 0.0),
        abscissa=1.0,
        ordinate=0.0,
        scale=1.0,
        map_unit_m=factor_of(crs.MapUnit) if crs.is_a("IfcProjectedCRS") else None,
    )


def _coordinate(measure: Any, crs: Any, model: ifcopenshell.file) -> float:
    """A length as it is written; an angle, by the unit of the CRS or else of the project, in degrees."""
    value = _number(getattr(measure, "wrappedValue", measure), 0.0)
    if not hasattr(measure, "is_a") or not measure.is_a().endswith("PlaneAngleMeasure"):
        return value
    own = factor_of(crs.AngleUnit) if crs.is_a("IfcGeographicCRS") else None
    radians = own or factors(model).get("PLANEANGLEUNIT", 1.0)
    return math.degrees(value * radians)


def _from_psets(model: ifcopenshell.file, described: Described, sets: dict[Step, Any]) -> list[MapConversion]:
    named = {step: name for step, pset in sets.items() if (name := str(pset[2] or "").lower()) in _PSETS}
    told: dict[str, dict[str, Any]] = {}
    for entity, step, _ in described if named else ():
        if step in named and _is_place(model.by_id(entity)):
            told[named[step]] = _values(sets[step])
    found = told.get(_PSET_CONVERSION)
    if found is None:
        return []
    return [
        MapConversion(
            source="ePSet_MapConversion",
            crs=told.get(_PSET_CRS, {}).get("Name") or found.get("TargetCRS"),
            eastings=_number(found.get("Eastings"), 0.0),
            northings=_number(found.get("Northings"), 0.0),
            height=_number(found.get("OrthogonalHeight"), 0.0),
            abscissa=_number(found.get("XAxisAbscissa"), 1.0),
            ordinate=_number(found.get("XAxisOrdinate"), 0.0),
            scale=_number(found.get("Scale"), 1.0),
            map_unit_m=_named_unit(told.get(_PSET_CRS, {}).get("MapUnit")),
        )
    ]


def _is_place(entity: Any) -> bool:
    return entity.is_a() in ("IfcSite", "IfcProject")


def _values(pset: Any) -> dict[str, Any]:
    return {each[0]: getattr(each[2], "wrappedValue", None) for each in pset[4] or () if each is not None}


def _number(value: Any, absent: float) -> float:
    return float(value) if isinstance(value, (int, float)) else absent


def _named_unit(name: Any) -> float | None:
    """Metres per unit of a name such as METRE, `US survey foot`; None for any other."""
    return _UNITS_M.get(re.sub(r"[^a-z]", "", str(name or "").lower()))


def _degrees(parts: Any) -> float | None:
    """IfcCompoundPlaneAngleMeasure: degrees, minutes, seconds, millionths of a second.

    Law: all of one sign, that of the first that is not 0; exporters that give it to the first alone mean the same.
    """
    if not isinstance(parts, tuple) or len(parts) < 3:
        return None
    sign = next((math.copysign(1.0, part) for part in parts if part), 1.0)
    degrees, minutes, seconds, *millionths = (abs(part) for part in parts)
    return float(sign * (degrees + minutes / 60 + (seconds + sum(millionths[:1]) / 1e6) / 3600))


def _true_north(model: ifcopenshell.file) -> tuple[float, float]:
    for context in by_type(model, "IfcGeometricRepresentationContext"):
        if context.is_a("IfcGeometricRepresentationSubContext"):
            continue  # it has its parent's, and asked for what it derives the parser loads all rules of its schema
        north = getattr(context, "TrueNorth", None)
        ratios = getattr(north, "DirectionRatios", None)
        if ratios and len(ratios) >= 2 and any(ratios[:2]):
            return float(ratios[0]), float(ratios[1])
    return 0.0, 1.0
