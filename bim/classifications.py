"""Classification references of a file: which entity has which code; a type's are given to its occurrences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import ifcopenshell

from bim.facts import Classification, Step
from bim.relations import pairs

_MAX_DEPTH = 12
_TEXT_AT = {"IfcClassificationReference": (1, 2), "IfcClassification": (None, 3)}
"""Class → indices of (code, name): the same in IFC2X3, IFC4 and IFC4X3."""
_SOURCE_AT = 3


def classifications(model: ifcopenshell.file, types: dict[Step, Any]) -> list[Classification]:
    """Every reference of every object, its own before its type's, in the file's order."""
    stated = [(Step(one.id()), each) for each, one in pairs(model, "IfcRelAssociatesClassification", 5, 4)]
    of_type: dict[Step, list[Any]] = defaultdict(list)
    for step, each in stated:
        of_type[step].append(each)
    rows = [row for step, each in stated for row in _rows(step, each, inherited=False)]
    for step, kind in types.items():
        rows += [row for each in of_type.get(kind.id(), ()) for row in _rows(step, each, inherited=True)]
    return rows


def _rows(step: Step, reference: Any, *, inherited: bool) -> Iterator[Classification]:
    at = _TEXT_AT.get(reference.is_a())
    if at is None:  # IFC2X3's notation facets, which no file seen has
        return
    code, name = (None if index is None else _text(reference[index]) for index in at)
    if code or name:
        yield Classification(step, _system(reference), code, name, inherited)


def _system(reference: Any) -> str | None:
    """Name of the classification at the end of a chain of references."""
    for _ in range(_MAX_DEPTH):
        if reference is None or reference.is_a("IfcClassification"):
            break
        reference = reference[_SOURCE_AT] if reference.is_a("IfcClassificationReference") else None
    else:
        return None
    return None if reference is None else _text(reference[_SOURCE_AT])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
