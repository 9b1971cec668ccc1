"""Three meters per dwelling and per building, counted."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from bim.check.requirements import SCHEMA, meter_findings
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker


def test_authored_housing_keeps_the_rule(block: BuildingModel) -> None:
    found = meter_findings(block)
    assert found.is_empty()
    assert found.schema == SCHEMA


def test_a_meter_without_its_dwelling_is_found_twice(authored: Path, tmp_path: Path, worker: Worker) -> None:
    """A water meter that calls itself a gas meter: one kind is missing, the other doubled."""
    path = tmp_path / "wrong.ifc"
    path.write_text(authored.read_text().replace(".WATERMETER.", ".GASMETER.", 1))
    found = meter_findings(load(path, worker=worker))
    assert found.select("kind", "meters").rows() == [("water_meter", 0), ("gas_meter", 2)]
    assert found["dwelling_id"].n_unique() == 1


def test_a_house_without_meters_misses_its_own_three(shared_data: Path, worker: Worker) -> None:
    found = meter_findings(load(shared_data / "ifc" / "AC20-FZK-Haus.ifc", worker=worker))
    assert found.filter(pl.col("dwelling_id").is_null())["meters"].to_list() == [0, 0, 0]
