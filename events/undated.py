"""Payloads whose arrival is unknown: what tells its own time lands, and what would be dated by the arrival is refused.

A decoder is asked twice, as if they had arrived at two instants: rows that come out alike do not need the arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from events import poison
from events.feeds.decoded import REFUSED, UNDATED, Decoded, Format, Payload

GUESSES = (datetime(2020, 2, 29, 3, 4, 5, 678_901, UTC), datetime(2021, 7, 1, 11, 12, 13, 234_567, UTC))

REASON = (
    "the message tells no time of its own, and its record's time is none; let the producer stamp it in milliseconds"
)


def decoded(form: Format, payloads: Sequence[Payload]) -> Decoded:
    """As `poison.decoded`, for payloads of which some are UNDATED; of those in vain the whole document is refused."""
    one, other = (poison.decoded(form, _as_if(payloads, guess)) for guess in GUESSES)
    frames: dict[str, pl.DataFrame] = {}
    in_vain: dict[int, str] = {}
    for family, rows in one.frames.items():
        told = other.frames.get(family, rows.clear())
        frames[family] = rows.join(told, on=rows.columns, how="semi", nulls_equal=True, maintain_order="left")
        lost = rows.join(told, on=rows.columns, how="anti", nulls_equal=True)
        in_vain |= dict.fromkeys(lost["record"].unique().sort().to_list(), f"{family}: {REASON}")
    refused = {
        "record": list(in_vain),
        "reason": list(in_vain.values()),
        "payload": [payloads[record].data for record in in_vain],
    }
    return Decoded(frames, pl.concat([one.refused, pl.DataFrame(refused, schema=REFUSED)]), one.offered)


def _as_if(payloads: Sequence[Payload], guess: datetime) -> list[Payload]:
    return [Payload(p.data, guess) if p.received_at == UNDATED else p for p in payloads]
