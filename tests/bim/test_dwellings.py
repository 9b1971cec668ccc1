"""Which spaces are a dwelling's rooms, what stands in it, and how large it is said to be."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from bim.check.requirements import meter_findings
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from tests.bim.sketch import Sketch

SCHEMAS = ["IFC2X3", "IFC4", "IFC4X3_ADD2"]


def _field(shared_data: Path, name: str, worker: Worker) -> BuildingModel:
    return load(shared_data / "field" / "bim" / f"{name}.ifc", worker=worker)


def _meters(model: BuildingModel) -> dict[str, str | None]:
    """Meter → name of its dwelling."""
    homes = dict(model.dwellings.select("dwelling_id", "name").iter_rows())
    found = model.devices.filter(pl.col("kind").str.ends_with("_meter")).select("name", "dwelling_id")
    return {name: homes.get(key) for name, key in found.iter_rows()}


def _homes(model: BuildingModel) -> list[tuple[str, int]]:
    return sorted(model.dwellings.select("name", "rooms").iter_rows())


def _meter(sketch: Sketch, name: str) -> object:
    if sketch.schema == "IFC2X3":
        found = sketch.element("IfcFlowController", name)
        kind = sketch.root("IfcFlowMeterType", "T", PredefinedType="ELECTRICMETER")
        sketch.root("IfcRelDefinesByType", RelatedObjects=[found], RelatingType=kind)
        return found
    return sketch.element("IfcFlowMeter", name, PredefinedType="ENERGYMETER")


def test_a_spatial_zone_is_a_dwelling_of_the_spaces_it_refers_to(shared_data: Path, worker: Worker) -> None:
    model = _field(shared_data, "dwelling-spatialzone", worker)
    storey = model.storeys["storey_id"][0]
    (home,) = model.dwellings.rows(named=True)
    assert (home["name"], home["rooms"], home["area_m2"], home["storey_id"]) == ("A1", 2, pytest.approx(28.0), storey)
    assert _meters(model) == {"電表": "A1"}


def test_meters_in_a_cabinet_and_on_a_board_are_of_the_dwelling_around(shared_data: Path, worker: Worker) -> None:
    model = _field(shared_data, "meter-in-assembly", worker)
    assert _meters(model) == {"em": "A1", "wm": "A1"}
    assert model.devices["storey_id"].null_count() == 0
    found = meter_findings(model).filter(pl.col("dwelling_id").is_not_null())
    assert found["kind"].to_list() == ["gas_meter"]


def test_a_fire_zone_is_no_dwelling_whatever_it_is_called(shared_data: Path, worker: Worker) -> None:
    model = _field(shared_data, "zone-fire-named-dwelling", worker)
    assert _homes(model) == [("Apartment 0", 1), ("Apartment 1", 1), ("Apartment 2", 1)]


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_meter_is_where_the_wholes_around_it_are(schema: str, depth: int, tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch(schema)
    room = sketch.space("A", sketch.storey("1F", 0))
    sketch.zone("A1", room, ObjectType="Dwelling")
    whole = sketch.element("IfcElementAssembly", "cabinet", size=None)
    sketch.contain(room, whole)
    for nth in range(depth):
        inner = sketch.element("IfcElementAssembly", f"box {nth}", size=None)
        (sketch.nest if nth % 2 else sketch.aggregate)(whole, inner)
        whole = inner
    sketch.nest(whole, _meter(sketch, "em"))
    model = sketch.load(tmp_path, worker)
    assert _meters(model) == {"em": "A1"}
    assert model.devices.filter(name="em")["storey_id"][0] is not None


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_part_that_the_storey_holds_is_still_of_the_dwelling_of_its_whole(
    schema: str, tmp_path: Path, worker: Worker
) -> None:
    sketch = Sketch(schema)
    storey = sketch.storey("1F", 0)
    room = sketch.space("A", storey)
    sketch.zone("A1", room, ObjectType="Dwelling")
    cabinet, meter, loose = sketch.element("IfcElementAssembly", "c", size=None), *(_meter(sketch, n) for n in "ab")
    sketch.contain(room, cabinet)
    sketch.aggregate(cabinet, meter)
    sketch.contain(storey, meter, loose)
    assert _meters(sketch.load(tmp_path, worker)) == {"a": "A1", "b": None}


@pytest.mark.parametrize("schema", SCHEMAS[1:])
@pytest.mark.parametrize("how", ["refer", "aggregate", "contain"])
def test_a_spatial_zone_tells_its_spaces_in_several_ways(schema: str, how: str, tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch(schema)
    room = sketch.space("A", sketch.storey("1F", 0))
    zone = sketch.root("IfcSpatialZone", "A1", ObjectType="住宅單元", PredefinedType="OCCUPANCY")
    meter = _meter(sketch, "em")
    getattr(sketch, how)(zone, room)
    sketch.contain(zone, meter)
    sketch.root("IfcSpatialZone", "住宅防火區", PredefinedType="FIRESAFETY")
    model = sketch.load(tmp_path, worker)
    assert _homes(model) == [("A1", 1)]
    assert _meters(model) == {"em": "A1"}
    assert model.devices["storey_id"].to_list() == model.storeys["storey_id"].to_list()
    assert model.spaces["storey_id"].null_count() == 0


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_space_that_is_a_dwelling_has_the_spaces_in_it_for_rooms(schema: str, tmp_path: Path, worker: Worker) -> None:
    """Given a flat of two rooms, one named as a part of the flat, then one dwelling of two rooms and their area."""
    sketch = Sketch(schema)
    flat = sketch.space("Apartment A1", sketch.storey("1F", 0), size=None)
    kitchen = sketch.space("Apartment A1 kitchen", flat, (0, 0, 0), (4, 3, 3))
    sketch.space("bath", flat, (5, 0, 0), (2, 2, 3))
    meter = _meter(sketch, "em")
    sketch.contain(kitchen, meter)
    model = sketch.load(tmp_path, worker)
    (home,) = model.dwellings.rows(named=True)
    assert (home["name"], home["rooms"], home["area_m2"]) == ("Apartment A1", 2, pytest.approx(16.0))
    assert _meters(model) == {"em": "Apartment A1"}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_zone_of_dwellings_is_none_itself(schema: str, tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch(schema)
    storey = sketch.storey("1F", 0)
    rooms = [sketch.space(name, storey, (5 * nth, 0, 0)) for nth, name in enumerate("ab")]
    flats = [sketch.zone(f"住戶 {room.Name}", room) for room in rooms]
    block = sketch.zone("住宅區", *flats)
    sketch.zone("Fire compartment of the apartments", block, *rooms)
    sketch.zone("thermal zone, flat a", rooms[0], ObjectType="Dwelling thermal zone")
    assert _homes(sketch.load(tmp_path, worker)) == [("住戶 a", 1), ("住戶 b", 1)]


def test_the_area_of_a_dwelling_says_which_rooms_it_lacks(tmp_path: Path, worker: Worker) -> None:
    """Given dwellings of rooms that are measured, drawn and neither, then each tells of how many rooms its area is."""
    sketch = Sketch()
    storey = sketch.storey("1F", 0)
    measured, said, drawn, unknown, none = (
        sketch.space(name, storey, (5 * nth, 0, 0), (4, 4, 3) if name == "drawn" else None)
        for nth, name in enumerate(("measured", "said", "drawn", "unknown", "none"))
    )
    sketch.measure(measured, NetFloorArea=10.0)
    sketch.describe(said, "Dimensions", Area=("IfcAreaMeasure", 7.0))
    for name, rooms in {"mixed": (measured, drawn), "partial": (said, unknown), "null": (none,), "empty": ()}.items():
        sketch.zone(name, *rooms, ObjectType="Dwelling")
    own = sketch.zone("own", ObjectType="Dwelling")
    sketch.measure(own, GrossFloorArea=55.0)
    columns = ("area_m2", "area_source", "rooms", "rooms_measured", "area_is_partial")
    found = {name: row for name, *row in sketch.load(tmp_path, worker).dwellings.select("name", *columns).iter_rows()}
    assert found["mixed"] == [pytest.approx(26.0), "mixed", 2, 2, False]
    assert found["partial"] == [7.0, "property", 2, 1, True]
    assert found["null"] == [None, None, 1, 0, None]
    assert found["empty"] == [None, None, 0, 0, None]
    assert found["own"] == [55.0, "quantity", 0, 0, False]


def test_an_area_of_a_space_stands_for_the_rooms_in_it_that_have_none(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch()
    flat = sketch.space("flat", sketch.storey("1F", 0), size=None)
    for name, area_m2 in (("a", None), ("b", 4.0)):
        room = sketch.space(name, flat, size=None)
        if area_m2 is not None:
            sketch.measure(room, NetFloorArea=area_m2)
    sketch.measure(flat, NetFloorArea=30.0)
    sketch.zone("A1", flat, ObjectType="Dwelling")
    (home,) = sketch.load(tmp_path, worker).dwellings.rows(named=True)
    assert (home["area_m2"], home["rooms"], home["area_is_partial"]) == (30.0, 2, False)
