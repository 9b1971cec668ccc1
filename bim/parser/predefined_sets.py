"""Property sets whose properties the schema itself names: linings and panels of doors and windows, reinforcement, and
IFC2X3's sets of loads, sounds and flows.

Each attribute that is stated is a row, its measure the schema's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bim.attributes import Attributes
from bim.facts import Property
from bim.parser.measures import Measures

_OWN_FROM = 4
"""Index of the first attribute of its own: before it stand GlobalId, OwnerHistory, Name and Description."""


class PredefinedSets:
    """Reads them; each class's layout is the schema's."""

    def __init__(self, attributes: Attributes, measures: Measures) -> None:
        self._attributes, self._measures = attributes, measures

    def rows(self, pset: Any) -> Iterator[Property]:
        """One row per attribute that is stated."""
        step = pset.id()
        for index, (name, kind) in enumerate(self._attributes.declared(pset.is_a())):
            if index < _OWN_FROM:
                continue
            value: Any = pset.get_argument(index)
            if hasattr(value, "is_a"):
                kind, value = value.is_a(), None if value.id() else value.get_argument(0)
            if (row := self._row(step, name, kind, value)) is not None:
                yield row

    def _row(self, step: Any, name: str, kind: str, value: Any) -> Property | None:
        if isinstance(value, bool):
            return Property(step, name, "true" if value else "false", None, None)
        if isinstance(value, (int, float)):
            quantity, factor = self._measures.of(kind) or (None, None)
            si = None if factor is None else float(value) * factor
            return Property(step, name, repr(value), float(value), None, quantity, si)
        return Property(step, name, value, None, None) if isinstance(value, str) and value else None


def is_predefined(pset: Any) -> bool:
    """Whether a definition of properties is a set of the schema's own (no template, no set of quantities)."""
    return bool(pset.is_a("IfcPropertySetDefinition")) and not (
        pset.is_a("IfcPropertySet") or pset.is_a("IfcElementQuantity")
    )


def name_of(pset: Any) -> str:
    """A set's name; a predefined one without a name is called as its class."""
    stated = pset[2]
    return str(stated) if stated else pset.is_a() if is_predefined(pset) else ""
