"""The process that writes COBie: `python -m bim.cobie_sheets MODEL.ifc OUT TOLD.json`. Holds ifcfm; may die alone.

ifcfm 0.9 is strict where real files are not: a component without a type is left out, one that stands nowhere ends the
whole register, and of two of the same name the first is overwritten. Here the first gets a type of its class's name in
memory, the second a row of what is known of it, and the third a row of its own; how many is told.
"""

from __future__ import annotations

import resource
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ifcfm
import ifcopenshell
import ifcopenshell.guid
import ifcopenshell.util.element
import ifcopenshell.util.fm
import msgspec
import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from bim import lifeline
from bim.relations import by_type, types
from bim.worker import MEMORY_BYTES

PRESET = "cobie24"
LEFT_OUT = ("Coordinate",)
"""Sheets not written: ifcfm 0.9 raises on Coordinate (it adds a list to a tuple), and meshes have their own files."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet takes for a formula."""

_IDENTIFIED = "ExternalIdentifier"


class Told(msgspec.Struct, frozen=True):
    """Rows of each sheet; components given a type in memory; elements of which only a part could be read; names that
    several elements of a sheet share."""

    rows: dict[str, int]
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
    Path(told).write_bytes(msgspec.json.encode(write(model, Path(out))))
    return 0


def write(model: ifcopenshell.file, out: Path) -> Told:
    """Write a model's register to `out`: `.xlsx`, `.ods`, or a folder of CSV files."""
    typed_here = _give_types(model)
    partial: list[str] = []
    preset = _lenient(ifcfm.get_presets_configs()[PRESET], partial)
    parser = ifcfm.Parser(preset=preset)
    parser.parse(model)
    writer = ifcfm.Writer(parser)
    writer.write()
    _as_text(writer.categories, commas=not out.suffix)
    if out.suffix.lower() == ".xlsx":
        writer.write_xlsx(str(out))
        _no_formulas(out)
    elif out.suffix.lower() == ".ods":
        writer.write_ods(str(out))
    else:
        writer.write_csv(str(out))
    rows = {name: len(sheet["rows"]) for name, sheet in writer.categories.items()}
    return Told(rows, typed_here, len(partial), _repeated(writer.categories))


def _as_text(categories: dict[str, dict[str, Any]], *, commas: bool) -> None:
    """What a model says is text: no character that a sheet cannot hold; in CSV nothing that a spreadsheet would run.

    CSV has no types, so that a text which begins as a formula does is told by an apostrophe before it (OWASP).
    """
    for sheet in categories.values():
        sheet["rows"] = [[_cell(value, commas=commas) for value in row] for row in sheet["rows"]]


def _cell(value: Any, *, commas: bool) -> Any:
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
    return f"'{text}" if commas and text.startswith(FORMULA_SIGNS) else text


def _no_formulas(out: Path) -> None:
    """Cells that openpyxl took for formulas or errors, as the text that they are; a person who edits one keeps it."""
    book = openpyxl.load_workbook(out)
    taken = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type in ("f", "e")]
    for cell in taken:
        cell.data_type, cell.quotePrefix = "s", True
    if taken:
        book.save(out)


def _give_types(model: ifcopenshell.file) -> int:
    """Give components without a type one of their class, called as their object or predefined type is."""
    typed = types(model)
    alike: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for ifc_class in ifcopenshell.util.fm.cobie_component_classes:
        for each in by_type(model, ifc_class):
            if each.id() not in typed:
                alike[each.is_a(), _kind(each)].append(each)
    given = 0
    for (ifc_class, kind), elements in alike.items():
        type_class = _type_class(model, ifc_class)
        if type_class is None:
            continue
        own = model.create_entity(type_class, GlobalId=ifcopenshell.guid.new(), Name=kind)
        model.create_entity(
            "IfcRelDefinesByType", GlobalId=ifcopenshell.guid.new(), RelatedObjects=elements, RelatingType=own
        )
        given += len(elements)
    return given


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


def _lenient(config: dict[str, Any], partial: list[str]) -> dict[str, Any]:
    """A preset whose elements cannot end the register; those that raise are added to `partial`."""
    categories = {
        name: _lenient_sheet(category, partial)
        for name, category in config["categories"].items()
        if name not in LEFT_OUT
    }
    lenient: dict[str, Any] = {**config, "categories": categories}
    return {**lenient, "config": lenient}


def _lenient_sheet(category: dict[str, Any], partial: list[str]) -> dict[str, Any]:
    headers, keys = category["headers"], category["keys"]
    if keys == ["Name"] and _IDENTIFIED in headers:
        keys = ["Name", _IDENTIFIED]
    read: Callable[[Any, Any], dict[str, Any]] = category["get_element_data"]

    def get_element_data(model: Any, element: Any) -> dict[str, Any]:
        try:
            return read(model, element)
        except Exception:  # noqa: BLE001 - whatever ifcfm stumbles over, the row says what is known and is counted
            known = element if isinstance(element, ifcopenshell.entity_instance) else None
            row = _known(headers, known)
            partial.append(str(row.get(_IDENTIFIED)))
            return row

    def get_category_elements(model: Any) -> Any:
        try:
            return category["get_category_elements"](model)
        except Exception:  # noqa: BLE001 - a sheet that cannot be begun is empty, and counted
            partial.append("")
            return []

    return {
        **category,
        "keys": keys,
        "get_element_data": get_element_data,
        "get_category_elements": get_category_elements,
    }


def _known(headers: list[str], element: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(headers)
    if element is not None:
        told = {
            "Name": getattr(element, "Name", None),
            "ExternalObject": element.is_a(),
            _IDENTIFIED: getattr(element, "GlobalId", None),
        }
        row.update({name: value for name, value in told.items() if name in row})
    return row


def _repeated(categories: dict[str, dict[str, Any]]) -> int:
    """How many rows of components and types have a name that an earlier row of their sheet has."""
    count = 0
    for sheet in ("Component", "Type"):
        rows = categories.get(sheet, {"rows": []})["rows"]
        names = [row[0] for row in rows]
        count += len(names) - len(set(names))
    return count


if __name__ == "__main__":
    sys.exit(main())
