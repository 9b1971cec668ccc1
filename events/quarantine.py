"""What could not be taken: kept in the log with source, offset, reason and payload, countable and listable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from events import batch
from events.ids import Position
from events.log import Log

QUARANTINE = "quarantine.v1"
"""Tag of an event that holds refused input."""

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
    source: str
    recorded_at: datetime
    refusal: Refusal


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
    """Everything in quarantine, in log order."""
    for event in log.read(tags=[QUARANTINE]):
        header = batch.header_of(event.state)
        for row in batch.decode(event.state, SCHEMA).iter_rows(named=True):
            yield Quarantined(event.position, header.source, header.recorded, Refusal(**row))


def _reason(refusal: Refusal) -> str:
    size = len(refusal.payload)
    if size <= PAYLOAD_LIMIT:
        return refusal.reason
    return f"{refusal.reason} (payload of {size} bytes: the first {PAYLOAD_LIMIT} kept)"
