"""Read attributes by name at the price of reading them by index: each class's layout is looked up once.

Reading an attribute that a class does not have is the slow path of the parser's own binding, and here the usual case.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ifcopenshell


class Attributes:
    """The layouts of one schema's classes."""

    def __init__(self, schema_identifier: str) -> None:
        self._schema = ifcopenshell.schema_by_name(schema_identifier)
        self._indices: dict[tuple[str, tuple[str, ...]], tuple[int | None, ...]] = {}

    def indices(self, ifc_class: str, names: tuple[str, ...]) -> tuple[int | None, ...]:
        """Where the attributes `names` stand in an instance of a class; None for those that it does not have."""
        found = self._indices.get((ifc_class, names))
        if found is None:
            layout = self._layout(ifc_class)
            found = self._indices[ifc_class, names] = tuple(layout.get(name) for name in names)
        return found

    def lineage(self, ifc_class: str) -> list[str]:
        """The class and its supertypes, nearest first."""
        return list(_upward(self._schema.declaration_by_name(ifc_class).as_entity()))

    def declared(self, ifc_class: str) -> list[tuple[str, str]]:
        """(name, name of its type; empty for lists and choices without one) of each attribute, in order."""
        declaration: Any = self._schema.declaration_by_name(ifc_class).as_entity()
        return [(attribute.name(), _type_name(attribute)) for attribute in declaration.all_attributes()]

    def _layout(self, ifc_class: str) -> dict[str, int]:
        declaration: Any = self._schema.declaration_by_name(ifc_class).as_entity()
        return {attribute.name(): index for index, attribute in enumerate(declaration.all_attributes())}


def _type_name(attribute: Any) -> str:
    named = attribute.type_of_attribute().as_named_type()
    return "" if named is None else str(named.declared_type().name())


def _upward(declaration: Any) -> Iterator[str]:
    while declaration is not None:
        yield declaration.name()
        declaration = declaration.supertype()
