"""Is the log whole: every digest, the continuity of the order, the sources' offsets, the dictionary, destroyed keys.

What is a problem, and what is only said:

    digest       a columnar event's bytes do not have the digest in its header, or a segment cannot be read
    stream       a version is missing or double: an event was lost or put in
    offsets      two polls of a source overlap (a record landed twice), or its tracked offset is behind what landed (it
                 would land twice); being ahead is right, since a poll that tells nothing new is tracked and no event
    dictionary   numbers of entities are not consecutive: rows would belong to another entity
    keys         the vault has a key whose erasure is in the log: give `twin household erase` again
    gaps         positions that no event has: only said. A PostgreSQL sequence leaves one for every append that was
                 rolled back, and a copy or a restored log keeps them; a lost event shows in its stream
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import polars as pl

from events import batch
from events.batch import Header
from events.entities import ENTITIES, SEALED
from events.errors import CorruptEventError
from events.ids import Position
from events.log import Log, LogEvent
from events.source import NO_OFFSET
from twin.codec import decode
from twin.erasure import kept_keys_of_erased

Range = tuple[int, int]


@dataclass(frozen=True)
class Report:
    """Events read, the last position, what is wrong (empty: nothing); digests that agree, sources whose offsets were
    compared, and the positions before and after each gap in the order."""

    events: int
    position: int
    problems: tuple[str, ...]
    digests: int = 0
    sources: int = 0
    gaps: tuple[Range, ...] = ()


def verify(log: Log) -> Report:
    """Read the whole log and say what does not hold together."""
    seen = _Seen()
    for event in _readable(log, seen.problems):
        seen.take(event)
    keys = kept_keys_of_erased(log, log.vault) if log.vault is not None else []
    problems = [*seen.problems, *_untracked(log, seen.polls)]
    if keys:
        problems.append(f"the vault has {len(keys)} keys of erased households; give `twin household erase` again")
    return Report(seen.events, seen.position, tuple(problems), seen.digests, len(seen.polls), tuple(seen.gaps))


@dataclass
class _Seen:
    """What was read so far: the last version by stream, poll by source, and entity by family."""

    events: int = 0
    position: int = 0
    digests: int = 0
    problems: list[str] = field(default_factory=list)
    gaps: list[Range] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    polls: dict[str, Range] = field(default_factory=dict)
    entities: dict[str, int] = field(default_factory=dict)

    def take(self, event: LogEvent) -> None:
        """Take the next event."""
        self.problems += [f"position {event.position}: {told}" for told in self._problems(event)]
        if event.position != self.position + 1:
            self.gaps.append((self.position, event.position))
        self.versions[event.stream] = event.version
        self.events, self.position = self.events + 1, event.position

    def _problems(self, event: LogEvent) -> Iterator[str]:
        before = self.versions.get(event.stream, 0)
        if event.version != before + 1:
            yield f"stream {event.stream} goes from version {before} to {event.version}"
        if event.state[: len(batch.MAGIC)] == batch.MAGIC:
            yield from self._columnar(event)
            return
        try:
            decode(event.tag, event.state)
        except CorruptEventError as error:
            yield str(error)

    def _columnar(self, event: LogEvent) -> Iterator[str]:
        if (found := batch.verify(event.state)) is not None:
            yield f"{event.tag}: {found}"
            return
        self.digests += 1
        header = batch.header_of(event.state)
        yield from self._polled(header)
        if event.tag in (ENTITIES, SEALED):
            yield from self._named(header, event.state)

    def _polled(self, header: Header) -> Iterator[str]:
        """The events of one poll share its offsets; the next poll's lie behind them."""
        if header.last_offset == NO_OFFSET:
            return
        poll = (header.first_offset, header.last_offset)
        before = self.polls.get(header.source)
        if before is not None and poll != before and poll[0] <= before[1]:
            yield f"{header.source}: offsets {poll[0]} to {poll[1]} landed after {before[0]} to {before[1]}"
        self.polls[header.source] = poll

    def _named(self, header: Header, state: bytes) -> Iterator[str]:
        numbers = batch.decode(state, {"entity": pl.UInt32()}, ["entity"])["entity"].to_list()
        first = self.entities.get(header.family, 0)
        if numbers != list(range(first, first + len(numbers))):
            yield f"{header.family}: entities {numbers[:3]}… are named where {first} is the next"
        self.entities[header.family] = first + len(numbers)


def _readable(log: Log, problems: list[str]) -> Iterator[LogEvent]:
    """Every event that can be read; an unreadable one is a problem, and reading goes on behind it."""
    after = Position(0)
    while True:
        try:
            for event in log.read(after):
                yield event
                after = event.position
            return
        except CorruptEventError as error:
            (damaged,) = islice(log.stored(after, page=1), 1)
            after = damaged.position
            problems.append(f"position {after}: {error}")


def _untracked(log: Log, polls: dict[str, Range]) -> Iterator[str]:
    for source, (_, last) in sorted(polls.items()):
        tracked = log.tracked(source)
        if tracked is None or tracked < last:
            yield f"{source}: offset {last} landed, but {'none' if tracked is None else tracked} is tracked"
