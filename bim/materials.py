"""What things are made of: materials, and the layers, constituents and profiles of material sets.

Attributes are read by their index, which IFC2X3, IFC4 and IFC4X3 share as far as they have the class.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ifcopenshell

from bim.facts import MadeOf, MaterialPart, Step
from bim.relations import pairs

_USED_AT = {"IfcMaterialLayerSetUsage": 0, "IfcMaterialProfileSetUsage": 0}
_SETS = {
    "IfcMaterialLayerSet": ("layer", 0, 1),
    "IfcMaterialConstituentSet": ("constituent", 2, 0),
    "IfcMaterialProfileSet": ("profile", 2, 0),
    "IfcMaterialList": ("list", 0, None),
}
"""Class → (kind of part, index of its parts, index of its name)."""

_PARTS = {
    "IfcMaterialLayer": (0, 1),
    "IfcMaterialLayerWithOffsets": (0, 1),
    "IfcMaterialConstituent": (2, None),
    "IfcMaterialProfile": (2, None),
    "IfcMaterialProfileWithOffsets": (2, None),
}
"""Class → (index of the material, index of the thickness)."""


def made_of(model: ifcopenshell.file, types: dict[Step, Any], metre: float) -> tuple[list[MadeOf], list[MaterialPart]]:
    """Which entity is made of what, its own before its type's, and the parts of each; unreadable ones are left out."""
    stated: dict[Step, Any] = {}
    for material, one in pairs(model, "IfcRelAssociatesMaterial", 5, 4):
        step, each = Step(one.id()), _set_of(material)
        if step not in stated or _rank(each) < _rank(stated[step]):
            stated[step] = each
    rows: list[MadeOf] = [(step, Step(each.id()), False) for step, each in stated.items() if each is not None]
    for step, kind in types.items():
        of_type = stated.get(Step(kind.id()))
        if of_type is not None and stated.get(step) is None:
            rows.append((step, Step(of_type.id()), True))
    used = {each.id(): each for each in stated.values() if each is not None}
    return rows, [part for each in used.values() for part in _parts(each, metre)]


def _rank(material: Any) -> tuple[int, str]:
    """Of several that one thing is made of, whichever stands first in a file, a set tells more than a material."""
    if material is None:
        return len(_SETS) + 2, ""
    ifc_class = material.is_a()
    known = list(_SETS)
    place = known.index(ifc_class) if ifc_class in _SETS else len(known) + (ifc_class == "IfcMaterial")
    at = _SETS[ifc_class][2] if ifc_class in _SETS else 0
    return place, str(material[at]) if at is not None else ""


def _set_of(material: Any) -> Any:
    """The material or set that a usage is of."""
    at = _USED_AT.get(material.is_a())
    return material if at is None else material[at]


def _parts(material: Any, metre: float) -> Iterator[MaterialPart]:
    ifc_class = material.is_a()
    step = Step(material.id())
    if ifc_class in _SETS:
        kind, parts_at, name_at = _SETS[ifc_class]
        of_set = None if name_at is None else _text(material[name_at])
        for order, part in enumerate(material[parts_at] or ()):
            if part is not None:
                yield _part(step, kind, order, of_set, part, metre)
    else:
        yield _part(step, "layer" if ifc_class in _PARTS else "material", 0, None, material, metre)


def _part(step: Step, kind: str, order: int, of_set: str | None, part: Any, metre: float) -> MaterialPart:
    material_at, thickness_at = _PARTS.get(part.is_a(), (None, None))
    material = part if material_at is None else part[material_at]
    thickness = None if thickness_at is None else part[thickness_at]
    name = None if material is None else _text(material[0])
    thickness_m = float(thickness) * metre if isinstance(thickness, (int, float)) else None
    return MaterialPart(step, kind, order, name, thickness_m, of_set)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
