"""Refusals as one frame, whether of whole payloads or of single rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from events.feeds.decoded import REFUSED

LONG_BYTES = 1024 * 1024
"""Payloads of more are copied as seldom as can be."""

SHOWN = 60
"""Characters of a bad value that a reason quotes."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal: index of the payload in its poll, why, and the bytes (the payload, or one row of it as JSON)."""

    record: int
    reason: str
    payload: bytes


def refused_frame(refusals: Sequence[Refused]) -> pl.DataFrame:
    """The refusals in order, schema REFUSED."""
    record = pl.Series("record", [r.record for r in refusals], dtype=REFUSED["record"])
    reason = pl.Series("reason", [r.reason for r in refusals], dtype=REFUSED["reason"])
    return pl.DataFrame([record, reason, _payloads([r.payload for r in refusals])])


def stacked(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Refusals one below the other; nothing is copied where one of them is empty, as it is beside a long payload."""
    if first.is_empty() or second.is_empty():
        return second if first.is_empty() else first
    return first.vstack(second)


def _payloads(payloads: Sequence[bytes]) -> pl.Series:
    """The payloads as a column; long ones are copied once, by the frame that takes it."""
    told = pl.Series("payload", dtype=pl.Binary)
    for long, some in groupby(payloads, key=lambda data: len(data) >= LONG_BYTES):
        data = list(some)
        for part in map(_uncopied, data) if long else [pl.Series("payload", data, dtype=pl.Binary)]:
            told = part if told.is_empty() else told.append(part)
    return told


def _uncopied(data: bytes) -> pl.Series:
    """A column of one payload that lies where it lies: a view is its length, first bytes, buffer and place in it."""
    import pyarrow as pa  # it takes a tenth of a second to come, and most commands do without

    view = len(data).to_bytes(4, "little") + data[:4] + bytes(8)
    buffers = [None, pa.py_buffer(view), pa.py_buffer(data)]
    return pl.Series("payload", pa.Array.from_buffers(pa.binary_view(), 1, buffers))


def quoted(value: object) -> str:
    """A bad value as a reason shows it: short, on one line."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def quoted_text(column: str) -> pl.Expr:
    """`quoted` for a text column: the value in single quotes, shortened."""
    value = pl.col(column)
    return pl.concat_str(pl.lit("'"), value.str.slice(0, SHOWN), pl.lit("'"), ignore_nulls=True)


def first_reason(*checks: tuple[pl.Expr, pl.Expr | str]) -> pl.Expr:
    """For each row the reason of the first check whose condition holds, null when none does."""
    reasons = [pl.when(bad).then(pl.lit(why) if isinstance(why, str) else why) for bad, why in checks]
    return pl.coalesce(reasons).cast(pl.String)
