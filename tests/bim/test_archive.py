"""The archive gives back the model that was put in, and only a whole one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from bim import archive, errors
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker


class _NoWorker(Worker):
    def run(self, *_: object, **__: object) -> object:  # type: ignore[override]
        raise AssertionError("the file was parsed again")


def _same(one: BuildingModel, other: BuildingModel) -> bool:
    tables = all(one.tables[name].equals(other.tables[name]) for name in one.tables)
    meshes = np.array_equal(one.meshes.vertices, other.meshes.vertices)
    return tables and meshes and np.array_equal(one.meshes.placement, other.meshes.placement)


def test_the_second_load_is_the_first_without_parsing(authored: Path, tmp_path: Path, worker: Worker) -> None:
    cold = load(authored, archive_dir=tmp_path, worker=worker)
    warm = load(authored, archive_dir=tmp_path, worker=_NoWorker())
    assert _same(cold, warm)
    assert (warm.georeference, warm.coverage, warm.file) == (cold.georeference, cold.coverage, cold.file)


def test_the_archive_keeps_the_file_itself(authored: Path, tmp_path: Path, worker: Worker) -> None:
    model = load(authored, archive_dir=tmp_path, worker=worker)
    assert archive.source(tmp_path, model.sha256).read_bytes() == authored.read_bytes()
    assert _same(archive.read(tmp_path, model.sha256), model)


def test_the_same_bytes_under_another_name_are_the_same_model(authored: Path, tmp_path: Path, worker: Worker) -> None:
    load(authored, archive_dir=tmp_path / "archive", worker=worker)
    renamed = tmp_path / "renamed.ifc"
    renamed.write_bytes(authored.read_bytes())
    assert load(renamed, archive_dir=tmp_path / "archive", worker=_NoWorker()).dwellings.height == 60


def test_another_statement_is_another_reading(shared_data: Path, tmp_path: Path, worker: Worker) -> None:
    path = shared_data / "ifc" / "MULTICOM-balkons.ifc"
    assert load(path, archive_dir=tmp_path, worker=worker).georeference.status == "none"
    stated = load(path, archive_dir=tmp_path, worker=worker, site=(121.5, 25.0))
    assert stated.georeference.status == "stated"
    assert stated.footprints["polygon"].null_count() == 0


def test_what_is_not_in_the_archive_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(errors.ArchiveError, match="no model here"):
        archive.read(tmp_path, "0" * 64)


def test_a_damaged_table_is_said_so(authored: Path, tmp_path: Path, worker: Worker) -> None:
    model = load(authored, archive_dir=tmp_path, worker=worker)
    (archive.place(tmp_path, model.sha256) / "tables" / "spaces.parquet").write_bytes(b"PAR1")
    with pytest.raises(errors.ArchiveError, match="spaces is damaged"):
        _ = archive.read(tmp_path, model.sha256).spaces


def test_an_archive_that_cannot_be_written_is_said_so(authored: Path, tmp_path: Path, worker: Worker) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(errors.ArchiveUnavailableError, match="cannot be kept"):
        load(authored, archive_dir=tmp_path / "file", worker=worker)


def test_nothing_half_written_is_left(authored: Path, tmp_path: Path, worker: Worker) -> None:
    model = load(authored, archive_dir=tmp_path, worker=worker)
    assert [path.name for path in tmp_path.iterdir()] == [model.sha256[:2]]


def test_a_model_of_an_older_layout_gets_the_tables_it_lacks_and_keeps_the_others(
    authored: Path, tmp_path: Path, worker: Worker
) -> None:
    model = load(authored, archive_dir=tmp_path, worker=worker)
    folder = archive.place(tmp_path, model.sha256)
    (folder / "tables" / "systems.parquet").unlink()
    kept = (folder / "tables" / "devices.parquet").stat().st_mtime_ns
    report = msgspec.json.decode((folder / "report.json").read_bytes())
    (folder / "report.json").write_bytes(msgspec.json.encode(report | {"layout": archive.LAYOUT - 1}))
    old = archive.read(tmp_path, model.sha256)
    assert old.tables["systems"].equals(model.tables["systems"])
    assert (folder / "tables" / "devices.parquet").stat().st_mtime_ns == kept
    assert not list((folder / "tables").glob(".*"))
