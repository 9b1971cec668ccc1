"""How things of a model hang together, as far as a register asks: wholes, spaces that are bounded, ports, documents."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import ifcopenshell.util.element as elements
import ifcopenshell.util.fm

from bim.give.cobie.naming import Names
from bim.give.cobie.template import NONE
from bim.relations import by_type


def components(model: Any) -> list[Any]:
    """The elements that a facility manager looks after, in file order."""
    found = {e.id(): e for c in ifcopenshell.util.fm.cobie_component_classes for e in by_type(model, c)}
    for kind in ifcopenshell.util.fm.get_cobie_types(model):
        found |= {e.id(): e for e in elements.get_types(kind)}
    return [found[key] for key in sorted(found)]


def types(model: Any, named: Names) -> list[Any]:
    """The types of components, in file order."""
    found = {kind.id(): kind for kind in ifcopenshell.util.fm.get_cobie_types(model)}
    for element in components(model):
        kind = elements.get_type(element) if element in named else None
        if kind is not None:
            found[kind.id()] = kind
    return [found[key] for key in sorted(found)]


def bounded_spaces(model: Any) -> dict[int, list[Any]]:
    """The spaces whose boundaries name an element, by the element's id."""
    found: dict[int, list[Any]] = defaultdict(list)
    for rel in model.by_type("IfcRelSpaceBoundary"):
        if (
            rel.RelatedBuildingElement is not None
            and rel.RelatingSpace is not None
            and rel.RelatingSpace.is_a("IfcSpace")
        ):
            found[rel.RelatedBuildingElement.id()].append(rel.RelatingSpace)
    return found


def above(thing: Any, ifc_class: str) -> Any:
    """The nearest whole of a class."""
    whole: Any = elements.get_aggregate(thing)
    while whole is not None and not whole.is_a(ifc_class):
        whole = elements.get_aggregate(whole)
    return whole


def nest(thing: Any) -> Any:
    """What it is nested in; None: in nothing."""
    return next((rel.RelatingObject for rel in getattr(thing, "Nests", None) or ()), None)


def port_owner(port: Any) -> Any:
    """The element that a port is of."""
    direct = next((rel.RelatedElement for rel in getattr(port, "ContainedIn", None) or ()), None)
    return direct or nest(port)


def information(reference: Any) -> Any:
    """What a reference to a document says of the document itself; None: nothing."""
    told = getattr(reference, "ReferencedDocument", None) or getattr(reference, "ReferenceToDocument", None)
    return told[0] if isinstance(told, tuple) and told else told or None


def folder(location: str | None) -> str:
    """A location up to its last part."""
    return (location or "").replace("\\", "/").rpartition("/")[0] or NONE


def file_name(location: str | None) -> str:
    """A location's last part."""
    return (location or "").replace("\\", "/").rpartition("/")[2] or NONE
