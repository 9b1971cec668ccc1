"""Many files side by side give what each gives alone, in the order asked for."""

from __future__ import annotations

from pathlib import Path

from bim.batch import load_each
from bim.errors import EmptyFileError
from bim.model import BuildingModel


def test_models_and_refusals_come_in_order(shared_data: Path, authored: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.ifc"
    empty.touch()
    paths = [authored, empty, shared_data / "ifc" / "SimpleWall.ifc"]
    first = list(load_each(paths, archive_dir=tmp_path / "archive"))
    assert [each.path for each in first] == paths
    assert isinstance(first[0].result, BuildingModel)
    assert isinstance(first[1].result, EmptyFileError)
    assert [each.told["status"] for each in first] == ["loaded", "refused", "loaded"]
    again = list(load_each(paths, archive_dir=tmp_path / "archive"))
    assert [each.told["elements"] for each in again] == [each.told["elements"] for each in first]


def test_no_files_give_no_outcomes() -> None:
    assert list(load_each([])) == []
