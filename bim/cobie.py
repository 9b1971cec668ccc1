"""A model's asset register as COBie 2.4, written by ifcopenshell's own library (ifcfm) in a child process."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bim.child import run
from bim.errors import ArchiveUnavailableError, ParserCrashError
from bim.file import identify, make_readable

FORMATS = (".xlsx", ".ods", "")
"""Endings of what is written: a workbook, an OpenDocument sheet, or none: a folder of CSV files, one a sheet."""


@dataclass(frozen=True)
class Register:
    """What was written to `out`: rows of each sheet, in COBie's order.

    `typed_here`: components to which the file gives no type (COBie asks for one), listed under their class's name;
    `partial`: elements of which only the id and name could be read; `repeated_names`: components and types called as
    another one is, which COBie forbids.
    """

    out: Path
    rows: dict[str, int]
    typed_here: int
    partial: int
    repeated_names: int


def write_cobie(path: Path, out: Path, *, budget_s: float = 60.0) -> Register:
    """Write the register of one IFC file to `out` (see `FORMATS`).

    Raises ArchiveUnavailableError where it cannot be written, BudgetError, ParserCrashError, and what `bim.load`
    refuses.
    """
    if out.suffix.lower() not in FORMATS:
        raise ArchiveUnavailableError(f"{out}: COBie is written as FILE.xlsx, FILE.ods or a folder of CSV files")
    file = identify(Path(path))
    with tempfile.TemporaryDirectory(prefix="bim-") as work:
        readable = make_readable(file, Path(work))
        fresh, told = Path(work) / f"register{out.suffix.lower()}", Path(work) / "told.json"
        done = run("bim.cobie_sheets", [readable.path.resolve(), fresh, told], str(path), budget_s)
        if done.returncode != 0:
            raise ParserCrashError(
                f"{path}: the register died with {done.returncode} ({done.last_words}); "
                "load the file first, its report says what is damaged"
            )
        _keep(fresh, out)
        return Register(out=out, **msgspec.json.decode(told.read_bytes()))


def _keep(fresh: Path, out: Path) -> None:
    """Copy what was written to its place; CSV files beside what the folder holds already."""
    try:
        parts = sorted(fresh.iterdir()) if fresh.is_dir() else [fresh]
        (out if fresh.is_dir() else out.parent).mkdir(parents=True, exist_ok=True)
        for part in parts:
            (out / part.name if fresh.is_dir() else out).write_bytes(part.read_bytes())
    except OSError as error:
        raise ArchiveUnavailableError(f"{out}: the register cannot be written: {error.strerror}") from error
