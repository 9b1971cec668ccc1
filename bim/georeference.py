"""From the model's metres to a map, and on to longitude and latitude (WGS84).

    easting  = origin_e_m + scale (x·cos θ − y·sin θ)        IfcMapConversion, ISO 16739-1 8.18.3.27
    northing = origin_n_m + scale (x·sin θ + y·cos θ)        θ from XAxisAbscissa, XAxisOrdinate

`status` is one of
    map_conversion       IfcMapConversion
    pset_map_conversion  ePSet_MapConversion, buildingSMART's way for IFC2X3
    rigid_operation      IfcRigidOperation (IFC4X3): θ is 0, scale 1; on a geographic CRS a plane around that point
    twice                the placements already hold map coordinates beside a map conversion: only the first count
    site_position        no map conversion; IfcSite's latitude and longitude with true north (often a default: check it)
    stated               no map conversion; the caller said where
    none                 nothing says where; polygons are in local metres only
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from bim.facts import Facts, MapConversion

if TYPE_CHECKING:
    import pyproj

_RIGID = "IfcRigidOperation"
_STATUS = {
    "IfcMapConversion": "map_conversion",
    "ePSet_MapConversion": "pset_map_conversion",
    _RIGID: "rigid_operation",
}

FAR_M = 1e5
"""Placements farther from the model's zero than this hold map coordinates."""

_SCALE_TOLERANCE = 0.01
"""Scale factors of map projections lie within a few tenths of a percent of 1; beyond this it is a change of unit."""


class Georeference(msgspec.Struct, frozen=True):
    """Where a model stands. `crs` as pyproj takes it; `crs_unit_m` metres per unit of its axes. `scale_y`: of y, where
    it is another than that of x."""

    status: str
    crs: str | None = None
    origin_e_m: float = 0.0
    origin_n_m: float = 0.0
    height_m: float = 0.0
    cos: float = 1.0
    sin: float = 0.0
    scale: float = 1.0
    crs_unit_m: float = 1.0
    notes: list[str] = []
    scale_y: float | None = None

    def lon_lat(self, xy_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
        """(n, 2) local metres as (n, 2) longitude, latitude in degrees WGS84; None without georeference."""
        if self.crs is None:
            return None
        x, y = xy_m[:, 0] * self.scale, xy_m[:, 1] * (self.scale if self.scale_y is None else self.scale_y)
        easting = self.origin_e_m + x * self.cos - y * self.sin
        northing = self.origin_n_m + x * self.sin + y * self.cos
        to_wgs84 = _to_wgs84(self.crs, threading.get_ident())
        lon, lat = to_wgs84.transform(easting / self.crs_unit_m, northing / self.crs_unit_m)
        return np.column_stack([lon, lat])

    def is_on_earth(self) -> bool:
        """Whether the model's zero has a longitude and latitude; a map's formulas hold near its own country only."""
        origin = self.lon_lat(np.zeros((1, 2)))
        return origin is None or bool(np.isfinite(origin).all())


@lru_cache(maxsize=32)
def _to_wgs84(crs: str, thread: int) -> pyproj.Transformer:
    """Making one costs 10 to 40 ms. One a thread: pyproj's are not to be shared."""
    import pyproj  # slow to import: who only reads what a model says of its place needs none

    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def georeference(
    facts: Facts, far: tuple[float, float] | None, stated_site: tuple[float, float] | None
) -> Georeference:
    """Where a file says that it stands. `far`: a typical placement beyond `FAR_M`; `stated_site`: (lon, lat) given."""
    for conversion in facts.map_conversions:
        for found in _by_conversion(conversion, facts.length_unit_m or 1.0, far):
            if found.status == "twice" or found.is_on_earth():
                return found
    notes = [_refused(each) for each in facts.map_conversions]
    if far is not None:
        notes.append(f"placements lie near ({far[0]:.0f}, {far[1]:.0f}) m, map coordinates without a CRS")
    if stated_site is not None:
        return _around("stated", stated_site, (0.0, 1.0), notes)
    if facts.site is not None and (far is None or math.dist(far, facts.site.origin_m[:2]) < FAR_M):
        site = facts.site
        point = (site.lon_deg, site.lat_deg)
        return _around("site_position", point, site.true_north, notes, site.origin_m, site.elevation_m)
    return Georeference("none", notes=notes)


def known_crs(name: str | None) -> pyproj.CRS | None:
    """The CRS that a name means: `EPSG:3826`, `3826`, `EPSG:32760 - WGS 84 / UTM zone 60S`, `TWD97 / TM2 zone 121`."""
    if not name:
        return None
    import pyproj

    code = re.search(r"EPSG\W*(\d{4,6})", name, re.IGNORECASE) or re.fullmatch(r"\s*(\d{4,6})\s*", name)
    try:
        return pyproj.CRS.from_epsg(int(code.group(1))) if code else pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError:
        return None


def _refused(conversion: MapConversion) -> str:
    crs = known_crs(conversion.crs)
    if crs is None or (crs.is_geographic and conversion.source != _RIGID):
        return f"{conversion.source} names no known map ({conversion.crs!r}); give an EPSG code such as EPSG:3826"
    place = f"({conversion.eastings:g}, {conversion.northings:g})"
    return f"{conversion.source} puts the model at {place}, which is no place on the map {conversion.crs!r}"


def _by_conversion(
    conversion: MapConversion, length_unit_m: float, far: tuple[float, float] | None
) -> Iterator[Georeference]:
    """How a conversion may be meant, the likelier first: without a map unit its numbers are in the map's own, but
    exporters write them in the file's."""
    crs = known_crs(conversion.crs)
    if crs is None:
        return
    if crs.is_geographic:
        if conversion.source == _RIGID and (lon_lat := _lon_lat(conversion, crs)) is not None:
            yield _around("rigid_operation", lon_lat, (0.0, 1.0), [], elevation_m=conversion.height)
        return
    unit_m = crs.axis_info[0].unit_conversion_factor
    stated_m = conversion.map_unit_m
    for map_unit_m in (stated_m,) if stated_m is not None else dict.fromkeys((unit_m, length_unit_m)):
        yield _on_map(conversion, crs, unit_m, map_unit_m, length_unit_m, far)


def _lon_lat(conversion: MapConversion, crs: pyproj.CRS) -> tuple[float, float] | None:
    """The point of a geographic CRS by the order of its axes (EPSG: latitude first); the other way round where only
    that is a point."""
    first, second = conversion.eastings, conversion.northings
    is_latitude_first = crs.axis_info[0].direction == "north"
    ways = ((second, first), (first, second)) if is_latitude_first else ((first, second), (second, first))
    return next(((lon, lat) for lon, lat in ways if abs(lat) <= 90.0 and abs(lon) <= 180.0), None)


def _on_map(
    conversion: MapConversion,
    crs: pyproj.CRS,
    unit_m: float,
    map_unit_m: float,
    length_unit_m: float,
    far: tuple[float, float] | None,
) -> Georeference:
    notes: list[str] = []
    if not math.isclose(map_unit_m, 1.0):
        notes.append(f"map unit is {map_unit_m:g} m")
    name = f"EPSG:{code}" if (code := crs.to_epsg()) else crs.to_string()
    if far is not None:
        notes.append("georeferenced twice: the placements hold map coordinates too; the map conversion is not applied")
        return Georeference("twice", name, crs_unit_m=unit_m, notes=notes)
    length = math.hypot(conversion.abscissa, conversion.ordinate) or 1.0
    factors = dict.fromkeys(conversion.factors)
    scales = [_scale(conversion.scale * factor, map_unit_m / length_unit_m, notes) for factor in factors]
    of_x, of_y = scales[0], scales[-1]
    return Georeference(
        _STATUS[conversion.source],
        name,
        conversion.eastings * map_unit_m,
        conversion.northings * map_unit_m,
        conversion.height * map_unit_m,
        conversion.abscissa / length,
        conversion.ordinate / length,
        of_x,
        unit_m,
        notes,
        None if of_x == of_y else of_y,
    )


def _scale(stated: float, change_of_unit: float, notes: list[str]) -> float:
    """Metres on the map per metre of the model. The standard's Scale includes the change of unit; exporters differ."""
    strict = stated * change_of_unit
    for scale in (strict, stated):
        if abs(scale - 1.0) <= _SCALE_TOLERANCE:
            return scale
    notes.append(f"Scale {stated:g} is neither near 1 nor a change of unit; taken as 1")
    return 1.0


def _around(
    status: str,
    lon_lat: tuple[float, float],
    north: tuple[float, float],
    notes: list[str],
    at_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
    elevation_m: float = 0.0,
) -> Georeference:
    """A plane around a point, which lies at `at_m` in the model: azimuthal equidistant, its y axis turned to true
    north."""
    length = math.hypot(*north) or 1.0
    cos, sin = north[1] / length, north[0] / length
    x_m, y_m, z_m = at_m
    crs = f"+proj=aeqd +lat_0={lon_lat[1]:.9f} +lon_0={lon_lat[0]:.9f} +datum=WGS84 +units=m +type=crs"
    east_m, north_m = x_m * cos - y_m * sin, x_m * sin + y_m * cos
    return Georeference(status, crs, -east_m, -north_m, elevation_m - z_m, cos, sin, notes=notes)
