"""Why a number is what it is: from the value, through cut and projection, down to the event that brought it.

A batch holds the rows of one poll of one source partition, so that the chain ends at the poll's offsets, first to last;
which record among them held the row is not kept. A file has no offsets. The digest is checked as the chain is told.
What was believed before of the same thing at the same event time is told too, with what corrected it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from events import batch
from events.batch import Header
from events.errors import UsageError
from events.log import LogEvent
from replay.beliefs import Belief, beliefs
from replay.city import City
from replay.clocks import record_time
from replay.evidence import projection_of
from replay.show import Fact, facts_of


@dataclass(frozen=True)
class Origin:
    """The log event behind a value. The columnar fields are null for a domain event, which is one fact by itself.

    `topic`, `partition`, `topic_id` (its beginning) are those of a Kafka source; `first_offset` to `last_offset` the
    records of the poll, `refused` how many inputs of it sit in quarantine, where their bytes are kept. `sha256` is the
    batch's own digest, or that of a domain event's bytes; `intact` says that the stored bytes still have it (a domain
    event carries none to compare with: null).
    """

    position: int
    stream: str
    version: int
    tag: str
    recorded_at: datetime
    sha256: str
    intact: bool | None
    source: str | None = None
    rows: int | None = None
    topic: str | None = None
    partition: int | None = None
    topic_id: str | None = None
    first_offset: int | None = None
    last_offset: int | None = None
    refused: int | None = None


@dataclass(frozen=True)
class Chain:
    """A value, the cut it stands in (instant and knowledge), the projection that holds it, its origin, and all beliefs
    of its entity and event time up to this one, oldest first, each with what it lost to."""

    fact: Fact
    at: datetime | None
    known: int
    known_at: datetime | None
    projection: str
    projection_version: int
    origin: Origin
    beliefs: tuple[Belief, ...] = ()


def why(
    city: City, entity: str, quantity: str, at: datetime | None = None, known: int | datetime | None = None
) -> Chain:
    """The chain behind `quantity` of `entity`: a column's name, or a reading's unit where a point has several.

    UsageError when the cut knows no such entity or quantity, or more than one.
    """
    cut = city.cut(at, known)
    facts = facts_of(cut, entity, cut.at)
    found = [f for f in facts if quantity in (f.quantity, f.unit if f.frame == "readings" else f.quantity)]
    if len(found) != 1:
        raise UsageError(_advice(entity, quantity, facts, found))
    projection, version = projection_of(cut, found[0].frame)
    source, told = origin(city.log.at(found[0].position)), beliefs(city, found[0], cut.known)
    return Chain(found[0], at, cut.known, cut.known_at, projection, version, source, told)


def origin(event: LogEvent) -> Origin:
    """What a log event says of itself."""
    told = (event.position, event.stream, event.version, event.tag, record_time(event))
    if event.state[:3] != batch.MAGIC:
        return Origin(*told, hashlib.sha256(event.state).hexdigest(), None)
    header = batch.header_of(event.state)
    offsets = (header.first_offset, header.last_offset) if header.last_offset >= 0 else (None, None)
    intact = batch.verify(event.state) is None
    source = (header.source, header.rows, *_partition(header), *offsets, header.refused)
    return Origin(*told, header.sha256, intact, *source)


def _partition(header: Header) -> tuple[str | None, int | None, str | None]:
    """Topic, partition and topic id of a source named `kafka:<topic>:<partition>:<id>`."""
    words = header.source.split(":")
    if words[0] != "kafka" or len(words) < 3:
        return None, None, None
    return words[1], int(words[2]), words[3] if len(words) > 3 else None


def _advice(entity: str, quantity: str, facts: list[Fact], found: list[Fact]) -> str:
    if not found:
        there = sorted({f.quantity for f in facts})
        return f"{entity!r} has no {quantity!r} in this cut; there are {', '.join(there)}"
    several = ", ".join(f"{f.entity} {f.quantity} ({f.unit})" for f in found)
    return f"{quantity!r} of {entity!r} is several values: {several}; name the unit, or one entity"
