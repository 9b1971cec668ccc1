"""Is the log whole: every digest, the chain, the continuity of the order, the sources' offsets, the dictionary, keys.

It reports, and never raises, whatever the bytes are. What is a problem, and what is only said:

    file         SQLite's own check of its pages, rows and indexes
    digest       an event's bytes do not have the digest that it carries, are of no form that its tag has, or a segment
                 cannot be read; of domain events from before there were digests only the chain can tell
    chain        the events up to a seal are not those that were sealed, or end before it
    stream       a version is missing or double: an event was lost or put in
    offsets      two polls of a source overlap (a record landed twice), or its tracked offset is behind what landed (it
                 would land twice); being ahead is right, since a poll that tells nothing new is tracked and no event
    dictionary   numbers of entities are not consecutive: rows would belong to another entity
    keys         the vault has a key whose erasure is in the log: give `twin household erase` again
    gaps         positions that no event has: only said. A PostgreSQL sequence leaves one for every append that was
                 rolled back, and a copy or a restored log keeps them; a lost event shows in its stream
    inversions   record times that do not rise, of logs from before they had to: only said (`replay.clocks`)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from events import batch
from events.batch import Header
from events.entities import ENTITIES, SEALED
from events.errors import CorruptEventError, TwinError
from events.log import PAGE, Log, LogEvent
from events.sealing.chain import BEGINNING, Mark
from events.sealing.records import COLUMNAR, amiss, has_digest, recorded_us
from events.source import NO_OFFSET
from twin.codec import decode
from twin.erasure import kept_keys_of_erased

Range = tuple[int, int]

TRIED = 4_096
"""Positions behind an unreadable event that are tried one by one before the rest is given up."""


@dataclass(frozen=True)
class Report:
    """Events read, the last position, what is wrong (empty: nothing); digests that agree, sources whose offsets were
    compared, the positions before and after each gap in the order; the last position sealed (0: none), and the
    positions whose record time is not later than that of the event before."""

    events: int
    position: int
    problems: tuple[str, ...]
    digests: int = 0
    sources: int = 0
    gaps: tuple[Range, ...] = ()
    sealed: int = field(default=0, compare=False)
    inversions: tuple[int, ...] = ()


def verify(log: Log) -> Report:
    """Read the whole log and say what does not hold together."""
    seen = _Seen(problems=log.amiss())
    try:
        seen.seals = log.seals()
    except TwinError as error:
        seen.problems.append(f"the seals cannot be read: {error}")
    for event in _readable(log, seen.problems):
        seen.take(event)
    seen.problems += seen.unsealed()
    seen.problems += _quietly(lambda: _untracked(log, seen.polls), "tracked offsets")
    seen.problems += _quietly(lambda: _kept_keys(log), "the vault")
    sealed = seen.seals[-1].position if seen.seals else 0
    return Report(
        seen.events,
        seen.position,
        tuple(seen.problems),
        seen.digests,
        len(seen.polls),
        tuple(seen.gaps),
        sealed,
        tuple(seen.inversions),
    )


@dataclass
class _Seen:
    """What was read so far: the last version by stream, poll by source, and entity by family."""

    events: int = 0
    position: int = 0
    digests: int = 0
    problems: list[str] = field(default_factory=list)
    gaps: list[Range] = field(default_factory=list)
    inversions: list[int] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    polls: dict[str, Range] = field(default_factory=dict)
    entities: dict[str, int] = field(default_factory=dict)
    seals: list[Mark] = field(default_factory=list)
    mark: Mark = BEGINNING
    _recorded: int | None = None
    _agreed: int = 0
    _compared: int = 0

    def take(self, event: LogEvent) -> None:
        """Take the next event."""
        try:
            self.problems += [f"position {event.position}: {told}" for told in self._problems(event)]
        except Exception as error:  # noqa: BLE001 whatever damaged bytes do to a reader is what this is here to report
            told = f"cannot be understood: {type(error).__name__}: {error}"
            self.problems.append(f"position {event.position}: {event.tag}: {told}")
        if event.position != self.position + 1:
            self.gaps.append((self.position, event.position))
        self._timed(event)
        self.versions[event.stream] = event.version
        self.events, self.position = self.events + 1, event.position
        self._chained(event)

    def unsealed(self) -> Iterator[str]:
        """Seals that the log ends before."""
        beyond = [seal.position for seal in self.seals[self._compared :]]
        if beyond:
            yield (
                f"the log was sealed up to position {beyond[-1]} and ends at {self.position}: events at its end are "
                "missing; restore it from a backup"
            )

    def _chained(self, event: LogEvent) -> None:
        self.mark = self.mark.after(event)
        while self._compared < len(self.seals) and self.seals[self._compared].position <= event.position:
            seal = self.seals[self._compared]
            if seal != self.mark:
                self.problems.append(
                    f"positions {self._agreed + 1} to {seal.position}: the events are not those that were sealed; "
                    "restore the log from a backup"
                )
                self.mark = Mark(self.mark.position, seal.digest, seal.before)  # so that what follows is told apart
            self._agreed, self._compared = seal.position, self._compared + 1

    def _timed(self, event: LogEvent) -> None:
        recorded = recorded_us(event.state)
        if recorded is not None:
            if self._recorded is not None and recorded < self._recorded:
                self.inversions.append(event.position)
            self._recorded = recorded

    def _problems(self, event: LogEvent) -> Iterator[str]:
        before = self.versions.get(event.stream, 0)
        if event.version != before + 1:
            yield f"stream {event.stream} goes from version {before} to {event.version}"
        if (wrong := amiss(event.stream, event.version, event.tag, event.state)) is not None:
            yield f"{event.tag}: {wrong}"
            return
        self.digests += has_digest(event.tag, event.state)
        if event.tag in COLUMNAR:
            yield from self._columnar(event)
            return
        try:
            decode(event.tag, event.state)
        except CorruptEventError as error:
            yield str(error)

    def _columnar(self, event: LogEvent) -> Iterator[str]:
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
    after, head, page = 0, _head(log, problems), PAGE
    while after < head:
        try:
            for event in log.read(after, upto=head, page=page):
                yield event
                after = event.position
            return
        except Exception as error:  # noqa: BLE001 damaged pages, references, segments: told, and passed over
            if page > 1:
                page = 1  # which of the page's events is it?
                continue
            after, page = _beyond(log, after, head), PAGE
            problems.append(f"position {after}: {error}")


def _head(log: Log, problems: list[str]) -> int:
    try:
        return int(log.head())
    except TwinError as error:
        problems.append(str(error))
        return 0


def _beyond(log: Log, after: int, head: int) -> int:
    """The position of the event behind `after`, which cannot be read; the head where none can."""
    for position in range(after + 1, min(after + TRIED, head) + 1):
        try:
            if any(True for _ in log.stored(position - 1, upto=position, page=1)):
                return position
        except TwinError:
            return position
    return head


def _quietly(question: Callable[[], Iterable[str]], what: str) -> list[str]:
    try:
        return list(question())
    except Exception as error:  # noqa: BLE001 as above: what cannot be read is a problem
        return [f"{what} cannot be read: {error}"]


def _kept_keys(log: Log) -> Iterator[str]:
    keys = kept_keys_of_erased(log, log.vault) if log.vault is not None else []
    if keys:
        yield f"the vault has {len(keys)} keys of erased households; give `twin household erase` again"


def _untracked(log: Log, polls: dict[str, Range]) -> Iterator[str]:
    for source, (_, last) in sorted(polls.items()):
        tracked = log.tracked(source)
        if tracked is None or tracked < last:
            yield f"{source}: offset {last} landed, but {'none' if tracked is None else tracked} is tracked"
