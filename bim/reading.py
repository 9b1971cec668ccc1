"""From a file to what the parser makes of it: by the schema that its header names, or by the one that it really is.

A header may lie: exporters write IFC2X3 over IFC4. Where the parser leaves instances out and another schema takes more
of them, that one reads the file, and the report says so.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from bim import numbers
from bim.errors import BimError, CorruptIfcError, NotAnIfcError
from bim.file import IfcFile, ReadableIfc, make_readable, rewritten
from bim.parsing import Parsed, parse
from bim.process import Worker
from bim.references import References, references
from bim.schemas import LOADABLE


@dataclass(frozen=True)
class Reading:
    """The file as it was given to the parser, what the parser said, and what the file's bytes define."""

    readable: ReadableIfc
    parsed: Parsed
    references: References


def read(worker: Worker, file: IfcFile, folder: Path, budget_s: float, length_unit_m: float | None) -> Reading:
    """Parse and draw a file. Raises what `bim.file` and `bim.parsing` raise, NotAnIfcError where nothing is in it."""
    deadline = time.monotonic() + budget_s
    readable = make_readable(file, folder)
    try:
        parsed = parse(worker, str(file.path), readable.path.resolve(), folder, budget_s, length_unit_m)
    except CorruptIfcError:
        mended = _without_words(worker, file, readable, folder, deadline, length_unit_m)
        if mended is None:
            raise
        readable, parsed = mended
    told = references(readable.path, parsed.facts.instances)
    if not told.defined:
        raise NotAnIfcError(f"{file.path}: a header and no instance after it; export the model again")
    if told.defined > parsed.facts.instances:
        better = _by_another_schema(worker, file, readable, parsed, folder, deadline, length_unit_m)
        readable, parsed = better or (readable, parsed)
    if not parsed.facts.instances:
        raise NotAnIfcError(
            f"{file.path}: the parser takes none of its {told.defined:,} instances; is a comment never closed?"
        )
    return Reading(readable, parsed, told)


def _without_words(
    worker: Worker, file: IfcFile, readable: ReadableIfc, folder: Path, deadline: float, length_unit_m: float | None
) -> tuple[ReadableIfc, Parsed] | None:
    """The file with nulls for its numbers that are words (1.#INF), at which the parser gives up; None without any."""
    place = folder / "numbers"
    place.mkdir()
    path, count = numbers.without_words(readable.path, place / "numbers.ifc")
    if not count:
        return None
    left_s = max(1.0, deadline - time.monotonic())
    parsed = parse(worker, str(file.path), path.resolve(), place, left_s, length_unit_m)
    parsed.incidents.append(f"{count} numbers are none (such as 1.#INF, NaN or 1.E400): read as null")
    return replace(readable, path=path), parsed


def _by_another_schema(
    worker: Worker,
    file: IfcFile,
    readable: ReadableIfc,
    parsed: Parsed,
    folder: Path,
    deadline: float,
    length_unit_m: float | None,
) -> tuple[ReadableIfc, Parsed] | None:
    """The file read by the schema that takes the most of its instances; None where that is the header's own."""
    taken = parsed.facts.instances
    best: ReadableIfc | None = None
    for schema in LOADABLE:
        if schema == readable.schema_loaded or time.monotonic() > deadline:
            continue
        other = _as(readable, schema, folder)
        held = _instances(worker, file, other, deadline, length_unit_m)
        if held > taken:
            taken, best = held, other
    if best is None:
        return None
    left_s = max(1.0, deadline - time.monotonic())
    again = parse(worker, str(file.path), best.path.resolve(), best.path.parent, left_s, length_unit_m)
    again.incidents.append(
        f"the header names {readable.schema}; as {best.schema_loaded} the file has "
        f"{taken - parsed.facts.instances} instances more, so it is read as that"
    )
    return best, again


def _as(readable: ReadableIfc, schema: str, folder: Path) -> ReadableIfc:
    place = folder / schema
    place.mkdir()
    path = rewritten(readable.path, place / "renamed.ifc", schema, None)
    return ReadableIfc(path, readable.schema, schema, readable.encoding)


def _instances(worker: Worker, file: IfcFile, readable: ReadableIfc, deadline: float, unit_m: float | None) -> int:
    """How many instances a schema takes; 0 where it cannot read the file at all."""
    left_s = max(1.0, deadline - time.monotonic())
    try:
        found = parse(worker, str(file.path), readable.path.resolve(), readable.path.parent, left_s, unit_m, kernels=())
    except BimError:
        return 0
    return found.facts.instances
