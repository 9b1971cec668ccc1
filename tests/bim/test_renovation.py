"""The sample renovation is a revision whose every change the diff finds."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from bim import changes, revision
from bim.author import author_building
from bim.check.checking import check
from bim.load import load
from bim.model import BuildingModel
from bim.renovation import WALLS_REMOVED, renovate
from tests.bim.conftest import SPEC


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[BuildingModel, BuildingModel, Path]:
    """A building before and after, and the file of the latter."""
    folder = tmp_path_factory.mktemp("renovation")
    before, after = folder / "before.ifc", folder / "after.ifc"
    author_building(SPEC, before)
    renovate(before, after)
    return load(before, archive_dir=folder), load(after, archive_dir=folder), after


def test_every_change_is_found_and_nothing_else(models: tuple[BuildingModel, BuildingModel, Path]) -> None:
    before, after, _ = models

    table = changes.table(before, after, revision.diff(before, after))

    found = {(kind, ifc_class) for kind, ifc_class in table.select("kind", "ifc_class").rows()}
    assert found == {
        ("added", "IfcElectricAppliance"),
        ("removed", "IfcWall"),
        ("changed", "IfcDoor"),
        ("changed", "IfcSpace"),
        ("moved", "IfcElectricFlowStorageDevice"),
    }
    assert table.filter(kind="removed").height == WALLS_REMOVED
    chargers = before.devices.filter(kind="ev_charger").height
    assert after.devices.filter(kind="ev_charger").height == 2 * chargers > 0
    assert set(table.filter(kind="changed", ifc_class="IfcDoor")["after"]) == {"true"}


def test_whatever_stays_is_drawn_as_before(models: tuple[BuildingModel, BuildingModel, Path]) -> None:
    before, after, _ = models

    shapes = changes.shapes(before, after, revision.diff(before, after))

    drawn = shapes.filter(pl.col("kind") == "unchanged").group_by("side").len()
    assert dict(drawn.rows())["before"] == dict(drawn.rows())["after"] > 0
    assert shapes.filter(kind="removed", side="after").is_empty()
    assert shapes.filter(kind="added", side="before").is_empty()


def test_the_renovated_building_still_meets_the_citys_requirements(
    models: tuple[BuildingModel, BuildingModel, Path],
) -> None:
    _, after, path = models

    assert check(after, path).passed
