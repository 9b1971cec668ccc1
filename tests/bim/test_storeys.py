"""Storeys lie in the order of their heights, also where no Elevation is stated."""

from __future__ import annotations

from pathlib import Path

import pytest

from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from tests.bim.sketch import Sketch


def _levels(model: BuildingModel) -> list[tuple[str, float | None, int]]:
    return list(model.storeys.select("name", "elevation_m", "storey_order").iter_rows())


def test_a_storey_without_elevation_is_where_it_is_placed(shared_data: Path, worker: Worker) -> None:
    model = load(shared_data / "field" / "bim" / "storey-no-elevation.ifc", worker=worker)
    assert _levels(model) == [("1F", 0.0, 0), ("2F", 3.0, 1)]


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
@pytest.mark.parametrize(("prefix", "metre"), [(None, 1.0), ("MILLI", 1e-3)])
def test_heights_are_above_the_building_below_it_too(
    schema: str, prefix: str | None, metre: float, tmp_path: Path, worker: Worker
) -> None:
    """Given a building 40 m up a hill, storeys stated, placed only, below ground and nested, then one order of all."""
    sketch = Sketch(schema, length=prefix, origin=(0.0, 0.0, 40.0 / metre))
    sketch.storey("2F", 3.5 / metre)
    sketch.storey("B1", -3.2 / metre)
    first = sketch.storey("1F", 0.0, elevation=0.0)
    sketch.storey("3F", 999.0 / metre, elevation=7.0 / metre)
    sketch.storey("1.5F", 1.5 / metre, within=first)
    found = _levels(sketch.load(tmp_path, worker))
    assert [(name, nth) for name, _, nth in found] == [("B1", 0), ("1F", 1), ("1.5F", 2), ("2F", 3), ("3F", 4)]
    assert [level for _, level, _ in found] == pytest.approx([-3.2, 0.0, 1.5, 3.5, 7.0])


def test_storeys_that_are_all_placed_at_one_height_have_none(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch()
    for name in ("2F", "1F"):
        sketch.storey(name, 0.0)
    assert _levels(sketch.load(tmp_path, worker)) == [("2F", None, 0), ("1F", None, 1)]


def test_a_storey_without_a_placement_has_no_height(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch()
    sketch.storey("2F", 3.0)
    sketch.storey("?", 0.0).ObjectPlacement = None
    sketch.storey("1F", 0.0)
    assert _levels(sketch.load(tmp_path, worker)) == [("1F", 0.0, 0), ("2F", 3.0, 1), ("?", None, 2)]


def test_a_placement_that_is_made_of_itself_tells_no_height(tmp_path: Path, worker: Worker) -> None:
    sketch = Sketch()
    storey = sketch.storey("1F", 3.0)
    storey.ObjectPlacement.PlacementRelTo = storey.ObjectPlacement
    assert _levels(sketch.load(tmp_path, worker)) == [("1F", None, 0)]
