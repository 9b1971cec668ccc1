"""The port through which records come in: polls of one source partition at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from events.clock import now
from events.feeds.decoded import Format, Payload
from events.ids import SourceId
from events.quarantine import Refusal

NO_OFFSET = -1
"""Offset of records from a source that keeps none (a file): nothing is tracked, repeats are known by content."""


@dataclass(frozen=True)
class Poll:
    """Records of one source partition, in offset order, sorted into the formats that will decode them.

    `offsets` runs beside `payloads`; what no format takes is in `unreadable` already. `undated`: some payloads are
    UNDATED.
    """

    source: SourceId
    first_offset: int
    last_offset: int
    payloads: dict[Format, list[Payload]]
    offsets: dict[Format, list[int]]
    unreadable: Sequence[Refusal] = field(default=())
    undated: bool = False


class Source(Protocol):
    """Anything that can be polled. `poll` returns an empty list when nothing came within `timeout_s`."""

    def poll(self, timeout_s: float) -> list[Poll]:
        """The next records, one Poll a partition."""

    def close(self) -> None:
        """Leave in good order."""


def file_polls(form: Format, document: bytes) -> list[Poll]:
    """A captured document or table as polls of an in-process source, in the same slices a topic would carry."""
    return document_polls(form, document, SourceId(f"file:{form.name}"))


def document_polls(form: Format, document: bytes, source: SourceId) -> list[Poll]:
    """A document as polls of `source`, which keeps no offsets, received now."""
    received = now()
    return [
        Poll(source, NO_OFFSET, NO_OFFSET, {form: [Payload(part, received, source)]}, {form: [NO_OFFSET]})
        for part in form.split(document)
    ]
