"""Where a model stands, from whatever a file says, and how two ways of saying it agree."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim.facts import Facts, MapConversion, SitePosition
from bim.georeference import georeference, known_crs
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from tests.bim.sketch import Sketch

TAIPEI = (311_000.0, 2_771_900.0)


def _facts(*conversions: MapConversion, length_unit_m: float = 1.0, site: SitePosition | None = None) -> Facts:
    return Facts([], {}, {}, {}, [], [], {}, [], [], [], length_unit_m, list(conversions), site, 0, 0)


def _conversion(scale: float = 1.0, map_unit_m: float | None = None, crs: str = "EPSG:3826") -> MapConversion:
    per = map_unit_m or 1.0
    return MapConversion("IfcMapConversion", crs, TAIPEI[0] / per, TAIPEI[1] / per, 0.0, 0.8, 0.6, scale, map_unit_m)


@pytest.mark.parametrize(
    "name", ["EPSG:3826", "epsg 3826", "3826", "EPSG:3826 - TWD97 / TM2 zone 121", "TWD97 / TM2 zone 121"]
)
def test_a_crs_is_known_by_many_names(name: str) -> None:
    crs = known_crs(name)
    assert crs is not None
    assert crs.to_epsg() == 3826


@pytest.mark.parametrize("name", [None, "", "local grid", "EPSG:999999", "工程座標"])
def test_an_unknown_crs_is_none(name: str | None) -> None:
    assert known_crs(name) is None


@given(x_m=st.floats(-500, 500), y_m=st.floats(-500, 500))
def test_distances_survive_the_way_to_the_map(x_m: float, y_m: float) -> None:
    where = georeference(_facts(_conversion()), None, None)
    lon_lat = where.lon_lat(np.array([[0.0, 0.0], [x_m, y_m]]))
    assert lon_lat is not None
    middle = math.radians(lon_lat[0, 1])
    east_m = (lon_lat[1, 0] - lon_lat[0, 0]) * 111_320 * math.cos(middle)
    north_m = (lon_lat[1, 1] - lon_lat[0, 1]) * 110_780
    assert math.hypot(east_m, north_m) == pytest.approx(math.hypot(x_m, y_m), rel=0.005, abs=0.01)


@pytest.mark.parametrize(
    ("length_unit_m", "map_unit_m", "scale"),
    [(1.0, None, 1.0), (0.001, None, 0.001), (0.001, None, 1.0), (0.001, 0.001, 1.0), (0.3048, None, 0.3048)],
)
def test_every_way_of_writing_the_units_gives_the_same_place(
    length_unit_m: float, map_unit_m: float | None, scale: float
) -> None:
    plain = georeference(_facts(_conversion()), None, None)
    written = georeference(_facts(_conversion(scale, map_unit_m), length_unit_m=length_unit_m), None, None)
    corner = np.array([[30.0, 40.0]])
    assert np.allclose(np.asarray(plain.lon_lat(corner)), np.asarray(written.lon_lat(corner)), atol=1e-9)


def test_a_model_georeferenced_twice_is_placed_once() -> None:
    where = georeference(_facts(_conversion()), TAIPEI, None)
    assert where.status == "twice"
    assert any("twice" in note for note in where.notes)
    lon_lat = where.lon_lat(np.array([TAIPEI]))
    assert lon_lat is not None
    assert np.allclose(lon_lat, (121.604, 25.054), atol=0.002)


def test_without_a_word_there_is_no_place() -> None:
    where = georeference(_facts(), None, None)
    assert where.status == "none"
    assert where.lon_lat(np.zeros((1, 2))) is None


def test_what_the_caller_states_comes_before_the_site_and_after_the_map() -> None:
    site = SitePosition(8.4, 49.1, (0.0, 1.0))
    assert georeference(_facts(site=site), None, None).status == "site_position"
    stated = georeference(_facts(site=site), None, (121.5, 25.0))
    assert stated.status == "stated"
    assert np.allclose(np.asarray(stated.lon_lat(np.zeros((1, 2)))), (121.5, 25.0))
    assert georeference(_facts(_conversion(), site=site), None, (121.5, 25.0)).status == "map_conversion"


def test_true_north_turns_the_plane_around_a_site() -> None:
    """The model's y axis points to the east when true north is its minus x axis."""
    where = georeference(_facts(site=SitePosition(121.5, 25.0, (-1.0, 0.0))), None, None)
    lon_lat = np.asarray(where.lon_lat(np.array([[0.0, 0.0], [0.0, 100.0]])))
    assert lon_lat[1, 0] > lon_lat[0, 0] + 0.0009
    assert lon_lat[1, 1] == pytest.approx(lon_lat[0, 1], abs=1e-6)


@given(x_m=st.floats(-5e4, 5e4), y_m=st.floats(-5e4, 5e4), turn_deg=st.floats(-180, 180), lat_deg=st.floats(-60, 60))
def test_the_site_lies_at_its_latitude_wherever_it_is_placed(
    x_m: float, y_m: float, turn_deg: float, lat_deg: float
) -> None:
    """What lies around the site is where it would be if the site were the model's zero."""
    north = (math.sin(math.radians(turn_deg)), math.cos(math.radians(turn_deg)))
    near = np.array([[0.0, 0.0], [30.0, -40.0]])
    at_zero = georeference(_facts(site=SitePosition(121.5, lat_deg, north)), None, None)
    moved = georeference(_facts(site=SitePosition(121.5, lat_deg, north, (x_m, y_m, 3.0))), None, None)
    expected, found = at_zero.lon_lat(near), moved.lon_lat(near + np.array([x_m, y_m]))
    assert expected is not None
    assert found is not None
    assert np.allclose(expected[0], (121.5, lat_deg))
    assert np.allclose(expected, found, atol=1e-9)


def test_a_site_that_holds_map_coordinates_lies_at_its_latitude() -> None:
    far = (*TAIPEI, 0.0)
    at_site = georeference(_facts(site=SitePosition(121.5, 25.0, (0.0, 1.0), far)), TAIPEI, None)
    assert np.allclose(np.asarray(at_site.lon_lat(np.array([TAIPEI]))), (121.5, 25.0))
    elsewhere = georeference(_facts(site=SitePosition(121.5, 25.0, (0.0, 1.0))), TAIPEI, None)
    assert elsewhere.status == "none"


def _corner(model: BuildingModel) -> list[float]:
    corners = model.footprints.filter(kind="space")["polygon"][0].to_list()
    return min(corners, key=sum)


def test_an_offset_site_is_where_it_says(shared_data: Path, worker: Worker) -> None:
    model = load(shared_data / "field" / "bim" / "site-offset-latlon.ifc", worker=worker)
    assert _corner(model) == pytest.approx([121.55, 25.0 + 2 / 60], abs=1e-6)


def test_a_rigid_operation_places_a_model(shared_data: Path, worker: Worker) -> None:
    model = load(shared_data / "field" / "bim" / "georef-rigid-operation.ifc", worker=worker)
    where = model.georeference
    assert (where.status, where.origin_e_m, where.origin_n_m, where.height_m) == ("rigid_operation", 302e3, 2770e3, 5.0)
    assert _corner(model) == pytest.approx([121.5153, 25.0372], abs=1e-4)


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
@pytest.mark.parametrize("minutes", [(-33, -51, -25, -250000), (-33, 51, 25, 250000)])
@pytest.mark.parametrize("prefix", [None, "MILLI"])
def test_a_site_turned_and_south_of_the_equator(
    schema: str, minutes: tuple[int, ...], prefix: str | None, tmp_path: Path, worker: Worker
) -> None:
    """Given a site placed afar and turned, then the space at its origin is at its latitude."""
    sketch = Sketch(schema, length=prefix)
    metre = 1e-3 if prefix else 1.0
    sketch.site.ObjectPlacement = sketch.placed((1000 / metre, 500 / metre, 0), x=(0.6, 0.8, 0.0))
    sketch.building.ObjectPlacement = sketch.placed((0, 0, 0), sketch.site)
    sketch.site.RefLatitude, sketch.site.RefLongitude = minutes, (151, 12, 30)
    sketch.site.RefElevation = 12.0 / metre
    sketch.space("101", sketch.storey("1F", 0.0), size=(4 / metre, 4 / metre, 3 / metre))
    model = sketch.load(tmp_path, worker)
    ring = model.footprints.filter(kind="space")["polygon"][0].to_list()
    lat_deg, lon_deg = -(33 + 51 / 60 + 25.25 / 3600), 151 + 12.5 / 60
    assert min(math.dist(corner, (lon_deg, lat_deg)) for corner in ring) < 1e-8
    assert model.georeference.height_m == pytest.approx(12.0)


US_FOOT_M = 1200 / 3937


@pytest.mark.parametrize("unit", [None, "METRE", "US SURVEY FOOT", "foot"])
def test_a_conversion_in_property_sets_counts_in_the_unit_it_names(
    unit: str | None, tmp_path: Path, worker: Worker
) -> None:
    """Given ePSet_MapConversion of IFC2X3 in metres or feet, then the same place."""
    factor = {"US SURVEY FOOT": US_FOOT_M, "foot": 0.3048}.get(unit or "", 1.0)
    sketch = Sketch("IFC2X3")
    sketch.space("101", sketch.storey("1F", 0.0))
    place: dict[str, Any] = {
        "Eastings": ("IfcLengthMeasure", TAIPEI[0] / factor),
        "Northings": ("IfcLengthMeasure", TAIPEI[1] / factor),
    }
    sketch.describe(sketch.site, "ePSet_MapConversion", **place)
    named = {"Name": "EPSG:3826"} | ({} if unit is None else {"MapUnit": unit})
    sketch.describe(sketch.site, "ePSet_ProjectedCRS", **named)
    where = sketch.load(tmp_path, worker).georeference
    assert (where.status, where.crs) == ("pset_map_conversion", "EPSG:3826")
    assert (where.origin_e_m, where.origin_n_m) == pytest.approx(TAIPEI)


def test_eastings_in_the_files_millimetres_are_read_as_such() -> None:
    """Without a map unit the map's own is tried first; where that is no place, the file's is meant."""
    conversion = MapConversion("IfcMapConversion", "EPSG:3826", 311e6, 2771.9e6, 0.0, 1.0, 0.0, 1.0, None)
    where = georeference(_facts(conversion, length_unit_m=1e-3), None, None)
    assert (where.status, where.origin_e_m, where.origin_n_m) == ("map_conversion", 311e3, 2771.9e3)


@pytest.mark.parametrize(("first", "second"), [(25.0, 121.5), (121.5, 25.0)])
def test_a_rigid_operation_on_a_geographic_crs_is_a_point(first: float, second: float) -> None:
    conversion = MapConversion("IfcRigidOperation", "EPSG:4326", first, second, 7.0, 1.0, 0.0, 1.0, None)
    where = georeference(_facts(conversion), None, None)
    assert (where.status, where.height_m) == ("rigid_operation", 7.0)
    assert np.allclose(np.asarray(where.lon_lat(np.zeros((1, 2)))), (121.5, 25.0))


def _operation(sketch: Sketch, ifc_class: str, crs: Any, **values: Any) -> None:
    sketch.make(ifc_class, SourceCRS=sketch.context, TargetCRS=crs, **values)


def test_operations_of_ifc4x3_are_read_with_their_units(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch("IFC4X3_ADD2", length="MILLI")
    sketch.space("101", sketch.storey("1F", 0.0), size=(4000, 4000, 3000))
    feet = sketch.unit("LENGTHUNIT", "METRE", ("US SURVEY FOOT", US_FOOT_M))
    crs = sketch.make("IfcProjectedCRS", Name="EPSG:3826", MapUnit=feet)
    first, second = (sketch.value(("IfcLengthMeasure", each / US_FOOT_M)) for each in TAIPEI)
    _operation(sketch, "IfcRigidOperation", crs, FirstCoordinate=first, SecondCoordinate=second, Height=0.0)
    where = sketch.load(tmp_path, worker).georeference
    assert where.status == "rigid_operation"
    assert (where.origin_e_m, where.origin_n_m, where.scale) == (*map(pytest.approx, TAIPEI), 1.0)


def test_an_angle_of_a_rigid_operation_is_in_the_unit_of_its_crs(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch("IFC4X3_ADD2")
    degree = sketch.unit("PLANEANGLEUNIT", "RADIAN", ("degree", math.pi / 180))
    crs = sketch.make("IfcGeographicCRS", Name="EPSG:4326", AngleUnit=degree)
    first, second = (sketch.value(("IfcPlaneAngleMeasure", each)) for each in (25.0, 121.5))
    _operation(sketch, "IfcRigidOperation", crs, FirstCoordinate=first, SecondCoordinate=second, Height=0.0)
    where = sketch.load(tmp_path, worker).georeference
    assert np.allclose(np.asarray(where.lon_lat(np.zeros((1, 2)))), (121.5, 25.0))


def test_a_scaled_conversion_scales_each_axis(tmp_path: Path, worker: Worker) -> None:
    """E = E0 + s·fx·cos θ·x − s·fy·sin θ·y, N = N0 + s·fx·sin θ·x + s·fy·cos θ·y (IFC4X3, IfcMapConversionScaled)."""
    sketch = Sketch("IFC4X3_ADD2", length="MILLI")
    crs = sketch.make("IfcProjectedCRS", Name="EPSG:3826")
    _operation(
        sketch, "IfcMapConversionScaled", crs, Eastings=TAIPEI[0], Northings=TAIPEI[1], OrthogonalHeight=0.0,
        XAxisAbscissa=0.8, XAxisOrdinate=0.6, Scale=0.001, FactorX=0.9996, FactorY=1.0004, FactorZ=1.0,
    )  # fmt: skip
    where = sketch.load(tmp_path, worker).georeference
    x_m, y_m = 1000.0, 2000.0
    plain = georeference(_facts(_conversion()), None, None)
    easting_m = 0.9996 * 0.8 * x_m - 1.0004 * 0.6 * y_m
    northing_m = 0.9996 * 0.6 * x_m + 1.0004 * 0.8 * y_m
    back = np.array([[0.8 * easting_m + 0.6 * northing_m, 0.8 * northing_m - 0.6 * easting_m]])
    assert np.allclose(np.asarray(where.lon_lat(np.array([[x_m, y_m]]))), np.asarray(plain.lon_lat(back)), atol=1e-9)
