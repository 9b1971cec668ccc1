"""The archive gives back the model that was put in, and only a whole one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from bim import archive, errors
from bim.load import load, reload
from bim.model import BuildingModel
from bim.process import Worker
from bim.revision import diff


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
    with pytest.raises(errors.ArchiveError, match=r"spaces\S* is damaged"):
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
    _aged(tmp_path, model.sha256)
    old = archive.read(tmp_path, model.sha256)
    assert old.tables["systems"].equals(model.tables["systems"])
    assert (folder / "tables" / "devices.parquet").stat().st_mtime_ns == kept
    assert not list((folder / "tables").glob(".*"))


def _aged(archive_dir: Path, sha256: str, **told: object) -> None:
    """Make an entry one of an older reader, which kept no statements, and a path."""
    folder = archive.place(archive_dir, sha256)
    report = msgspec.json.decode((folder / "report.json").read_bytes())
    del report["statements"]
    (folder / "report.json").write_bytes(msgspec.json.encode({**report, "layout": archive.LAYOUT - 1, **told}))
    (folder / "digests.json").unlink()


def test_a_model_has_the_name_of_its_file_and_no_path(authored: Path, tmp_path: Path, worker: Worker) -> None:
    model = load(authored, archive_dir=tmp_path, worker=worker)
    assert model.file == "block.ifc"
    assert str(authored.parent) not in (archive.place(tmp_path, model.sha256) / "report.json").read_text()
    for path in (str(authored), r"C:\Users\someone\block.ifc"):
        _aged(tmp_path, model.sha256, file=path)
        assert archive.read(tmp_path, model.sha256).file == "block.ifc"
        load(authored, archive_dir=tmp_path, worker=worker)


def test_a_model_of_an_older_reader_says_so_and_is_made_anew(authored: Path, tmp_path: Path, worker: Worker) -> None:
    model = load(authored, archive_dir=tmp_path, worker=worker)
    assert archive.older(tmp_path) == []
    _aged(tmp_path, model.sha256, file=str(authored))
    path = archive.place(tmp_path, model.sha256) / "tables" / "dwellings.parquet"
    model.dwellings.head(1).write_parquet(path)
    assert archive.older(tmp_path) == [(model.sha256, "block.ifc", archive.LAYOUT - 1)]
    again = reload(tmp_path, model.sha256, worker=worker)
    assert archive.older(tmp_path) == []
    assert again.file == archive.read(tmp_path, model.sha256).file == "block.ifc"
    assert _same(archive.read(tmp_path, model.sha256), model)
    assert archive.source(tmp_path, model.sha256).read_bytes() == authored.read_bytes()
    assert load(authored, archive_dir=tmp_path, worker=_NoWorker()).sha256 == model.sha256


@pytest.mark.parametrize("is_old", [False, True])
def test_what_was_stated_of_a_model_holds_when_it_is_made_anew(
    *, is_old: bool, shared_data: Path, tmp_path: Path, worker: Worker
) -> None:
    path = shared_data / "ifc" / "MULTICOM-balkons.ifc"
    model = load(path, archive_dir=tmp_path, worker=worker, site=(121.5, 25.0))
    if is_old:
        _aged(tmp_path, model.sha256)
    again = reload(tmp_path, model.sha256, worker=worker)
    assert again.georeference == model.georeference
    assert load(path, archive_dir=tmp_path, worker=_NoWorker(), site=(121.5, 25.0)).georeference == model.georeference


def test_the_mapping_of_a_model_holds_when_it_is_made_anew(authored: Path, tmp_path: Path, worker: Worker) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[dwelling]\nis = 'nothing is'\n")
    model = load(authored, archive_dir=tmp_path / "a", worker=worker, mapping_file=own)
    assert model.dwellings.is_empty()
    assert reload(tmp_path / "a", model.sha256, worker=worker).dwellings.is_empty()
    _aged(tmp_path / "a", model.sha256)
    assert reload(tmp_path / "a", model.sha256, worker=worker).dwellings.height == 60
    assert reload(tmp_path / "a", model.sha256, worker=worker, mapping_file=own).dwellings.is_empty()


NEWER_TABLES = ("others", "links", "places")
NEWER_COLUMNS = {
    "dwellings": ("area_is_partial", "rooms_measured"),
    "properties": ("number_si", "quantity", "value_si"),
}
"""What the reader of 8b8c345 (layout 4) did not write, by its own `bim.tables`."""


def _as_8b8c345_wrote_it(archive_dir: Path, sha256: str, file: Path) -> None:
    """Make an entry what the reader of 8b8c345 left: no digests, no statements, fewer tables and columns, a path."""
    _aged(archive_dir, sha256, file=str(file), layout=4)
    folder = archive.place(archive_dir, sha256)
    report = msgspec.json.decode((folder / "report.json").read_bytes())
    del report["georeference"]["scale_y"]
    (folder / "report.json").write_bytes(msgspec.json.encode(report))
    for name in NEWER_TABLES:
        (folder / "tables" / f"{name}.parquet").unlink()
    for name, columns in NEWER_COLUMNS.items():
        path = folder / "tables" / f"{name}.parquet"
        pl.read_parquet(path).drop(columns).write_parquet(path)


def test_an_archive_of_8b8c345_opens_is_told_is_compared_and_made_anew(
    authored: Path, tmp_path: Path, worker: Worker
) -> None:
    """As one really made by it, whose `twin status`, `bim diff` and `bim reload` were seen by hand on 2026-11-27."""
    model = load(authored, archive_dir=tmp_path, worker=worker)
    _as_8b8c345_wrote_it(tmp_path, model.sha256, authored)
    assert archive.older(tmp_path) == [(model.sha256, authored.name, 4)]
    assert [entry.reader for entry in archive.entries(tmp_path)] == [4]
    old = archive.read(tmp_path, model.sha256)
    assert (old.file, old.georeference) == (authored.name, model.georeference)
    assert old.storeys.equals(model.storeys)
    assert diff(old, model).is_empty()
    assert archive.older(tmp_path) == [(model.sha256, authored.name, 4)]  # completed, and still read by the older one
    assert _same(archive.read(tmp_path, model.sha256), model)
    reload(tmp_path, model.sha256, worker=worker)
    assert archive.older(tmp_path) == []
    assert _same(archive.read(tmp_path, model.sha256), model)
