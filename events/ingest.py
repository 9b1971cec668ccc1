"""Poll → decode → append, exactly once: what a poll brought lands in one transaction with its source's offset."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from events import batch, poison, quarantine, undated
from events.absence import with_absences
from events.batch import BATCH, Header
from events.clock import micros, now
from events.errors import ConflictError, LogError
from events.feeds.decoded import Format, Payload
from events.flood import ALLOWED_BYTES, kinds, within
from events.ids import Position, SourceId, StreamId
from events.listings import notes
from events.log import Log, NewEvent, Tracked
from events.memory import Memory, Touched
from events.memory_file import load_memory, save_memory
from events.observations import FAMILIES
from events.quarantine import QUARANTINE, Refusal
from events.settle import settle
from events.source import NO_OFFSET, Poll
from events.tenancy import of_present_households, withheld
from events.told_again import NOWHERE, shortened
from events.vehicle_types import with_types

logger = logging.getLogger(__name__)

AHEAD = timedelta(seconds=60)
"""How far an event time may lie in the future of the ingester's clock (clock skew rule, domain notes 4.1)."""

RETRIES = 5

SLICE_BYTES = 4 * 1024 * 1024
"""Payload bytes decoded at once: what fits the processor's caches takes a fifth less time than a poll of 16 MB."""

New = tuple[NewEvent, Touched | None]
"""An event to append, and what rows it has, of a batch."""

Offsets = tuple[int, int]
"""First and last offset of a poll."""

NO_OFFSETS = (NO_OFFSET, NO_OFFSET)
START = Position(0)


@dataclass(frozen=True)
class Landed:
    """What became of a poll: rows per family, rows that told nothing new, rows refused, and the log's last position.

    `reasons` counts what was refused by kind of reason.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    refused: int = 0
    position: Position = START
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Landed) -> Landed:
        return Landed(
            _sums(self.rows, other.rows),
            self.duplicates + other.duplicates,
            self.refused + other.refused,
            max(self.position, other.position),
            _sums(self.reasons, other.reasons),
        )


@dataclass(frozen=True)
class Decoded:
    """A poll, decoded: frames by family in order of arrival, and refusals with the offsets of their payloads."""

    frames: Mapping[str, pl.DataFrame]
    refusals: list[Refusal] = field(default_factory=list)


class Ingester:
    """The writer of observations into one log. One a process; not thread-safe."""

    def __init__(
        self,
        log: Log,
        *,
        checkpoint: Path | None = None,
        clock: Callable[[], datetime] = now,
        allowed_bytes: int = ALLOWED_BYTES,
    ) -> None:
        self._log = log
        self._allowed_bytes = allowed_bytes
        self._clock = clock
        self._checkpoint = checkpoint
        self._memory = self._remembered()
        self._memory.catch_up(log)

    def ingest(self, poll: Poll, decoded: Decoded | None = None) -> Landed:
        """Decode a poll, unless that is done, and append what it tells, what it repeats, and what had to be refused."""
        moment = self._clock()
        offsets = (poll.first_offset, poll.last_offset)
        return self._land(poll.source, offsets, decoded or decode(poll, moment), moment)

    def append_frames(self, source: SourceId, frames: Mapping[str, pl.DataFrame]) -> Landed:
        """Append decoded frames (`Family.decoded`; `record` may be absent) from a source that keeps no offsets."""
        return self._land(source, NO_OFFSETS, Decoded(frames), self._clock())

    def tracked(self, source: SourceId) -> int | None:
        """The last offset landed from `source`."""
        return self._log.tracked(source)

    def head(self) -> Position:
        """The log's last position; LogUnavailableError when it does not answer."""
        return self._log.head()

    def save(self) -> None:
        """Write the memory's checkpoint, so that the next start need not read the whole log.

        Where that cannot be, it is said and nothing is lost: what landed is in the log.
        """
        if self._checkpoint is None:
            return
        try:
            if self._log.seal(self._memory.mark):
                save_memory(self._checkpoint, self._memory)
        except OSError as error:
            logger.warning(
                "%s: cannot be saved (%s); all rows landed, and the next start reads the log instead: free some disk "
                "space, or permit writing",
                self._checkpoint,
                error.strerror or error,
            )

    def _remembered(self) -> Memory:
        """The memory as it was saved last, or an empty one; catching up reads what the log has since."""
        return (load_memory(self._checkpoint, self._log) if self._checkpoint else None) or Memory(vault=self._log.vault)

    def _land(self, source: SourceId, offsets: Offsets, decoded: Decoded, moment: datetime) -> Landed:
        for attempt in range(RETRIES):
            if not self._memory.fits(self._log):
                logger.warning("the log was replaced by another one; all of it is read again before anything is added")
                self._memory = Memory(vault=self._log.vault)
            self._memory.catch_up(self._log)
            if self._has_landed(source, offsets):
                return Landed(position=self._log.head())
            try:
                return self._append(source, offsets, decoded, moment)
            except LogError as error:
                self._memory = self._remembered()
                if not isinstance(error, ConflictError) or attempt == RETRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def _has_landed(self, source: SourceId, offsets: Offsets) -> bool:
        """Whether the offsets are in the log already; ConflictError when some are: another ingester is at it."""
        if offsets == NO_OFFSETS:
            return False
        first, last = offsets
        landed = self._log.tracked(source)
        if landed is not None and first <= landed < last:
            raise ConflictError(
                f"{source}: offsets {first} to {landed} of {first} to {last} landed meanwhile; poll again"
            )
        return landed is not None and last <= landed

    def _append(self, source: SourceId, offsets: Offsets, decoded: Decoded, moment: datetime) -> Landed:
        """One transaction. The memory runs ahead of the log here: it is dropped when the append fails."""
        header = Header("", source, 0, micros(moment), first_offset=offsets[0], last_offset=offsets[1])
        events: list[New] = []
        landed, refusals = Landed(), list(decoded.refusals)
        frames = with_absences(with_types(decoded.frames, self._memory), self._memory)
        noted = notes(frames)
        landed = Landed({"states": -noted}) if noted else landed
        for family, frame in frames.items():
            own = of_present_households(self._memory.entities[family], frame) if frame.height else frame
            refusals += withheld(family, frame.height - own.height, header.first_offset)
            landed += self._take(family, own, header, events)
        landed += self._refuse(refusals, header, events)
        tracking = None if offsets == NO_OFFSETS else Tracked(source, offsets[1])
        numbered = self._numbered([event for event, _ in events], StreamId(source))
        positions = self._log.append(numbered, tracking=tracking) if numbered or tracking else []
        stored = self._log.appended if positions else ()
        if not self._memory.follow(stored, [touched for _, touched in events]):
            self._memory = self._remembered()
        return landed + Landed(position=positions[-1] if positions else self._log.head())

    def _numbered(self, events: list[NewEvent], stream: StreamId) -> list[NewEvent]:
        """`events`, those of the source's own stream with versions: a second writer of the source conflicts on them."""
        versions = count(self._memory.version(stream, self._log) + 1)
        return [replace(e, version=next(versions)) if e.stream == stream else e for e in events]

    def _take(self, family: str, frame: pl.DataFrame, header: Header, events: list[New]) -> Landed:
        """Settle the rows of one family; adds the events for new names and for the batch."""
        if not frame.height:
            return Landed({family: 0})
        kind, memory = FAMILIES[family], self._memory
        entities = memory.entities[family]
        header = msgspec.structs.replace(header, family=family)
        coded, named = entities.coded(frame)
        if named is not None:
            events.append((entities.naming_event(named, header), None))
        settled = settle(kind, coded, memory.beliefs[family], memory.landed(kind, self._log))
        count = sum(rows.height for rows, _ in settled)
        duplicates = left = 0 if kind.slowly_changing else frame.height - count
        referring, noted = 0, notes({family: frame})
        for rows, told in settled:
            if rows.height or left:
                same_as = memory.facts[family].same_as(told.entity, told.digest) if kind.slowly_changing else None
                again = 0 if same_as is None else int(np.count_nonzero(same_as))
                own = min(noted, rows.height)
                counted = msgspec.structs.replace(
                    header, offered=rows.height + left, duplicates=left, referring=again, noted=own
                )
                stored = rows if same_as is None or not again else shortened(rows, same_as)
                touched = Touched.of(told, None if same_as is None else same_as == NOWHERE)
                events.append((_event(BATCH, _spanning(counted, rows), stored), touched))
                left, referring, noted = 0, referring + again, noted - own
        return Landed({family: count - referring}, duplicates)

    def _refuse(self, refusals: list[Refusal], header: Header, events: list[New]) -> Landed:
        fresh = self._memory.fresh_refusals(refusals) if header.last_offset == NO_OFFSET else refusals
        if fresh:
            count = len(fresh)
            full = msgspec.structs.replace(header, family="quarantine", offered=count, refused=count)
            left = self._memory.allowance.left_bytes(header.source, header.recorded_at, self._allowed_bytes)
            stored = within(fresh, left, grouped=header.last_offset != NO_OFFSET)
            events.append((_event(QUARANTINE, full, quarantine.frame(stored)), None))
        return Landed(duplicates=len(refusals) - len(fresh), refused=len(fresh), reasons=kinds(fresh))


def _sums(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    return {name: a.get(name, 0) + b.get(name, 0) for name in {**a, **b}}


def _event(tag: str, header: Header, frame: pl.DataFrame) -> NewEvent:
    """An event of its source's stream, not numbered yet."""
    return NewEvent(StreamId(header.source), 0, tag, batch.encode(header, frame))


def decode(poll: Poll, moment: datetime) -> Decoded:
    """All formats of a poll decoded; rows that lie ahead of `moment` are refused, each as JSON."""
    frames: dict[str, list[pl.DataFrame]] = {}
    refusals = list(poll.unreadable)
    for form, payloads, offsets in _slices(poll):
        decoded = undated.decoded(form, payloads) if poll.undated else poison.decoded(form, payloads)
        refusals += [Refusal(offsets[at], form.name, reason, data) for at, reason, data in decoded.refused.iter_rows()]
        for family, frame in decoded.frames.items():
            ahead = frame["time"] > moment + AHEAD
            if ahead.any():
                refusals += _ahead(family, frame.filter(ahead), offsets, moment)
                frame = frame.filter(~ahead)
            frames.setdefault(family, []).append(frame)
    return Decoded({family: pl.concat(parts) for family, parts in frames.items()}, refusals)


def _slices(poll: Poll) -> Iterator[tuple[Format, Sequence[Payload], Sequence[int]]]:
    """Payloads of a format with their offsets, about SLICE_BYTES at once."""
    for form, payloads in poll.payloads.items():
        before = np.cumsum([0, *(len(payload.data) for payload in payloads[:-1])]) // SLICE_BYTES
        starts = np.flatnonzero(np.diff(before, prepend=-1)).tolist()
        for start, end in pairwise([*starts, len(payloads)]):
            yield form, payloads[start:end], poll.offsets[form][start:end]


def _ahead(family: str, rows: pl.DataFrame, offsets: Sequence[int], moment: datetime) -> list[Refusal]:
    reason = f"{family}: time is more than {AHEAD.seconds} s ahead of its arrival at {moment:%Y-%m-%dT%H:%M:%SZ}"
    lines = rows.drop("record").write_ndjson().splitlines()
    return [Refusal(offsets[at], family, reason, line.encode()) for at, line in zip(rows["record"], lines, strict=True)]


def _spanning(header: Header, rows: pl.DataFrame) -> Header:
    """`header` with the rows' first and last event time."""
    if not rows.height:
        return header
    low, high = rows.select(pl.col("time").min().dt.epoch("us"), high=pl.col("time").max().dt.epoch("us")).row(0)
    return msgspec.structs.replace(header, min_time=low, max_time=high)
