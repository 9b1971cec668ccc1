"""The process that writes COBie: `python -m bim.give.cobie.writing MODEL.ifc OUT TOLD.json`. It may die alone."""

from __future__ import annotations

import csv
import resource
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import ifcopenshell
import ifcopenshell.guid
import ifcopenshell.util.fm
import msgspec
import openpyxl
from odf import opendocument, table
from odf import text as odf_text
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from bim import lifeline
from bim.give.cobie.register import Register
from bim.give.cobie.template import SHEETS, Sheets
from bim.relations import by_type, types
from bim.worker import MEMORY_BYTES

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet takes for a formula."""


class Told(msgspec.Struct, frozen=True):
    """The sheets; components given a type in memory; things of which only a part could be read; names that several
    things of a sheet share."""

    sheets: Sheets
    typed_here: int
    partial: int
    repeated_names: int


def main() -> int:
    """Write the register; the exit code."""
    lifeline.hold()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path, out, told = sys.argv[1:]
    model = ifcopenshell.open(path)
    assert isinstance(model, ifcopenshell.file)
    Path(told).write_bytes(msgspec.json.encode(written(model, Path(out))))
    return 0


def written(model: ifcopenshell.file, out: Path) -> Told:
    """Write a model's register to `out`: `.xlsx`, `.ods`, or a folder of CSV files."""
    typed_here = _give_types(model)
    register = Register(model)
    sheets = {
        name: [{column: _clean(value) for column, value in row.items()} for row in rows]
        for name, rows in register.sheets().items()
    }
    {".xlsx": _workbook, ".ods": _document}.get(out.suffix.lower(), _folder)(sheets, out)
    return Told(sheets, typed_here, len(register.partial), register.repeated_names)


def _clean(value: str) -> str:
    """Text without the characters that no sheet can hold."""
    return str(ILLEGAL_CHARACTERS_RE.sub("", value))


def _workbook(sheets: Sheets, out: Path) -> None:
    """Every cell is text: nothing that a model says is run."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for values in _lines(name, rows):
            cells = [openpyxl.cell.WriteOnlyCell(sheet, value) for value in values]
            for cell in cells:
                if cell.data_type != "s" or cell.value.startswith(FORMULA_SIGNS):
                    cell.data_type, cell.quotePrefix = "s", True
            sheet.append(cells)
    book.save(out)


def _document(sheets: Sheets, out: Path) -> None:
    document = opendocument.OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        sheet = table.Table(name=name)
        for values in _lines(name, rows):
            line = table.TableRow()
            for value in values:
                cell = table.TableCell(valuetype="string")
                cell.addElement(odf_text.P(text=value))
                line.addElement(cell)
            sheet.addElement(line)
        document.spreadsheet.addElement(sheet)
    document.save(str(out))


def _folder(sheets: Sheets, out: Path) -> None:
    """CSV has no types: a text which begins as a formula does is told by an apostrophe before it (OWASP)."""
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in sheets.items():
        with (out / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            for values in _lines(name, rows):
                writer.writerow([f"'{value}" if value.startswith(FORMULA_SIGNS) else value for value in values])


def _lines(name: str, rows: list[dict[str, str]]) -> list[list[str]]:
    return [list(SHEETS[name]), *([row[column] for column in SHEETS[name]] for row in rows)]


def _give_types(model: ifcopenshell.file) -> int:
    """Give components without a type one of their class, called as their object or predefined type is."""
    typed = types(model)
    alike: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for ifc_class in ifcopenshell.util.fm.cobie_component_classes:
        for each in by_type(model, ifc_class):
            if each.id() not in typed:
                alike[each.is_a(), _kind(each)].append(each)
    given = 0
    for (ifc_class, kind), found in alike.items():
        type_class = _type_class(model, ifc_class)
        if type_class is None:
            continue
        own = model.create_entity(type_class, GlobalId=_id_of(ifc_class, kind), Name=kind)
        model.create_entity(
            "IfcRelDefinesByType", GlobalId=_id_of("of", ifc_class, kind), RelatedObjects=found, RelatingType=own
        )
        given += len(found)
    return given


def _id_of(*words: str) -> str:
    """A GlobalId that is the same at the next export."""
    return str(ifcopenshell.guid.compress(uuid5(NAMESPACE_OID, "/".join(words)).hex))


def _kind(element: Any) -> str:
    predefined = getattr(element, "PredefinedType", None)
    stated = predefined if predefined not in (None, "USERDEFINED", "NOTDEFINED") else None
    return str(element.ObjectType or stated or element.is_a())


def _type_class(model: ifcopenshell.file, ifc_class: str) -> str | None:
    """The class of types of a class of elements; in IFC2X3 doors and windows have styles."""
    for name in (f"{ifc_class}Type", f"{ifc_class.removesuffix('StandardCase')}Type", f"{ifc_class}Style"):
        try:
            model.create_entity(name)
        except RuntimeError:
            continue
        model.remove(model.by_type(name)[-1])
        return name
    return None


if __name__ == "__main__":
    sys.exit(main())
