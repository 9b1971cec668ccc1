"""One id per entity: its GlobalId, or a deterministic and reported substitute where that is null, malformed or doubled.

A substitute is the compressed UUID version 5 of what the entity is called and which of its namesakes it is, so the same
file gives the same ids, and a revision that only adds entities at its end keeps them.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from dataclasses import dataclass

from bim.facts import Entity, Step

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$"
_GLOBAL_ID = re.compile(r"[0-3][0-9A-Za-z_$]{21}\Z")
_NAMESPACE = uuid.UUID("6f0a3c52-93f5-5d36-9f0e-5a8f5b7f3d11")


@dataclass(frozen=True)
class Identities:
    """`id_of`: step → id, unique within the file. The lists name the substitutes given, by reason."""

    id_of: dict[Step, str]
    null: list[str]
    malformed: list[str]
    duplicate: list[str]


def identities(entities: list[Entity]) -> Identities:
    """An id for each entity; the first of doubled GlobalIds keeps it."""
    found = Identities({}, [], [], [])
    seen: Counter[str] = Counter()
    for entity in entities:
        stated = entity.global_id or ""
        key = stated or f"{entity.ifc_class}/{entity.name}/{entity.tag}"
        seen[key] += 1
        if _GLOBAL_ID.match(stated) and seen[key] == 1:
            found.id_of[entity.step] = stated
            continue
        substitute = compressed(uuid.uuid5(_NAMESPACE, f"{key}/{seen[key]}"))
        found.id_of[entity.step] = substitute
        _reason(found, stated, seen[key]).append(substitute)
    return found


def compressed(identifier: uuid.UUID) -> str:
    """A UUID as an IFC GlobalId: 22 digits of base 64, the first of which holds 2 bits.

    >>> compressed(uuid.UUID(int=0))
    '0000000000000000000000'
    """
    return "".join(_DIGITS[identifier.int >> shift & 63] for shift in range(126, -1, -6))


def _reason(found: Identities, stated: str, nth: int) -> list[str]:
    if not stated:
        return found.null
    return found.duplicate if nth > 1 else found.malformed
