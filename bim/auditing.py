"""The auditing process: `python -m bim.auditing MODEL.ifc FILE.ids OUT.json`. Holds ifctester; may die alone."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

import ifcopenshell
import msgspec
from ifctester import ids

from bim import lifeline
from bim.audited import Failure, Told
from bim.worker import MEMORY_BYTES

NOT_IDS = 3
"""Exit code: the file of requirements is not IDS 1.0; the reason is on standard error."""


def main() -> int:
    """Check a model, write what was found; the exit code."""
    lifeline.hold()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    model_path, ids_path, out = sys.argv[1:]
    try:
        document = ids.open(ids_path, validate=True)
    except Exception as error:  # noqa: BLE001 - whatever XML libraries raise: the top of a process says it and ends
        print(f"{type(error).__name__}: {str(error).strip().splitlines()[0]}", file=sys.stderr)
        return NOT_IDS
    model = ifcopenshell.open(model_path)
    document.validate(model, should_filter_version=True)
    told = [each for specification in document.specifications for each in _told(specification)]
    Path(out).write_bytes(msgspec.json.encode(told))
    return 0


def _told(specification: Any) -> list[Told]:
    name, applicable = specification.name, len(specification.applicable_entities)
    if not specification.is_ifc_version:
        return []
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
