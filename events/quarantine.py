"""What could not be taken: kept in the log with source, offset, reason and payload, countable and listable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import polars as pl

from events import batch
from events.clock import micros
from events.ids import Position, StreamId
from events.log import Log, NewEvent

QUARANTINE = "quarantine.v1"
"""Tag of an event that holds refused input."""

RELEASED = "quarantine.released.v1"
"""Tag of an event that lets refusals go: its frame is RELEASE_SCHEMA."""

RELEASES = StreamId("quarantine:releases")
"""The stream of those events: of two operators who release at once, the second conflicts."""

RELEASE_SCHEMA: dict[str, pl.DataType] = {
    "position": pl.Int64(),
    "row": pl.UInt32(),
    "outcome": pl.String(),
    "why": pl.String(),
}
"""Which refusal (position of its event, row within), what became of it, and the operator's words."""

SCHEMA: dict[str, pl.DataType] = {
    "offset": pl.Int64(),
    "format": pl.String(),
    "reason": pl.String(),
    "payload": pl.Binary(),
}
"""Offset in the source (-1 where it keeps none), format that was tried, why, and the bytes as they came."""

PAYLOAD_LIMIT = 16 * 1024 * 1024
"""Bytes of one payload that are kept whole; of a longer one the beginning is kept, and the reason says so."""


@dataclass(frozen=True)
class Refusal:
    """One refused message, document or row."""

    offset: int
    format: str
    reason: str
    payload: bytes


@dataclass(frozen=True)
class Quarantined:
    """A refusal as the log keeps it."""

    position: Position
    row: int
    source: str
    recorded_at: datetime
    refusal: Refusal

    @property
    def name(self) -> str:
        """What an operator calls it: `<position>.<row>`."""
        return f"{self.position}.{self.row}"


class Outcome(StrEnum):
    """What became of a refusal."""

    RETRIED = "retried"
    DISCARDED = "discarded"


def frame(refusals: Sequence[Refusal]) -> pl.DataFrame:
    """Refusals as the stored frame."""
    columns = {
        "offset": [r.offset for r in refusals],
        "format": [r.format for r in refusals],
        "reason": [_reason(r) for r in refusals],
        "payload": [r.payload[:PAYLOAD_LIMIT] for r in refusals],
    }
    return pl.DataFrame(columns, schema=SCHEMA)


def quarantined(log: Log) -> Iterator[Quarantined]:
    """Everything in quarantine that was not released, in log order."""
    gone = _released(log)
    for event in log.read(tags=[QUARANTINE]):
        header = batch.header_of(event.state)
        for at, row in enumerate(batch.decode(event.state, SCHEMA).iter_rows(named=True)):
            if (event.position, at) not in gone:
                yield Quarantined(event.position, at, header.source, header.recorded, Refusal(**row))


def release(log: Log, entries: Sequence[Quarantined], outcome: Outcome, why: str, at: datetime) -> Position | None:
    """Let `entries` go, as one event; None when there are none. ConflictError when another operator was first."""
    if not entries:
        return None
    columns = {
        "position": [e.position for e in entries],
        "row": [e.row for e in entries],
        "outcome": [str(outcome)] * len(entries),
        "why": [why] * len(entries),
    }
    header = batch.Header("quarantine", RELEASES, len(entries), micros(at))
    state = batch.encode(header, pl.DataFrame(columns, schema=RELEASE_SCHEMA))
    (position,) = log.append([NewEvent(RELEASES, log.version(RELEASES) + 1, RELEASED, state)])
    return position


def _released(log: Log) -> set[tuple[int, int]]:
    """Position and row of every refusal that was let go."""
    frames = (batch.decode(e.state, RELEASE_SCHEMA, ["position", "row"]) for e in log.read(tags=[RELEASED]))
    return {row for frame in frames for row in frame.iter_rows()}


def _reason(refusal: Refusal) -> str:
    size = len(refusal.payload)
    if size <= PAYLOAD_LIMIT:
        return refusal.reason
    return f"{refusal.reason} (payload of {size} bytes: the first {PAYLOAD_LIMIT} kept)"
