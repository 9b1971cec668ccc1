"""What the auditing process tells of a model: the message between `bim.check.auditing` and `bim.check.audit`."""

from __future__ import annotations

import msgspec


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """One element that does not meet a requirement, and why; all null: the model lacks such an element."""

    global_id: str | None
    ifc_class: str | None
    name: str | None
    reason: str


class Told(msgspec.Struct, frozen=True, array_like=True):
    """One requirement of a specification (empty: the specification itself), and how its elements meet it."""

    specification: str
    requirement: str
    applicable: int
    passed: int
    failures: list[Failure]


class Report(msgspec.Struct, frozen=True):
    """All requirements, and what whoever reads of them should know (in English; see `bim.check.audit`)."""

    told: list[Told]
    notes: list[str]
