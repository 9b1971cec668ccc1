"""Where a file says that it stands: map conversions of every kind, and IfcSite's latitude and longitude."""

from __future__ import annotations

from typing import Any

import ifcopenshell

from bim.facts import MapConversion, SitePosition, Step
from bim.properties import Described
from bim.relations import by_type
from bim.units import factor_of

_PSET_CONVERSION = "epset_mapconversion"
_PSET_CRS = "epset_projectedcrs"
_PSETS = (_PSET_CONVERSION, _PSET_CRS)


def map_conversions(model: ifcopenshell.file, described: Described, sets: dict[Step, Any]) -> list[MapConversion]:
    """Every IfcMapConversion (IFC4 on), then ePSet_MapConversion (buildingSMART's way for IFC2X3).

    `described`, `sets`: see `bim.properties.described`.
    """
    return [*(_native(each) for each in by_type(model, "IfcMapConversion")), *_from_psets(model, described, sets)]


def site_position(model: ifcopenshell.file) -> SitePosition | None:
    """The first IfcSite that states a latitude and longitude that are some."""
    for site in by_type(model, "IfcSite"):
        lat_deg, lon_deg = _degrees(site.RefLatitude), _degrees(site.RefLongitude)
        if lat_deg is not None and lon_deg is not None and abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0:
            return SitePosition(lon_deg, lat_deg, _true_north(model))
    return None


def _native(conversion: Any) -> MapConversion:
    crs = conversion.TargetCRS
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
    )


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
            map_unit_m=None,
        )
    ]


def _is_place(entity: Any) -> bool:
    return entity.is_a() in ("IfcSite", "IfcProject")


def _values(pset: Any) -> dict[str, Any]:
    return {each[0]: getattr(each[2], "wrappedValue", None) for each in pset[4] or () if each is not None}


def _number(value: Any, absent: float) -> float:
    return float(value) if isinstance(value, (int, float)) else absent


def _degrees(parts: Any) -> float | None:
    """IfcCompoundPlaneAngleMeasure: degrees, minutes, seconds, millionths of a second, all of one sign."""
    if not isinstance(parts, tuple) or len(parts) < 3:
        return None
    seconds = parts[2] + (parts[3] / 1e6 if len(parts) > 3 else 0.0)
    return float(parts[0] + parts[1] / 60 + seconds / 3600)


def _true_north(model: ifcopenshell.file) -> tuple[float, float]:
    for context in by_type(model, "IfcGeometricRepresentationContext"):
        north = getattr(context, "TrueNorth", None)
        ratios = getattr(north, "DirectionRatios", None)
        if ratios and len(ratios) >= 2 and any(ratios[:2]):
            return float(ratios[0]), float(ratios[1])
    return 0.0, 1.0
