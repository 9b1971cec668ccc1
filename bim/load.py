"""Load an IFC file: from the archive if it was read before, else by the parsing process, and never in this one.

>>> from pathlib import Path
>>> load(Path("missing.ifc"))
Traceback (most recent call last):
bim.errors.UnreadableFileError: missing.ifc: no such file; give the path of one .ifc, .ifczip or .ifc.gz file
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from bim import archive, mapping
from bim.archive import Statements
from bim.errors import BimError, MissingLengthUnitError
from bim.facts import Facts
from bim.file import IfcFile, identify
from bim.model import BuildingModel
from bim.process import Worker
from bim.tables import Tables


def load(
    path: Path,
    *,
    archive_dir: Path | None = None,
    budget_s: float = 60.0,
    length_unit_m: float | None = None,
    site: tuple[float, float] | None = None,
    mapping_file: Path | None = None,
    worker: Worker | None = None,
) -> BuildingModel:
    """The model of an .ifc, .ifczip or .ifc.gz file.

    `length_unit_m` (metres per unit) and `site` (longitude, latitude in degrees of the model's zero) are what the
    caller knows of a file that does not say it; `mapping_file`: see `bim.mapping`. `budget_s` bounds the wall time:
    what is not drawn in it is reported so. A `worker` given is used and kept, for many files one after the other.
    Raises subclasses of BimError for whatever cannot become a model.
    """
    file = identify(Path(path))
    rules = mapping.read(mapping_file)
    stated = Statements(length_unit_m, site, rules.own)
    digest = _digest(length_unit_m, site, rules.digest)
    if archive_dir is not None and archive.holds(archive_dir, file.sha256, digest):
        return archive.read(archive_dir, file.sha256)
    if worker is None:
        with Worker(jobs=1) as own:  # nobody needs it while the tables are built, which takes memory of its own
            model = _read(file, own, budget_s, length_unit_m, site, rules)
    else:
        model = _read(file, worker, budget_s, length_unit_m, site, rules)
    if archive_dir is not None:
        archive.write(archive_dir, model, file.path, digest, stated)
    return model


def reload(
    archive_dir: Path,
    sha256: str,
    *,
    budget_s: float = 60.0,
    mapping_file: Path | None = None,
    worker: Worker | None = None,
) -> BuildingModel:
    """A model of the archive, read from its archived file again and put in its own place, under the name it had.

    What was stated of it then holds again; `mapping_file` is for a model that an older reader archived, which did not
    keep its mapping. Raises ArchiveError and what `load` raises.
    """
    report = archive.report(archive_dir, sha256)
    stated = archive.stated_of(report)
    file = identify(archive.source(archive_dir, sha256))
    rules = mapping.read(mapping_file) if mapping_file is not None else mapping.of(stated.mapping)
    with ExitStack() as own:
        process = worker or own.enter_context(Worker(jobs=1))
        read = _read(file, process, budget_s, stated.length_unit_m or report.length_unit_m, stated.site, rules)
    model = replace(read, file=archive.name_of(report))
    kept = Statements(stated.length_unit_m, stated.site, rules.own)
    archive.write(archive_dir, model, file.path, _digest(kept.length_unit_m, kept.site, rules.digest), kept)
    return model


def summary(model: BuildingModel, seconds: float) -> dict[str, Any]:
    """What `twin bim load --json` prints of a loaded file."""
    from bim.graph import told  # shapely and the graph's library: only who asks for the report needs them

    return {
        "file": model.file,
        "status": "loaded",
        "reason": None,
        "schema": model.schema,
        "storeys": model.storeys.height,
        "spaces": model.spaces.height,
        "dwellings": model.dwellings.height,
        "devices": model.devices.height,
        "elements": model.elements.height,
        "systems": _systems(model),
        "classifications": _classifications(model),
        "geometry": {"wanted": model.coverage.wanted, "got": model.coverage.got},
        "lines_only": model.coverage.lines,
        "seconds": round(seconds, 3),
        "schema_loaded": model.schema_loaded,
        "georeference": msgspec.to_builtins(model.georeference),
        "coverage": msgspec.to_builtins(model.coverage),
        "ways": told(model),
    }


def refusal(path: Path, error: BimError, seconds: float) -> dict[str, Any]:
    """What `twin bim load --json` prints of a refused file: the same keys, and the reason."""
    counts: dict[str, Any] = dict.fromkeys(("storeys", "spaces", "dwellings", "devices", "elements"), 0)
    return {
        "file": str(path),
        "status": "refused",
        "reason": str(error),
        "schema": None,
        **counts,
        "geometry": {"wanted": 0, "got": 0},
        "lines_only": 0,
        "seconds": round(seconds, 3),
    }


def _systems(model: BuildingModel) -> list[dict[str, Any]]:
    """Each technical system and how many members it has."""
    named = model.tables["systems"].group_by("system_id", "ifc_class", "name", "predefined_type")
    return named.agg(members=pl.col("element_id").count()).sort("system_id").to_dicts()


def _classifications(model: BuildingModel) -> list[dict[str, Any]]:
    """Each classification system, how many codes of it the model uses and how many entities have one."""
    counted = model.tables["classifications"].group_by("system")
    columns = {"codes": pl.col("code").n_unique(), "entities": pl.col("entity_id").n_unique()}
    return counted.agg(**columns).sort("system").to_dicts()


def _read(
    file: IfcFile,
    worker: Worker,
    budget_s: float,
    length_unit_m: float | None,
    site: tuple[float, float] | None,
    rules: mapping.Mapping,
) -> BuildingModel:
    from bim.build import Stated, build  # a warm load needs neither shapely nor pyproj
    from bim.reading import read

    with tempfile.TemporaryDirectory(prefix="bim-") as work:
        reading = read(worker, file, Path(work), budget_s, length_unit_m)
        _require_unit(file, reading.parsed.facts)
        built = build(reading, Stated(length_unit_m, site, rules))
    return BuildingModel(
        file.path.name,
        file.sha256,
        reading.readable.schema,
        reading.readable.schema_loaded,
        reading.parsed.facts.length_unit_m,
        built.georeference,
        built.coverage,
        Tables(built.tables.__getitem__),
        lambda: built.meshes,
    )


def _require_unit(file: IfcFile, facts: Facts) -> None:
    """A file without lengths needs no unit; any other is refused rather than read as metres."""
    has_lengths = any(entity.wanted or entity.elevation_m for entity in facts.entities) or facts.quantities
    if facts.length_unit_m is None and has_lengths:
        raise MissingLengthUnitError(f"{file.path}: no length unit in IfcUnitAssignment; give --length-unit")


def _digest(*stated: object) -> str:
    return hashlib.sha256(repr(stated).encode()).hexdigest()
