"""Whether an IDS document asks for what can be: names and values held against the IFC schemas that it is written for.

XML Schema lets a document through that asks a wall for an attribute it does not have, a count for 42.0, or a slab for
being a wall: no model can meet it, and a check that says *failed* for it blames the model. Rules: IDS 1.0, and
buildingSMART's implementers' cases named *invalid*.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Any

import ifcopenshell.ifcopenshell_wrapper as vendor
from elementpath.regex import translate_pattern
from ifctester import facet, ids

REAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN")
INTEGER = re.compile(r"[+-]?\d+")
BOOLEAN = re.compile(r"true|false|0|1")
LOGICAL = re.compile(r"true|false|0|1|UNKNOWN")
WRITTEN = {"real": REAL, "number": REAL, "integer": INTEGER, "boolean": BOOLEAN, "logical": LOGICAL}
"""Simple types of EXPRESS, and how XML Schema writes their values; any text is a string."""

NUMBERS = ("real", "number", "integer")
TEXTUAL = ("pattern", "length", "minLength", "maxLength")
NUMERIC_BASES = frozenset(
    """double float decimal integer int long short byte nonNegativeInteger positiveInteger nonPositiveInteger
    negativeInteger unsignedInt unsignedLong unsignedShort unsignedByte""".split()  # noqa: SIM905 (a list to read)
)


def faults(document: ids.Ids) -> list[str]:
    """What in the document no model can meet, each naming its specification; empty: it is sound."""
    return [
        f"{specification.name or 'specification'}: {fault}"
        for specification in document.specifications
        for fault in _of_specification(specification)
    ]


def _of_specification(specification: Any) -> Iterator[str]:
    versions = specification.ifcVersion
    schemas = [one for one in ([versions] if isinstance(versions, str) else versions) if _is_known(one)]
    if specification.maxOccurs == 0 and specification.requirements:
        yield "nothing of the kind shall be there, and yet requirements are given"
    concerned = [one.name for one in specification.applicability if isinstance(one, facet.Entity)]
    for one in (*specification.applicability, *specification.requirements):
        yield from _of_facet(one, concerned, schemas)
    for one in specification.requirements:
        if isinstance(one, facet.Entity) and concerned and not _share(one.name, concerned, schemas):
            yield f"{_text(concerned[0])} is asked to be {_text(one.name)}, which it never is"


def _of_facet(one: Any, concerned: list[Any], schemas: list[str]) -> Iterator[str]:
    match one:
        case facet.Entity():
            yield from _of_entity(one.name, one.predefinedType, schemas)
        case facet.PartOf() if one.name is not None:
            yield from _of_entity(one.name, one.predefinedType, schemas)
        case facet.Attribute():
            yield from _of_attribute(one, concerned, schemas)
        case facet.Property():
            yield from _of_property(one, schemas)


def _of_entity(name: Any, predefined: Any, schemas: list[str]) -> Iterator[str]:
    for schema in schemas:
        found = _entities(name, schema)
        if not found:
            yield f"{schema} has no {_text(name)} (names are written in capitals)"
        elif predefined is not None and not any(_has_predefined(schema, each) for each in found):
            yield f"{_text(name)} has no PredefinedType in {schema}"


def _of_attribute(one: Any, concerned: list[Any], schemas: list[str]) -> Iterator[str]:
    """An attribute that those concerned have themselves (none derived, none inverse), and a value of its type."""
    for schema in schemas:
        names = _entities(concerned[0], schema) if concerned else list(_schema(schema))
        if concerned and not all(name in _schema(schema) for name in names or [""]):
            continue  # told of the entity; or only types of the name are in the schema
        types = [kind for each in names for name, kind in _explicit(schema, each).items() if _fits(one.name, name)]
        if not types:
            yield f"{_text(concerned[0]) if concerned else schema} has no attribute {_text(one.name)} in {schema}"
        elif one.value is not None and not any(_can_be(kind, one.value) for kind in types):
            yield f"no {_text(one.name)} is ever {_text(one.value)} in {schema}"


def _of_property(one: Any, schemas: list[str]) -> Iterator[str]:
    if one.dataType is None:
        return
    for schema in schemas:
        kind = _measure(schema, str(one.dataType))
        if kind is None:
            yield f"{schema} has no data type {one.dataType}"
        elif one.value is not None and not _can_be(kind, one.value):
            yield f"no {one.dataType} is ever {_text(one.value)}"


def _share(name: Any, concerned: list[Any], schemas: list[str]) -> bool:
    """Whether some entity is both; where no schema knows either, that is told elsewhere."""
    both = [(set(_entities(name, s)), set(_entities(concerned[0], s))) for s in schemas]
    known = [(wanted, there) for wanted, there in both if wanted and there]
    return not known or any(wanted & there for wanted, there in known)


def _can_be(kind: str, value: Any) -> bool:
    """Whether something of a simple type can have a value, or one that a restriction leaves."""
    if kind == "composite":
        return False
    written = WRITTEN.get(kind)
    options = getattr(value, "options", {"enumeration": [value]})
    if written is None:
        return True
    if kind in NUMBERS and any(name in options for name in TEXTUAL):
        return False
    if kind in NUMBERS and isinstance(value, facet.Restriction) and not _is_numeric(value):
        return False
    several = options.get("enumeration", [])
    return not several or any(written.fullmatch(str(each)) for each in several)


def _is_numeric(value: Any) -> bool:
    """A restriction written for numbers; a single value, which `bim.check.ids_library` wraps, is as it is written."""
    return value.base in NUMERIC_BASES or set(value.options) == {"enumeration"}


def _fits(wanted: Any, name: str) -> bool:
    """Whether a name is the one wanted, or one that a restriction leaves."""
    if not isinstance(wanted, facet.Restriction):
        return str(wanted) == name
    patterns = wanted.options.get("pattern", [])
    listed = wanted.options.get("enumeration", [])
    several = [patterns] if isinstance(patterns, str) else patterns
    return name in listed or any(_regex(one).fullmatch(name) for one in several)


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(translate_pattern(pattern, back_references=False, lazy_quantifiers=False, anchors=False))


def _entities(name: Any, schema: str) -> Collection[str]:
    return [each for each in _names(schema) if _fits(name, each)]


def _is_known(schema: str) -> bool:
    return schema in vendor.schema_names()


@cache
def _schema(schema: str) -> dict[str, Any]:
    """Entities of a schema by their names in capitals."""
    return {each.name().upper(): each for each in vendor.schema_by_name(schema).entities()}


@cache
def _names(schema: str) -> tuple[str, ...]:
    """Entities, and occurrences that IFC2X3 has only types of (IFCFLOWMETER): IDS names those as IFC4 does."""
    declared = _schema(schema)
    occurrences = {name.removesuffix("TYPE").removesuffix("STYLE") for name in declared if _is_type(declared[name])}
    return tuple(sorted({*declared, *occurrences}))


def _is_type(declared: Any) -> bool:
    return bool(declared._is("IfcTypeProduct"))


@cache
def _has_predefined(schema: str, entity: str) -> bool:
    """Whether occurrences, or their types, have a PredefinedType."""
    declared = _schema(schema)
    kinds = [declared[name] for name in (entity, f"{entity}TYPE", f"{entity}STYLE") if name in declared]
    below = [each.name().upper() for kind in kinds for each in _subtypes(kind)]
    return any("PredefinedType" in _explicit(schema, name) for name in below)


def _subtypes(declared: Any) -> Iterator[Any]:
    """The entity itself, and all below it."""
    yield declared
    for each in declared.subtypes():
        yield from _subtypes(each)


@cache
def _explicit(schema: str, entity: str) -> dict[str, str]:
    """Attributes that an entity's instances hold themselves, with their simple types."""
    declared = _schema(schema)[entity]
    pairs: Iterable[tuple[Any, bool]] = zip(declared.all_attributes(), declared.derived(), strict=True)
    return {one.name(): _simple(one.type_of_attribute()) for one, is_derived in pairs if not is_derived}


def _measure(schema: str, name: str) -> str | None:
    """The simple type of a measure by its name in capitals."""
    return _types(schema).get(name)


@cache
def _types(schema: str) -> dict[str, str]:
    """Simple types of a schema's data types, by their names in capitals."""
    found: dict[str, str] = {}
    declarations: Iterable[Any] = vendor.schema_by_name(schema).declarations()
    for each in declarations:
        if each.as_enumeration_type() is not None:
            found[each.name().upper()] = "string"
        elif (declared := each.as_type_declaration()) is not None:
            found[each.name().upper()] = _simple(declared.declared_type())
    return found


def _simple(kind: Any) -> str:
    """The simple type beneath a type; `composite` for entities, selects and collections, `string` for enumerations."""
    if kind.as_aggregation_type() is not None:
        return "composite"
    if (simple := kind.as_simple_type()) is not None:
        return str(simple.declared_type())
    declared = kind.as_named_type().declared_type()
    if declared.as_enumeration_type() is not None:
        return "string"
    beneath = declared.as_type_declaration()
    return "composite" if beneath is None else _simple(beneath.declared_type())


def _text(value: Any) -> str:
    if not isinstance(value, facet.Restriction):
        return str(value)
    (kind, wanted), *_ = value.options.items() or [("anything", "")]
    listed = ", ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)
    return listed if kind == "enumeration" else f"{kind} {listed}"
