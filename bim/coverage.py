"""The coverage report: what a file holds, what was got of it, what is missing and why. For the designer to act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import msgspec
import polars as pl

from bim.facts import Step
from bim.reading import Reading
from bim.references import classes
from bim.tree import Tree

_SAMPLE = 20


class ClassCoverage(msgspec.Struct, frozen=True):
    """For one class: how many were wanted, how many were got, and which are missing (at most 20 ids). `lines`: bodies
    that are lines only, which are not wanted."""

    ifc_class: str
    wanted: int
    got: int
    missing: list[str]
    lines: int = 0


class Phase(msgspec.Struct, frozen=True):
    """CPU seconds of one phase of the load. `drawn`: products drawn by a kernel."""

    name: str
    cpu_s: float
    drawn: int = 0


class Coverage(msgspec.Struct, frozen=True):
    """The report.

    `geometry`: products with a body that is more than lines, and those drawn. `spaces`: those with a storey and an
    area. `properties`, `quantities`: entities, and those with at least one. `dangling`: instance numbers that are
    referred to and not defined. `dropped`: instances defined and not taken by the schema the file was opened as;
    `dropped_classes` names the classes that it does not know. `unread`: entities that raised when read. `incidents`:
    kernels that died, hung or failed, and whatever else the designer should know. `text_encoding`: what names were
    written in; anything but `STEP` was guessed.
    """

    geometry: list[ClassCoverage]
    spaces: list[ClassCoverage]
    properties: list[ClassCoverage]
    quantities: list[ClassCoverage]
    null_global_ids: int
    malformed_global_ids: int
    duplicate_global_ids: int
    dangling: int
    dangling_sample: list[int]
    dropped: int
    unread: int
    length_unit: str
    incidents: list[str]
    phases: list[Phase]
    peak_bytes: int
    dropped_classes: list[str] = []
    text_encoding: str = "STEP"

    @property
    def wanted(self) -> int:
        """Products with a body that is more than lines."""
        return sum(each.wanted for each in self.geometry)

    @property
    def lines(self) -> int:
        """Products whose body is lines only."""
        return sum(each.lines for each in self.geometry)

    @property
    def got(self) -> int:
        """Products drawn."""
        return sum(each.got for each in self.geometry)


def coverage(
    tree: Tree,
    reading: Reading,
    drawn: set[Step],
    tables: dict[str, pl.DataFrame],
    length_unit: str,
    phases: list[Phase],
) -> Coverage:
    """The report of one load."""
    parsed, dangling = reading.parsed, reading.references.dangling
    dropped = max(0, reading.references.defined - parsed.facts.instances)
    ids = tree.ids
    bodies = {entity.step for entity in tree.facts.entities if entity.wanted}
    placed = tables["spaces"].filter(pl.col("storey_id").is_not_null() & pl.col("area_m2").is_not_null())
    spaces = {entity.step for entity in tree.of_class("IfcSpace")}
    elements = {entity.step for entity in tree.of_class("IfcElement", "IfcSpace", "IfcProxy")}
    return Coverage(
        geometry=_by_class(tree, bodies, {ids.id_of[step] for step in drawn}, parsed.lines - drawn),
        spaces=_by_class(tree, spaces, set(placed["space_id"])),
        properties=_by_class(tree, elements, set(tables["properties"]["entity_id"])),
        quantities=_by_class(tree, elements, set(tables["quantities"]["entity_id"])),
        null_global_ids=len(ids.null),
        malformed_global_ids=len(ids.malformed),
        duplicate_global_ids=len(ids.duplicate),
        dangling=len(dangling),
        dangling_sample=sorted(dangling)[:_SAMPLE],
        dropped=dropped,
        unread=parsed.facts.unread,
        length_unit=length_unit,
        incidents=parsed.incidents,
        phases=phases,
        peak_bytes=parsed.peak_bytes,
        dropped_classes=_dropped_classes(reading) if dropped else [],
        text_encoding=reading.readable.encoding or "STEP",
    )


def _dropped_classes(reading: Reading) -> list[str]:
    """Classes that the file holds and the schema it was opened as does not know, each with its count."""
    known = {each.upper() for each in reading.parsed.facts.classes}
    found = classes(reading.readable.path)
    return [f"{name}: {count}" for name, count in sorted(found.items()) if name not in known][:_SAMPLE]


def _by_class(tree: Tree, wanted: set[Step], got: set[str], lines: Collection[Step] = ()) -> list[ClassCoverage]:
    all_of: Counter[str] = Counter()
    got_of: Counter[str] = Counter()
    lines_of: Counter[str] = Counter()
    missing: dict[str, list[str]] = {}
    for entity in tree.facts.entities:
        if entity.step not in wanted:
            continue
        if entity.step in lines:
            lines_of[entity.ifc_class] += 1
            continue
        key = tree.ids.id_of[entity.step]
        all_of[entity.ifc_class] += 1
        got_of[entity.ifc_class] += key in got
        if key not in got:
            missing.setdefault(entity.ifc_class, []).append(key)
    return [
        ClassCoverage(
            ifc_class,
            all_of[ifc_class],
            got_of[ifc_class],
            missing.get(ifc_class, [])[:_SAMPLE],
            lines_of[ifc_class],
        )
        for ifc_class in sorted({*all_of, *lines_of})
    ]
