"""`ledger`: how much of what came from where; what `twin status` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from events.batch import BATCH, Header
from events.observations import FAMILIES
from events.quarantine import QUARANTINE, RELEASED


class SourceLedger(msgspec.Struct, frozen=True):
    """One source: rows landed, rows that told nothing new, inputs refused; last event time, UTC microseconds."""

    rows: int = 0
    duplicates: int = 0
    refused: int = 0
    last_event_time: int | None = None


class Ledger(msgspec.Struct, frozen=True):
    """Counts at a position of the log; `quarantined` is what was refused and not released since."""

    events: int = 0
    observations: dict[str, int] = {}
    quarantined: int = 0
    sources: dict[str, SourceLedger] = {}


def fold(state: Ledger, headers: Iterable[tuple[str, Header | None]]) -> Ledger:
    """`state` after further events, given as (tag, header); events without a header are counted only."""
    events, quarantined = state.events, state.quarantined
    observations, sources = dict(state.observations), dict(state.sources)
    for tag, header in headers:
        events += 1
        if header is None:
            continue
        if tag == RELEASED:
            quarantined -= max(header.refused, header.rows)  # one row may stand for many
            continue
        before = sources.get(header.source, SourceLedger())
        if tag == BATCH:
            observations[header.family] = observations.get(header.family, 0) + header.rows - header.referring
            rows = 0 if FAMILIES[header.family].slowly_changing else header.rows - header.noted
            sources[header.source] = SourceLedger(
                before.rows + rows,
                before.duplicates + header.duplicates,
                before.refused,
                _later(before.last_event_time, header.max_time),
            )
        elif tag == QUARANTINE:
            refused = max(header.refused, header.rows)
            quarantined += refused
            sources[header.source] = msgspec.structs.replace(before, refused=before.refused + refused)
    return Ledger(events, observations, quarantined, sources)


def encode(ledger: Ledger) -> bytes:
    """The ledger as JSON."""
    return msgspec.json.encode(ledger)


def decode(data: bytes) -> Ledger:
    """The ledger from its JSON."""
    return msgspec.json.decode(data, type=Ledger)


def _later(a: int | None, b: int | None) -> int | None:
    known = [x for x in (a, b) if x is not None]
    return max(known) if known else None


def as_json(ledger: Ledger) -> dict[str, Any]:
    """The ledger as plain values."""
    built: dict[str, Any] = msgspec.to_builtins(ledger)
    return built
