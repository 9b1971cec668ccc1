"""The auditing process: `python -m bim.check.auditing MODEL.ifc FILE.ids OUT.json`. Holds ifctester; may die alone."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ifcopenshell
import msgspec
from ifctester import ids

from bim import lifeline
from bim.check import ids_library
from bim.check.audited import Failure, Report, Told
from bim.check.ids_document import faults
from bim.worker import MEMORY_BYTES

NOT_IDS, UNSOUND_IDS = 3, 4
"""Exit codes: the file of requirements is not IDS 1.0, or asks for what cannot be; the reason is on standard error."""

FAULTS = 5
"""Faults of a file of requirements that are told; further ones are counted."""

OTHER_SCHEMA = "written for another IFC schema, and checked all the same"
NOTHING_CONCERNED = "no element of the model is concerned by any requirement"


class UnsoundError(ValueError):
    """A file of requirements asks for what no model can have; the message names the first faults."""


def main() -> int:
    """Check a model, write what was found; the exit code."""
    lifeline.hold()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    model_path, ids_path, out = sys.argv[1:]
    ids_library.mend()
    try:
        document = opened(ids_path)
    except UnsoundError as error:
        print(error, file=sys.stderr)
        return UNSOUND_IDS
    except Exception as error:  # noqa: BLE001 - whatever XML libraries raise: the top of a process says it and ends
        print(f"{type(error).__name__}: {str(error).strip().splitlines()[0]}", file=sys.stderr)
        return NOT_IDS
    Path(out).write_bytes(msgspec.json.encode(judged(document, ifcopenshell.open(model_path))))
    return 0


def opened(path: str) -> ids.Ids:
    """An IDS document that is valid and sound; UnsoundError, or what ifctester raises."""
    document = ids.open(path, validate=True)
    if found := faults(document):
        more = f" (and {len(found) - FAULTS} more)" if len(found) > FAULTS else ""
        raise UnsoundError("; ".join(found[:FAULTS]) + more)
    return document


def judged(document: ids.Ids, model: ifcopenshell.file) -> Report:
    """How a model meets a document."""
    document.validate(model, should_filter_version=False)
    told = [each for specification in document.specifications for each in _told(specification)]
    return Report(told, list(_notes(document, model, told)))


def _notes(document: ids.Ids, model: ifcopenshell.file, told: list[Told]) -> Iterator[str]:
    """What a verdict does not say: requirements written for other schemas, and that nothing was concerned."""
    for specification in document.specifications:
        if not specification.is_ifc_version:
            versions = specification.ifcVersion
            written = versions if isinstance(versions, str) else ", ".join(versions)
            yield f"{specification.name}: {OTHER_SCHEMA} ({written}; {model.schema_identifier})"
    if not any(each.applicable for each in told):
        yield NOTHING_CONCERNED


def _told(specification: Any) -> list[Told]:
    name, applicable = specification.name, len(specification.applicable_entities)
    if not applicable and specification.minOccurs != 0:
        return [Told(name, "", 0, 0, [Failure(None, None, None, MISSING)])]
    if specification.maxOccurs == 0:
        failures = [_failure(each, PROHIBITED) for each in specification.applicable_entities]
        return [Told(name, "", applicable, 0, failures)]
    return [
        Told(
            name,
            _label(facet),
            applicable,
            applicable - len(facet.failures),
            [_failure(each["element"], each["reason"]) for each in facet.failures],
        )
        for facet in specification.requirements
    ]


MISSING = "The model has no such element"
PROHIBITED = "There shall be no such element"


def _label(facet: Any) -> str:
    """An attribute by its name, a property as `Set.Name`, anything else in IDS's words."""
    if isinstance(facet, ids.Attribute):
        return str(facet.name)
    if isinstance(facet, ids.Property):
        return f"{facet.propertySet}.{facet.baseName}"
    return str(facet.to_string("requirement"))


def _failure(element: Any, reason: str) -> Failure:
    return Failure(getattr(element, "GlobalId", None), element.is_a(), getattr(element, "Name", None), reason)


if __name__ == "__main__":
    sys.exit(main())
