"""What every test of a decoder needs: payloads at a fixed arrival, and the law that all offered rows are told of."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
from hypothesis import settings

from events.feeds.decoded import REFUSED, Decoded, Decoder, Payload
from events.observations import FAMILIES

UNHURRIED = settings(deadline=None)
"""Laws are not timed: the machine may be busy."""

ARRIVAL = datetime(2026, 11, 22, 4, 5, 6, tzinfo=UTC)


def offer(decode: Decoder, *documents: bytes) -> Decoded:
    """`documents` decoded as one poll that came at ARRIVAL, held to the laws of every decoder."""
    decoded = decode([Payload(document, ARRIVAL) for document in documents])
    for name, frame in decoded.frames.items():
        assert dict(frame.schema) == FAMILIES[name].decoded
        whole = FAMILIES[name].entity.keys() | {"time", "record"}
        assert all(frame[column].null_count() == 0 for column in whole)
        assert frame.filter(pl.col("record") >= len(documents)).is_empty()
    assert dict(decoded.refused.schema) == REFUSED
    assert all(reason for reason in decoded.refused["reason"].to_list())
    assert counted_rows(decoded) + decoded.refused.height == decoded.offered
    return decoded


def counted_rows(decoded: Decoded) -> int:
    """Rows that count as offered: all but those of stations, which ride along."""
    return sum(frame.height for name, frame in decoded.frames.items() if name != "stations")


def reasons(decoded: Decoded) -> list[str]:
    """Why each refusal was refused."""
    return decoded.refused["reason"].to_list()
