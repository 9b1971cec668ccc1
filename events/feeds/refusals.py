"""Refusals as one frame, whether of whole payloads or of single rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from events.feeds.decoded import REFUSED

SHOWN = 60
"""Characters of a bad value that a reason quotes."""


@dataclass(frozen=True)
class Refused:
    """One refusal: index of the payload in its poll, why, and the bytes (the payload, or one row of it as JSON)."""

    record: int
    reason: str
    payload: bytes


def refused_frame(refusals: Sequence[Refused]) -> pl.DataFrame:
    """The refusals in order, schema REFUSED."""
    columns = {
        "record": [r.record for r in refusals],
        "reason": [r.reason for r in refusals],
        "payload": [r.payload for r in refusals],
    }
    return pl.DataFrame(columns, schema=REFUSED)


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
