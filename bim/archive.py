"""The content-addressed archive of models: the file itself and everything read from it, under its digest.

    <archive_dir>/<sha256[:2]>/<sha256>/
        source.<ifc|ifczip|ifc.gz>   the file as it was given
        report.json                  name, schema, units, georeference, coverage, and what the caller stated
        digests.json                 bim.archive_digests
        tables/<name>.parquet        bim.tables
        meshes.npz                   bim.meshes

A model appears whole or not at all: it is written beside its place and renamed. Reading one never imports the parser;
one of an older layout gets the tables and columns that it lacks from its file when they are first asked for.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import msgspec
import polars as pl

from bim import archive_digests, meshes
from bim.coverage import Coverage
from bim.errors import ArchiveError, ArchiveUnavailableError
from bim.georeference import Georeference
from bim.meshes import Meshes
from bim.model import BuildingModel
from bim.tables import SCHEMAS, Tables

LAYOUT = 5
"""Version of the reader: of the layout and of what is read from a file. A model of an older one is read from its file
again when that is loaded, and by `bim.load.reload`; until then it is shown as it was read."""


class Statements(msgspec.Struct, frozen=True):
    """What the caller stated of a file: metres per unit, (longitude, latitude) of its zero, the text of a mapping."""

    length_unit_m: float | None = None
    site: tuple[float, float] | None = None
    mapping: str = ""


class Report(msgspec.Struct, frozen=True):
    """report.json. `layout`: the reader's version; `stated` is a digest of what the caller stated beside the file, and
    `statements` that itself (None: of a reader that did not keep it)."""

    layout: int
    stated: str
    file: str
    sha256: str
    schema: str
    schema_loaded: str
    length_unit_m: float | None
    georeference: Georeference
    coverage: Coverage
    statements: Statements | None = None


class Entry(NamedTuple):
    """A model in the archive: its file's name and the version of the reader that read it."""

    sha256: str
    file: str
    reader: int


def place(archive_dir: Path, sha256: str) -> Path:
    """The folder of one model, whether it exists or not."""
    return archive_dir / sha256[:2] / sha256


def holds(archive_dir: Path, sha256: str, stated: str) -> bool:
    """Whether the archive has this model, read with the same statements by this version."""
    try:
        report = _report(place(archive_dir, sha256))
    except ArchiveError:
        return False
    if report.layout != LAYOUT or report.stated != stated:
        return False
    return not archive_digests.amiss(place(archive_dir, sha256))  # a damaged one is read from its file again


def entries(archive_dir: Path) -> list[Entry]:
    """Every model that can be read, by digest."""
    found = []
    for folder in sorted(archive_dir.glob("??/*")):
        try:
            told = _report(folder)
        except ArchiveError:
            continue
        found.append(Entry(told.sha256, name_of(told), told.layout))
    return found


def older(archive_dir: Path) -> list[Entry]:
    """The models whose tables and shapes an older reader made."""
    return [each for each in entries(archive_dir) if each.reader < LAYOUT]


def report(archive_dir: Path, sha256: str) -> Report:
    """What is known of one model without its tables. Raises ArchiveError."""
    return _report(place(archive_dir, sha256))


def name_of(report: Report) -> str:
    """The name of a model's file: older readers kept the path by which it was loaded, which is nobody else's."""
    return re.split(r"[\\/]", report.file)[-1] or report.file


def stated_of(report: Report) -> Statements:
    """What was stated of a model; of an older reader's the site, which its georeference tells."""
    if report.statements is not None:
        return report.statements
    point = re.search(r"\+lat_0=(\S+) \+lon_0=(\S+)", report.georeference.crs or "")
    is_stated = report.georeference.status == "stated" and point is not None
    return Statements(site=(float(point[2]), float(point[1])) if is_stated and point is not None else None)


def read(archive_dir: Path, sha256: str) -> BuildingModel:
    """The model with this digest; tables and meshes are read when first asked for. Raises ArchiveError."""
    folder = place(archive_dir, sha256)
    report = _report(folder)

    def table(name: str) -> pl.DataFrame:
        path = folder / "tables" / f"{name}.parquet"
        if report.layout < LAYOUT and _lacks(path, name):
            _complete(archive_dir, report)
        archive_digests.check(folder, f"tables/{name}.parquet")
        try:
            return pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise ArchiveError(f"{folder}: table {name} is damaged ({error}); load {name_of(report)} again") from error

    def drawn() -> Meshes:
        archive_digests.check(folder, "meshes.npz")
        try:
            return meshes.read(folder / "meshes.npz")
        except (OSError, ValueError, KeyError) as error:
            raise ArchiveError(f"{folder}: the meshes are damaged ({error}); load {name_of(report)} again") from error

    return BuildingModel(
        name_of(report),
        report.sha256,
        report.schema,
        report.schema_loaded,
        report.length_unit_m,
        report.georeference,
        report.coverage,
        Tables(table),
        drawn,
    )


def source(archive_dir: Path, sha256: str) -> Path:
    """The archived file itself. Raises ArchiveError."""
    found = next(place(archive_dir, sha256).glob("source.*"), None)
    if found is None:
        raise ArchiveError(f"{archive_dir}: no model {sha256}; load its file")
    archive_digests.check(found.parent, found.name)
    return found


def write(
    archive_dir: Path, model: BuildingModel, file: Path, stated: str, statements: Statements | None = None
) -> None:
    """Put a model and its file into the archive, in place of an older reading. Raises ArchiveUnavailableError."""
    target = place(archive_dir, model.sha256)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".writing-", dir=archive_dir))
        try:
            _fill(fresh, model, file, stated, statements or Statements())
            _put(fresh, target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise ArchiveUnavailableError(
            f"{archive_dir}: the model of {file} cannot be kept: {error.strerror}; free space or permit writing"
        ) from error


def _complete(archive_dir: Path, report: Report) -> None:
    """Add to a model of an older layout the tables that it lacks, from its archived file; what it has stays."""
    from bim.load import load  # which starts the parser's process; no model of this layout needs it

    again = load(source(archive_dir, report.sha256), length_unit_m=report.length_unit_m)
    folder = place(archive_dir, report.sha256) / "tables"
    for name in SCHEMAS:
        if _lacks(folder / f"{name}.parquet", name):
            fresh = folder / f".writing-{os.getpid()}-{name}"
            again.tables[name].write_parquet(fresh)
            fresh.replace(folder / f"{name}.parquet")
    archive_digests.write(folder.parent)


def _lacks(path: Path, name: str) -> bool:
    """Whether a table is not there, or lacks columns that it has in this layout."""
    try:
        return not set(SCHEMAS[name]) <= set(pl.read_parquet_schema(path))
    except FileNotFoundError:
        return True
    except (OSError, pl.exceptions.PolarsError):
        return False  # damaged: reading it says so


def _report(folder: Path) -> Report:
    archive_digests.check(folder, "report.json")
    try:
        return msgspec.json.decode((folder / "report.json").read_bytes(), type=Report)
    except (OSError, msgspec.DecodeError) as error:
        raise ArchiveError(f"{folder}: no model here ({error}); load its file") from error


def _fill(folder: Path, model: BuildingModel, file: Path, stated: str, statements: Statements) -> None:
    shutil.copyfile(file, folder / f"source{''.join(file.suffixes[-2:]).lower() or '.ifc'}")
    (folder / "tables").mkdir()
    for name in SCHEMAS:
        model.tables[name].write_parquet(folder / "tables" / f"{name}.parquet")
    meshes.write(model.meshes, folder / "meshes.npz")
    report = Report(
        LAYOUT,
        stated,
        model.file,
        model.sha256,
        model.schema,
        model.schema_loaded,
        model.length_unit_m,
        model.georeference,
        model.coverage,
        statements,
    )
    (folder / "report.json").write_bytes(msgspec.json.encode(report))
    archive_digests.write(folder)


def _put(fresh: Path, target: Path) -> None:
    old = fresh.with_name(fresh.name + ".old")
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if not target.exists():  # another process was not first: a real failure
            raise
    shutil.rmtree(old, ignore_errors=True)
