"""Entities that bear no name any more: what the events that end a tenancy or erase a household tell a reader of names.

The names here are the storage format of those two events (`twin.aggregates.household` has the rest of their fields).
"""

from __future__ import annotations

import msgspec

TENANCY_ENDED = "tenancy.ended.v1"
"""Tag: the household moved out; its entities keep their readings, under a label of their own."""

HOUSEHOLD_ERASED = "household.erased.v1"
"""Tag: the household's keys are destroyed; its readings belong to nobody."""

UNNAMED = "unnamed"
"""Label of an entity whose name the vault does not have (it was opened without its vault)."""

LABELS = {TENANCY_ENDED: "former", HOUSEHOLD_ERASED: "erased"}
"""What such an entity is called: the label, a colon, and its number."""


LABEL = rf"^({'|'.join((*LABELS.values(), UNNAMED))}):\d+$"
"""Regular expression of every label."""


class Former(msgspec.Struct, frozen=True):
    """The one field that names: entities by family."""

    entities: dict[str, list[int]]


_DECODER = msgspec.json.Decoder(Former)


def former_entities(state: bytes) -> dict[str, list[int]]:
    """Entities by family that the stored event speaks of."""
    return _DECODER.decode(state).entities


def label_of(tag: str, entity: int) -> str:
    """What the entity is called after such an event.

    >>> label_of(HOUSEHOLD_ERASED, 5)
    'erased:5'
    """
    return f"{LABELS[tag]}:{entity}"
