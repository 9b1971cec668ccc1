"""What an entity says in attributes that no other table has: descriptions, addresses, heights, risers and treads.

Runs in the parsing process. Which attributes a class has is the schema's own list, so a class that nobody thought of
tells its own as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ifcopenshell

from bim.attributes import Attributes
from bim.facts import Attribute, Step

_TOLD_ELSEWHERE = {
    "IfcElement": {"Name", "Tag", "ObjectType", "PredefinedType", "OverallWidth"},
    "IfcProxy": {"Name", "Tag", "ObjectType"},
    "IfcSpace": {"Name", "LongName", "ObjectType"},
    "IfcBuildingStorey": {"Name", "Elevation"},
}
"""Class → attributes that its own table has (`bim.tables`)."""

_ADDRESS_FROM = 3
"""Index of the first part of an IfcPostalAddress that is a place; before it stand purposes."""

Layout = tuple[tuple[int, str, bool], ...]
"""(index, name, whether it is a length) of the attributes to be read."""


class OwnAttributes:
    """Reads them; each class's layout is looked up once."""

    def __init__(self, attributes: Attributes, metre: float) -> None:
        self._attributes, self._metre = attributes, metre
        self._layouts: dict[str, Layout] = {}
        self._texts: dict[str, str] = {}

    def of(self, instance: Any, step: Step) -> Iterator[Attribute]:
        """Each attribute that is stated; lengths in metres."""
        for index, name, is_length in self._layout(instance.is_a()):
            value = _bare(instance.get_argument(index))
            if is_length and isinstance(value, float):
                value = round(value * self._metre, 9)
            if (text := _text(value)) is not None:
                is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
                yield Attribute(step, name, self._one(text), float(value) if is_number else None)

    def _one(self, text: str) -> str:
        """The same object for the same text: thousands of things say the same."""
        return self._texts.setdefault(text, text)

    def _layout(self, ifc_class: str) -> Layout:
        found = self._layouts.get(ifc_class)
        if found is None:
            found = self._layouts[ifc_class] = tuple(self._wanted(ifc_class))
        return found

    def _wanted(self, ifc_class: str) -> Iterator[tuple[int, str, bool]]:
        told = {"GlobalId"}.union(*(_TOLD_ELSEWHERE.get(each, ()) for each in self._attributes.lineage(ifc_class)))
        declared = self._attributes.declared(ifc_class)
        if "PredefinedType" in told and "PredefinedType" not in (name for name, _ in declared):
            told.add("OperationType")  # IFC2X3: what a door's predefined type is made of
        for index, (name, kind) in enumerate(declared):
            if name not in told and kind != "IfcOwnerHistory":
                is_length = kind.endswith("LengthMeasure")
                yield index, f"{name}_m" if is_length else name, is_length


def _bare(value: Any) -> Any:
    """What a measure holds, an address as text; a reference to another entity is no value."""
    if not isinstance(value, ifcopenshell.entity_instance):
        return value
    if value.is_a() == "IfcPostalAddress":  # type: ignore[no-untyped-call]
        parts = (value.get_argument(index) for index in range(_ADDRESS_FROM, len(value)))
        return ", ".join(text for text in map(_text, parts) if text) or None
    return None if value.id() else value.get_argument(0)


def _text(value: Any) -> str | None:
    if isinstance(value, tuple):  # lines of an address, degrees and minutes
        texts = [_text(each) for each in value]
        return "; ".join(text for text in texts if text) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return value if isinstance(value, str) and value else None
