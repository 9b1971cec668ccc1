"""SenML records resolved (RFC 8428 section 4.6): base fields carried on, times absolute, and what is wrong with each.

Columns of the resolved frame: record, name, unit, time, v (with base value), vb, vs, vd, value (v, or 1/0 for vb), sum,
quality (text), kinds (how many of v, vs, vb, vd), base_only.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from events.feeds.decoded import Payload
from events.feeds.refusals import first_reason, quoted_text
from events.feeds.senml_units import UNITS
from events.observations import TIME, Quality

RELATIVE_S = 2.0**28
"""Times below are seconds from now (RFC 8428 section 4.5.3)."""

RELATIVE_US = 2**28 * 1_000_000
LATEST_S = 7_258_118_400.0
"""2200-01-01: a later time is a fault."""

LONGEST_NAME = 512
QUALITIES: dict[str, int] = {q.name.lower(): int(q) for q in Quality}

_NAME = r"^[A-Za-z0-9][A-Za-z0-9\-:./_]*$"
_BASE64URL = r"^[A-Za-z0-9_\-]*={0,2}$"
_VALUES = ("v", "vs", "vb", "vd")
_OWN = ("n", "u", "t", "s", *_VALUES)


def resolved(sent: pl.DataFrame, payloads: Sequence[Payload]) -> pl.DataFrame:
    """Each record of `sent` (SCHEMA of senml_packs) by itself; relative times count from its payload's arrival."""
    bare = {c for c in sent.columns if sent[c].null_count() == sent.height}
    kinds = [pl.col(c).is_not_null().cast(pl.UInt8) for c in _VALUES if c not in bare]
    value = _value(bare)
    return _timed(sent, payloads, bare).select(
        "record",
        _joined(bare).alias("name"),
        pl.coalesce("u", _carried("bu", "", bare)).alias("unit"),
        "time",
        value.alias("v"),
        *("vb", "vs", "vd", "quality"),
        pl.coalesce(value, pl.col("vb").cast(pl.Float64)).alias("value"),
        _sum(bare).alias("sum"),
        sum(kinds, pl.lit(0, pl.UInt8)).alias("kinds"),
        pl.all_horizontal(pl.col(c).is_null() for c in _OWN).alias("base_only"),
    )


def is_sound(records: pl.DataFrame) -> pl.Expr:
    """Whether a resolved record can be taken; columns that nobody sent are not looked at."""
    bare = {c for c in records.columns if records[c].null_count() == records.height}
    quality, vd = pl.col("quality"), pl.col("vd")
    told = {
        "value": pl.col("value").is_null() | pl.col("value").is_finite(),
        "sum": pl.col("sum").is_null() | pl.col("sum").is_finite(),
        "quality": quality.is_null() | quality.is_in(list(QUALITIES)),
        "vd": vd.is_null() | vd.str.contains(_BASE64URL),
    }
    return pl.all_horizontal(
        pl.col("name").str.contains(_NAME),
        pl.col("name").str.len_bytes() <= LONGEST_NAME,
        pl.col("unit").is_in([*UNITS, ""]),
        pl.col("time").is_not_null(),
        pl.col("kinds") <= 1,
        (pl.col("kinds") == 1) | pl.col("sum").is_not_null(),
        *(sound for column, sound in told.items() if column not in bare),
    )


def fault() -> pl.Expr:
    """Why a resolved record cannot be taken."""
    where = pl.format("{}: ", pl.col("name").str.slice(0, 100))
    name, time = pl.col("name"), pl.col("time")
    quality = pl.col("quality").is_not_null() & ~pl.col("quality").is_in(list(QUALITIES))
    return first_reason(
        (name == "", "a record without a name"),
        (name.str.len_bytes() > LONGEST_NAME, f"a name longer than {LONGEST_NAME} characters"),
        (
            ~name.str.contains(_NAME),
            pl.format("name {}: letters, digits and -:./_ only, a letter or digit first", name),
        ),
        (~pl.col("unit").is_in([*UNITS, ""]), where + "unit " + quoted_text("unit") + " is no SenML unit"),
        (
            time.is_null(),
            where + "time is no second between 1978 and 2200, nor one within 8.5 years before the arrival",
        ),
        (pl.col("kinds") > 1, where + "more than one of v, vs, vb, vd"),
        ((pl.col("kinds") == 0) & pl.col("sum").is_null(), where + "no value"),
        (~pl.col("value").is_finite(), where + "value is not finite"),
        (~pl.col("sum").is_finite(), where + "sum is not finite"),
        (quality, where + "quality " + quoted_text("quality") + f" is none of {', '.join(QUALITIES)}"),
        (~pl.col("vd").str.contains(_BASE64URL), where + "vd is not base64url"),
    )


def _carried(field: str, neutral: float | str, bare: set[str]) -> pl.Expr:
    """A base field as it stands for each record: the last one sent in its pack, `neutral` before any."""
    if field in bare:
        return pl.lit(neutral)
    begins = pl.col("record").ne_missing(pl.col("record").shift(1))
    return pl.when(begins).then(pl.col(field).fill_null(neutral)).otherwise(pl.col(field)).forward_fill()


def _joined(bare: set[str]) -> pl.Expr:
    name = pl.col("n").fill_null("")
    return name if "bn" in bare else _carried("bn", "", bare) + name


def _value(bare: set[str]) -> pl.Expr:
    return pl.col("v") if "bv" in bare else pl.col("v") + _carried("bv", 0.0, bare)


def _sum(bare: set[str]) -> pl.Expr:
    if "bs" in bare:
        return pl.col("s")
    base = _carried("bs", float("nan"), bare)
    return pl.when(base.is_nan()).then(pl.col("s")).otherwise(base + pl.col("s").fill_null(0.0))


def _timed(sent: pl.DataFrame, payloads: Sequence[Payload], bare: set[str]) -> pl.DataFrame:
    seconds = _carried("bt", 0.0, bare) + pl.col("t").fill_null(0.0)
    known = pl.when(seconds.is_between(-RELATIVE_S, LATEST_S)).then(seconds)
    timed = sent.with_columns((known * 1e6).round().cast(pl.Int64, strict=False).alias("time"))
    since_arrival = timed["time"] < RELATIVE_US
    if since_arrival.any():
        micros = pl.col("time") + pl.when(since_arrival).then(_arrival(sent, payloads)).otherwise(0)
        timed = timed.with_columns(micros.alias("time"))
    return timed.with_columns(pl.col("time").cast(TIME))


def _arrival(sent: pl.DataFrame, payloads: Sequence[Payload]) -> pl.Series:
    """When each record's pack came, UTC microseconds."""
    instants = [p.received_at for p in payloads]
    micros = {instant: round(instant.timestamp() * 1e6) for instant in set(instants)}
    return pl.Series("arrival", [micros[i] for i in instants], dtype=pl.Int64).gather(sent["record"])
