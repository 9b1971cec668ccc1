"""A model's asset register as COBie 2.4, read and written in a child process; and one that is there, read again."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bim.child import run
from bim.errors import ArchiveUnavailableError, ParserCrashError, UnreadableFileError
from bim.file import identify, make_readable
from bim.give.cobie.template import SHEETS, Sheets

FORMATS = (".xlsx", ".ods", "")
"""Endings of what is written: a workbook, an OpenDocument sheet, or none: a folder of CSV files, one a sheet."""


@dataclass(frozen=True)
class Register:
    """What was written to `out`: the sheets, in COBie's order.

    `typed_here`: components to which the file gives no type (COBie asks for one), listed under their class's name;
    `partial`: things of which only the id and name could be read; `repeated_names`: floors, spaces, components and
    types called as another one is, which COBie forbids: their rows are told apart by their GlobalIds.
    """

    out: Path
    typed_here: int
    partial: int
    repeated_names: int
    sheets: Sheets = field(repr=False, default_factory=dict)

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each sheet."""
        return {name: len(rows) for name, rows in self.sheets.items()}


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
        done = run("bim.give.cobie.writing", [readable.path.resolve(), fresh, told], str(path), budget_s)
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


def read_register(path: Path) -> Sheets:
    """A register that is there: a workbook, or a folder of CSV files. UnreadableFileError when it is none."""
    try:
        return _of_folder(path) if path.is_dir() else _of_workbook(path)
    except (OSError, ValueError, KeyError) as error:
        raise UnreadableFileError(
            f"{path}: no COBie register ({error}); give an .xlsx or a folder of CSV files"
        ) from error


def _of_folder(path: Path) -> Sheets:
    sheets: Sheets = {}
    for name in SHEETS:
        if (file := path / f"{name}.csv").exists():
            with file.open(encoding="utf-8-sig", newline="") as stream:
                sheets[name] = [{key: value or "" for key, value in row.items()} for row in csv.DictReader(stream)]
    return sheets


def _of_workbook(path: Path) -> Sheets:
    import zipfile

    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise ValueError(str(error)) from error
    sheets: Sheets = {}
    for name in (one for one in SHEETS if one in book.sheetnames):
        lines = book[name].iter_rows(values_only=True)
        header = [str(value or "") for value in next(lines, ())]
        sheets[name] = [
            {column: _cell(value) for column, value in zip(header, line, strict=False) if column}
            for line in lines
            if any(value is not None for value in line)
        ]
    return sheets


def _cell(value: object) -> str:
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
