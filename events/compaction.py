"""Compaction of a log: small batches move into segments; no position, header or row changes.

Any number of readers and writers may be at work meanwhile: each segment is one short transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from events import batch, segments
from events.batch import BATCH, Header
from events.errors import CorruptEventError
from events.log import Log, LogEvent

SMALL_ROWS = 2_000
"""A batch of fewer rows is small: its header and footer are a good part of its bytes."""

SEGMENT_ROWS, SEGMENT_BATCHES = 65_536, 4_096
FEWEST = 16
"""Fewer small batches of one kind than that are left where they are, for a later run."""


@dataclass(frozen=True)
class Compacted:
    """Batches moved, segments written, and the bytes of the batches' states before and after."""

    batches: int = 0
    segments: int = 0
    bytes_before: int = 0
    bytes_after: int = 0

    def __add__(self, other: Compacted) -> Compacted:
        return Compacted(
            self.batches + other.batches,
            self.segments + other.segments,
            self.bytes_before + other.bytes_before,
            self.bytes_after + other.bytes_after,
        )


@dataclass
class _Run:
    """Small batches of one family and schema, in log order, waiting for a segment."""

    events: list[LogEvent] = field(default_factory=list)
    batches: list[tuple[Header, pl.DataFrame]] = field(default_factory=list)
    rows: int = 0

    def add(self, event: LogEvent, header: Header, frame: pl.DataFrame) -> None:
        self.events.append(event)
        self.batches.append((header, frame))
        self.rows += frame.height

    @property
    def full(self) -> bool:
        return self.rows >= SEGMENT_ROWS or len(self.batches) >= SEGMENT_BATCHES


def compact(log: Log, *, small_rows: int = SMALL_ROWS) -> Compacted:
    """Move every batch of fewer than `small_rows` rows into segments; CorruptEventError at one that does not verify."""
    done, runs = Compacted(), dict[tuple[str, ...], _Run]()
    for event, header in _small(log, small_rows):
        frame = batch.stored_frame(event.state)
        kind = (header.family, *map(str, frame.schema.items()))
        run = runs.setdefault(kind, _Run())
        run.add(event, header, frame)
        if run.full:
            done += _moved(log, runs.pop(kind))
    for run in runs.values():
        if len(run.events) >= FEWEST:
            done += _moved(log, run)
    if done.batches:
        log.shrink()
    return done


def _small(log: Log, small_rows: int) -> Iterator[tuple[LogEvent, Header]]:
    """Small batches that are no references yet, each with its digest compared."""
    for event in log.stored(upto=log.head(), tags=[BATCH]):
        if segments.is_reference(event.state):
            continue
        header = batch.header_of(event.state)
        if not 0 < header.rows < small_rows:
            continue
        if (wrong := batch.verify(event.state)) is not None:
            raise CorruptEventError(f"position {event.position}: {wrong}; run `twin log verify`")
        yield event, header


def _moved(log: Log, run: _Run) -> Compacted:
    store = log.segment_store
    number, segment = store.next_number(), segments.pack(run.batches)
    references = {
        int(event.position): segments.reference(number, place, segment) for place, event in enumerate(run.events)
    }
    _compare(run, segments.Segments(lambda _: segment), references)
    log.replace(number, segment, references)
    before, after = sum(len(e.state) for e in run.events), len(segment) + sum(map(len, references.values()))
    return Compacted(len(run.events), 1, before, after)


def _compare(run: _Run, found: segments.Segments, references: dict[int, bytes]) -> None:
    """Nothing is replaced that would not be read back equal."""
    for event, (header, frame) in zip(run.events, run.batches, strict=True):
        state = found.resolved(references[event.position])
        if batch.header_of(state) != header or not batch.stored_frame(state).equals(frame):
            raise CorruptEventError(f"position {event.position}: its segment does not give back its rows")
