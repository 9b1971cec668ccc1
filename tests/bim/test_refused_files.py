"""What cannot become a model is refused with a word on what is wrong and what to do, never with a traceback."""

from __future__ import annotations

import gzip
import os
import re
import zipfile
from pathlib import Path

import pytest

from bim import errors
from bim.load import load, refusal
from bim.process import Worker
from bim.schemas import OPENED_AS


@pytest.fixture
def wall(shared_data: Path) -> bytes:
    return (shared_data / "ifc" / "SimpleWall.ifc").read_bytes()


@pytest.fixture
def zone(shared_data: Path) -> bytes:
    return (shared_data / "ifc" / "Ifc4DesignTransfer.ifc").read_bytes()


def _refused(path: Path, worker: Worker, kind: type[errors.BimError], word: str) -> None:
    with pytest.raises(kind, match=word) as caught:
        load(path, worker=worker)
    assert str(path) in str(caught.value)
    told = refusal(path, caught.value, 0.1)
    assert (told["status"], told["reason"], told["elements"]) == ("refused", str(caught.value), 0)


def test_a_missing_file_is_refused(tmp_path: Path, worker: Worker) -> None:
    _refused(tmp_path / "no.ifc", worker, errors.UnreadableFileError, "no such file")


def test_a_folder_is_refused(tmp_path: Path, worker: Worker) -> None:
    _refused(tmp_path, worker, errors.UnreadableFileError, "a folder")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "secret.ifc"
    path.write_bytes(b"ISO-10303-21;")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything but this
        path = Path("/proc/self/mem")
    _refused(path, worker, errors.UnreadableFileError, "cannot be read")


@pytest.mark.parametrize(
    ("content", "kind", "word"),
    [
        (b"", errors.EmptyFileError, "empty"),
        (b" \n\n", errors.EmptyFileError, "empty"),
        (b"<?xml version='1.0'?><ifcXML/>", errors.UnsupportedFormatError, "ifcXML"),
        (b'{"type": "ifcJSON"}', errors.UnsupportedFormatError, "ifcJSON"),
        (bytes(range(256)) * 40, errors.NotAnIfcError, "ISO-10303-21"),
        (b"%PDF-1.7 not a model", errors.NotAnIfcError, "ISO-10303-21"),
        (b"ISO-10303-21;\nHEADER;\nENDSEC;\n", errors.NotAnIfcError, "FILE_SCHEMA"),
        ("ISO-10303-21;".encode("utf-16"), errors.UnsupportedFormatError, "UTF-16"),
        (b"\x1f\x8b broken", errors.NotAnIfcError, "damaged"),
        (b"PK\x03\x04 broken", errors.NotAnIfcError, "damaged"),
    ],
)
def test_what_is_no_step_file_is_refused(
    content: bytes, kind: type[errors.BimError], word: str, tmp_path: Path, worker: Worker
) -> None:
    path = tmp_path / "model.ifc"
    path.write_bytes(content)
    _refused(path, worker, kind, word)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused_and_says_so(wall: bytes, share: float, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "cut.ifc"
    path.write_bytes(wall[: int(len(wall) * share)])
    _refused(path, worker, errors.TruncatedIfcError, "END-ISO-10303-21 is missing")


@pytest.mark.parametrize("schema", ["IFC2X_FINAL", "IFC2X2_FINAL", "CONFIG_CONTROL_DESIGN", "IFC5"])
def test_a_schema_that_nothing_opens_is_refused_by_its_name(
    zone: bytes, schema: str, tmp_path: Path, worker: Worker
) -> None:
    path = tmp_path / "old.ifc"
    path.write_bytes(zone.replace(b"'IFC4'", f"'{schema}'".encode()))
    _refused(path, worker, errors.UnsupportedSchemaError, schema)


@pytest.mark.parametrize(
    "schema", ["IFC4X1", "IFC4X2", "IFC4X3", "IFC4X3_RC2", "IFC4X3_RC4", "IFC4X3_ADD1", "Ifc4x3", "ifc4"]
)
def test_a_near_relative_opens_as_what_the_table_says(zone: bytes, schema: str, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "near.ifc"
    path.write_bytes(zone.replace(b"'IFC4'", f"'{schema}'".encode()))
    model = load(path, worker=worker)
    assert (model.schema, model.schema_loaded) == (schema, OPENED_AS[schema.upper()])
    assert (model.spaces.height, model.coverage.got, model.coverage.dropped) == (1, 6, 0)


def test_a_file_that_the_parser_gives_up_is_refused(wall: bytes, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "quote.ifc"
    path.write_bytes(wall.replace(b"'Model'", b"'Model"))
    _refused(path, worker, errors.CorruptIfcError, "gives up")


def test_an_instance_that_the_parser_swallows_is_reported(wall: bytes, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "swallowed.ifc"
    path.write_bytes(wall.replace(b"'Model'", b"'Model", 1))
    model = load(path, worker=worker)
    assert (model.coverage.dropped, model.coverage.got) == (1, 2)


def test_dangling_references_are_counted_and_named(wall: bytes, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "dangling.ifc"
    lines = wall.splitlines(keepends=True)
    gone = next(line for line in lines if b"IFCEXTRUDEDAREASOLID" in line)
    path.write_bytes(b"".join(line for line in lines if line is not gone))
    model = load(path, worker=worker)
    assert model.coverage.dangling_sample == [int(gone.split(b"=")[0].strip(b"# "))]
    assert model.coverage.got < model.coverage.wanted


@pytest.mark.parametrize(("by", "counted"), [(b"$", "null"), (b"'0TH'", "malformed"), (None, "duplicate")])
def test_a_bad_global_id_gets_a_substitute_that_stays(
    by: bytes | None, counted: str, wall: bytes, tmp_path: Path, worker: Worker
) -> None:
    path = tmp_path / "ids.ifc"
    door, host = (re.search(rb"= ?" + each + rb"\(('[^']*')", wall) for each in (b"IFCDOOR", b"IFCWALLSTANDARDCASE"))
    assert door and host
    path.write_bytes(wall.replace(door.group(1), by or host.group(1), 1))
    first, second = load(path, worker=worker), load(path, worker=worker)
    assert getattr(first.coverage, f"{counted}_global_ids") == 1
    assert first.elements["element_id"].n_unique() == 2
    assert first.elements.equals(second.elements)


def test_chinese_names_come_through_every_encoding_that_step_has(zone: bytes, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "names.ifc"
    path.write_bytes(zone.replace(b"'TestSpace'", rb"'\X2\4F4F623667719EE8\X0\ \S\D'"))
    assert load(path, worker=worker).spaces["name"].item() == "住戶東黨 Ä"


def test_lengths_without_a_unit_are_refused_until_one_is_stated(wall: bytes, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "unitless.ifc"
    lines = [line for line in wall.splitlines(keepends=True) if b"IFCUNITASSIGNMENT" not in line]
    path.write_bytes(b"".join(lines))
    _refused(path, worker, errors.MissingLengthUnitError, "--length-unit")
    model = load(path, worker=worker, length_unit_m=0.001)
    assert model.length_unit_m == pytest.approx(0.001)
    assert model.coverage.got == 2
    tall = max(model.meshes.placed(instance)[:, 2].max() for instance in range(2))
    assert 2.0 < tall < 10.0


def test_packed_models_are_the_model(wall: bytes, tmp_path: Path, worker: Worker) -> None:
    zipped, gzipped = tmp_path / "wall.ifczip", tmp_path / "wall.ifc.gz"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("wall.ifc", wall)
    gzipped.write_bytes(gzip.compress(wall))
    for path in (zipped, gzipped):
        assert load(path, worker=worker).coverage.got == 2


@pytest.mark.parametrize("name", ["../../wall.ifc", "/wall.ifc", "C:\\wall.ifc", "a/../../wall.ifc"])
def test_an_archive_with_path_tricks_is_refused(name: str, wall: bytes, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "trick.ifczip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, wall)
    _refused(path, worker, errors.UnsafeArchiveError, "outside of itself")


@pytest.mark.parametrize("names", [[], ["a.ifc", "b.ifc"], ["readme.txt"]])
def test_an_archive_of_not_one_model_is_refused(names: list[str], wall: bytes, tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "many.ifczip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, wall)
    _refused(path, worker, errors.UnsafeArchiveError, "exactly one model")


def test_a_bomb_is_refused(tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "bomb.ifczip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.ifc", b"0" * (80 << 20))
    _refused(path, worker, errors.OversizeError, "unpacks to more than")
