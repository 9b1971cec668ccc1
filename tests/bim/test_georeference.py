"""Where a model stands, from whatever a file says, and how two ways of saying it agree."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim.facts import Facts, MapConversion, SitePosition
from bim.georeference import georeference, known_crs

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
