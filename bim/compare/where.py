"""What became of a model's georeference: how far its zero moved on the map, and how far it was turned.

The zero of both models is set on the ellipsoid; where both are on one map the distance is the map's.
"""

from __future__ import annotations

from math import atan2, degrees, hypot

import numpy as np
import numpy.typing as npt
import pyproj

from bim.georeference import Georeference
from bim.model import BuildingModel

_SAME_M = 0.001
_SAME_SHARE = 4e-9
"""Of a coordinate: files keep seven to ten digits of northings of millions of metres."""

_SAME_DEG = 1e-5
_SAME_SCALE = 1e-8
_AHEAD_M = 100.0
"""How far from its zero a model's direction is taken."""

Where = tuple[str, str, str]
"""The kind of change, before, after."""


def moved_on_the_map(old: BuildingModel, new: BuildingModel) -> Where | None:
    """None where the models stand at the same place, or are both nowhere."""
    before, after = old.georeference, new.georeference
    if before == after or (_placed(before) == _placed(after) == ""):
        return None
    if before.crs is None or after.crs is None:
        return None if _told(before) == _told(after) else ("changed", _told(before), _told(after))
    flat_m = _apart_m(before, after)
    up_m = after.height_m - before.height_m
    turn = (_turned(after, before) + 180.0) % 360.0 - 180.0
    said = []
    same_m = max(_SAME_M, _SAME_SHARE * max(abs(before.origin_e_m), abs(before.origin_n_m)))
    if flat_m > same_m or abs(up_m) > _SAME_M:
        said.append(f"moved {hypot(flat_m, up_m):.3f} m")
    if abs(turn) > _SAME_DEG:
        said.append(f"turned {turn:.4f}°")
    if abs(after.scale - before.scale) > _SAME_SCALE:
        said.append("scaled")
    if not said and before.crs != after.crs and _is_a_map(before) and _is_a_map(after):
        return "changed", _told(before), _told(after)
    return ("moved", _told(before), f"{_told(after)}: {', '.join(said)}") if said else None


def _is_a_map(where: Georeference) -> bool:
    return not (where.crs or "").startswith("+proj=aeqd")


def _placed(where: Georeference) -> str:
    return "" if where.crs is None and not where.notes else _told(where)


def _told(where: Georeference) -> str:
    if where.crs is None:
        return "; ".join(where.notes) or "none"
    turned = degrees(atan2(where.sin, where.cos))
    direction = f"{turned:.4f}°" if abs(turned) > _SAME_DEG else "0.0°"
    if _is_a_map(where):
        place = f"{where.crs} {where.origin_e_m:.3f} {where.origin_n_m:.3f} {where.height_m:.3f} m"
    else:
        lon, lat = _zero(where)[0]
        place = f"{lat:.9f} {lon:.9f}"
    scale = "" if abs(where.scale - 1.0) < _SAME_SCALE else f" scale {where.scale:.9g}"
    return f"{place} {direction}{scale}"


def _zero(where: Georeference) -> npt.NDArray[np.float64]:
    """(2, 2): longitude and latitude of the model's zero and of a point along its x."""
    found = where.lon_lat(np.array([[0.0, 0.0], [_AHEAD_M, 0.0]]))
    return np.zeros((2, 2)) if found is None else found


def _apart_m(one: Georeference, other: Georeference) -> float:
    if one.crs == other.crs:
        return hypot(other.origin_e_m - one.origin_e_m, other.origin_n_m - one.origin_n_m)
    (lon, lat), (lon_new, lat_new) = _zero(one)[0], _zero(other)[0]
    return float(pyproj.Geod(ellps="WGS84").inv(lon, lat, lon_new, lat_new)[2])


def _turned(after: Georeference, before: Georeference) -> float:
    """Degrees; on one map by its grid, which turns against the north from place to place."""
    if before.crs == after.crs or not (_is_a_map(before) or _is_a_map(after)):
        return degrees(atan2(after.sin, after.cos) - atan2(before.sin, before.cos))
    return _bearing(before) - _bearing(after)


def _bearing(where: Georeference) -> float:
    (lon, lat), (lon_ahead, lat_ahead) = _zero(where)
    return float(pyproj.Geod(ellps="WGS84").inv(lon, lat, lon_ahead, lat_ahead)[0])
