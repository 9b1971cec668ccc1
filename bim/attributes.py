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
        self._layouts: dict[str, dict[str, int]] = {}

    def read(self, instance: Any, ifc_class: str, name: str) -> Any:
        """The attribute `name` of an instance of `ifc_class`; None where the class has no such attribute."""
        layout = self._layouts.get(ifc_class)
        if layout is None:
            layout = self._layouts[ifc_class] = self._layout(ifc_class)
        index = layout.get(name)
        return None if index is None else instance.get_argument(index)

    def lineage(self, ifc_class: str) -> list[str]:
        """The class and its supertypes, nearest first."""
        return list(_upward(self._schema.declaration_by_name(ifc_class).as_entity()))

    def _layout(self, ifc_class: str) -> dict[str, int]:
        declaration: Any = self._schema.declaration_by_name(ifc_class).as_entity()
        return {attribute.name(): index for index, attribute in enumerate(declaration.all_attributes())}


def _upward(declaration: Any) -> Iterator[str]:
    while declaration is not None:
        yield declaration.name()
        declaration = declaration.supertype()
