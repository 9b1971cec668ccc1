#!/usr/bin/env bash
# pyproj 3.7.2 (PROJ 9.5.1): TWD67 / TM2 zone 121 (EPSG:3828), in which Taiwan's older maps, cadastres and building permits
# are drawn, comes to TWD97 / TM2 (EPSG:3826) with its published datum shift, but to WGS 84 (EPSG:4326) or geographic TWD97
# (EPSG:3824) with none: the same point lies 852 m apart by the two ways. The transformer says neither warning nor error;
# only accuracy -1 and the word "Ballpark" in its description tell. allow_ballpark=False raises. The good guess, "transform
# straight to WGS 84", is the wrong one; by way of EPSG:3826 it is right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyproj==3.7.2
"$work/venv/bin/python" - <<'PY'
import warnings

import pyproj
from pyproj import Geod, Transformer
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

print("pyproj", pyproj.__version__, "PROJ", pyproj.proj_version_str)
east, north = 302_000.0, 2_770_000.0  # TWD67 / TM2 zone 121, in the middle of Taipei
with warnings.catch_warnings():
    warnings.simplefilter("error")
    straight = Transformer.from_crs(3828, 4326, always_xy=True)
    known = Transformer.from_crs(3828, 3826, always_xy=True)
    beyond = Transformer.from_crs(3826, 4326, always_xy=True)
    group = TransformerGroup(3828, 4326, always_xy=True)
one = straight.transform(east, north)
shifted = known.transform(east, north)
two = beyond.transform(*shifted)
apart_m = Geod(ellps="GRS80").inv(*one, *two)[2]
print("straight to WGS 84   ", one, "|", straight.description, "| accuracy", straight.accuracy)
print("by way of TWD97 / TM2", two, "|", known.description, "| shift", shifted[0] - east, shifted[1] - north)
print(f"apart {apart_m:.0f} m; best available: {group.best_available}; unavailable: {len(group.unavailable_operations)}")
assert 840 < apart_m < 865, apart_m
assert "Ballpark" in straight.description and straight.accuracy == -1
assert group.best_available and not group.unavailable_operations
assert abs(shifted[0] - east - 828.6) < 1 and abs(shifted[1] - north + 206.9) < 1
try:
    Transformer.from_crs(3828, 4326, always_xy=True, allow_ballpark=False)
except ProjError as error:
    print("allow_ballpark=False:", error)
else:
    raise AssertionError("allow_ballpark=False finds a way now")
PY
