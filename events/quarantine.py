"""What could not be taken: kept in the log with source, offset, reason and payload, countable and listable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import polars as pl

from events import batch
from events.clock import micros
from events.ids import Position, StreamId
from events.log import Log, LogEvent, NewEvent

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
    "last_offset": pl.Int64(),
    "count": pl.UInt32(),
    "sha256": pl.String(),
}
"""Offset in the source (-1 where it keeps none), format that was tried, why, and the bytes as they came.

The last three are absent where every row is one refusal with its bytes; else see Refusal.
"""

GAP, CLASH = "kafka-gap", "kafka-identity"
"""Formats of refusals that stand for no message: offsets that are gone (`events.kafka.records`), and a message whose
identity had other content before (`events.kafka.identity`). They are the alarm itself, and always kept."""

PAYLOAD_LIMIT = 16 * 1024 * 1024
"""Bytes of one payload that are kept whole; of a longer one the beginning is kept, and the reason says so."""


@dataclass(frozen=True)
class Refusal:
    """One refused message, document or row; or, in a flood, several alike up to `last_offset` whose bytes are not kept.

    `sha256` is that of the bytes where these are not kept, or not whole; of several: that of their digests (32 bytes
    each) one after the other.
    """

    offset: int
    format: str
    reason: str
    payload: bytes
    last_offset: int | None = None
    count: int = 1
    sha256: str = ""

    @property
    def kept(self) -> bool:
        """Whether the log has the bytes."""
        return bool(self.payload) or not self.sha256

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes as they came."""
        return self.sha256 or hashlib.sha256(self.payload).hexdigest()


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
        "last_offset": [r.last_offset for r in refusals],
        "count": [r.count for r in refusals],
        "sha256": [r.sha256 or (r.digest if len(r.payload) > PAYLOAD_LIMIT else None) for r in refusals],
    }
    whole = pl.DataFrame(columns, schema=SCHEMA)
    return whole if whole["sha256"].is_not_null().any() else whole.drop("last_offset", "count", "sha256")


def refusals_of(state: bytes) -> list[Refusal]:
    """The refusals of a stored quarantine event, in the order of its rows."""
    rows = batch.decode(state, SCHEMA).iter_rows(named=True)
    return [Refusal(**{**row, "count": row["count"] or 1, "sha256": row["sha256"] or ""}) for row in rows]


def quarantined(log: Log) -> Iterator[Quarantined]:
    """Everything in quarantine that was not released, in log order."""
    gone = _released(log)
    for event in log.read(tags=[QUARANTINE]):
        header = batch.header_of(event.state)
        for at, refusal in enumerate(refusals_of(event.state)):
            if (event.position, at) not in gone:
                yield Quarantined(event.position, at, header.source, header.recorded, refusal)


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
    count = sum(e.refusal.count for e in entries)
    header = batch.Header("quarantine", RELEASES, len(entries), micros(at), refused=count)
    state = batch.encode(header, pl.DataFrame(columns, schema=RELEASE_SCHEMA))
    (position,) = log.append([NewEvent(RELEASES, log.version(RELEASES) + 1, RELEASED, state)])
    return position


def released_rows(event: LogEvent) -> list[tuple[int, int]]:
    """Position and row of the refusals that a RELEASED event lets go."""
    return list(batch.decode(event.state, RELEASE_SCHEMA, ["position", "row"]).iter_rows())


def _released(log: Log) -> set[tuple[int, int]]:
    """Position and row of every refusal that was let go."""
    return {row for event in log.read(tags=[RELEASED]) for row in released_rows(event)}


def _reason(refusal: Refusal) -> str:
    size = len(refusal.payload)
    if size <= PAYLOAD_LIMIT:
        return refusal.reason
    return f"{refusal.reason} (payload of {size} bytes: the first {PAYLOAD_LIMIT} kept)"
