"""SenML packs (RFC 8428) to readings and states.

    name   bn + n                       time   bt + t: seconds since 1970, or, below 2**28, from the pack's arrival
    value  bv + v, or 1/0 for vb        unit   u, else bu, else ""
    sum    bs + s, a reading of its own whose unit is the value's times seconds (W -> J)
    text   vs, or vd (base64url), as a state

Our label `quality` (measured, estimated, substituted, manual, invalid) says how a value came to be; default measured.
A record of base fields alone carries nothing and is not counted; a record with both a value and a sum counts as two.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import polars as pl

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Payload
from events.feeds.limits import check_lines
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, refused_frame
from events.feeds.senml_packs import VERSION, records_of
from events.feeds.senml_resolve import QUALITIES, fault, is_sound, resolved
from events.feeds.senml_units import SUMS
from events.observations import READINGS, STATES, Quality


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the packs; a record that cannot be taken is refused, resolved, as a pack of its own."""
    packs = records_of(payloads)
    sent, refused = _read_versions(packs.records, payloads)
    refused = [*packs.refused, *refused]
    records = resolved(sent, payloads)
    if records["base_only"].any():
        refused += _idle(records, payloads)
        records = records.filter(~pl.col("base_only"))
    sound = records.select(is_sound(records)).to_series()
    bad = records.filter(~sound)
    good = records.filter(sound) if bad.height else records
    frames = {"readings": _readings(good), "states": _states(good)}
    offered = len(refused) + records.height + _doubled(good)
    return Decoded(frames, refused_frame([*refused, *_refusals(bad)]), offered)


def split(document: bytes) -> Sequence[bytes]:
    """A file's packs as messages: one pack, or one a line."""
    try:
        content = text_of(document)
        check_lines(content)
        lines = [line for line in content.splitlines() if line.strip()]
    except PayloadError:
        return [document]
    whole = all(line.strip()[:1] == b"[" and line.strip()[-1:] == b"]" for line in lines)
    return lines if whole and len(lines) > 1 else [document]


def _read_versions(sent: pl.DataFrame, payloads: Sequence[Payload]) -> tuple[pl.DataFrame, list[Refused]]:
    """The records of packs in a version that is read; the other packs are refused whole."""
    if sent["bver"].null_count() == sent.height:
        return sent, []
    version = pl.col("bver")
    strange = sent.filter(~version.is_between(1, VERSION) | (version != version.floor()))
    told = strange.unique("record", keep="first", maintain_order=True)
    refused = [
        Refused(at, f"senml: version {number:g} is not read, only 1 to {VERSION}", payloads[at].data)
        for at, number in told.select("record", "bver").iter_rows()
    ]
    return sent.join(told, on="record", how="anti", maintain_order="left"), refused


def _idle(records: pl.DataFrame, payloads: Sequence[Payload]) -> list[Refused]:
    """Packs that hold base fields and nothing else."""
    idle = records.group_by("record", maintain_order=True).agg(pl.col("base_only").all())
    reason = "senml: a pack of base fields alone"
    return [Refused(at, reason, payloads[at].data) for at in idle.filter("base_only")["record"].to_list()]


def _doubled(good: pl.DataFrame) -> int:
    return int(good.select(((pl.col("kinds") == 1) & pl.col("sum").is_not_null()).sum()).item())


def _readings(good: pl.DataFrame) -> pl.DataFrame:
    valued = good if good["value"].null_count() == 0 else good.filter(pl.col("value").is_not_null())
    readings = _reading_rows(valued, pl.col("unit"), pl.col("value"))
    if good["sum"].null_count() == good.height:
        return readings
    unit = pl.col("unit").replace_strict(SUMS, default=pl.col("unit") + "*s")
    summed = good.filter(pl.col("sum").is_not_null())
    return pl.concat([readings, _reading_rows(summed, unit, pl.col("sum"))])


def _reading_rows(records: pl.DataFrame, unit: pl.Expr, value: pl.Expr) -> pl.DataFrame:
    told = pl.col("quality").replace_strict(QUALITIES, return_dtype=pl.UInt8)
    measured = pl.lit(int(Quality.MEASURED), pl.UInt8)
    quality = measured if records["quality"].null_count() == records.height else told.fill_null(measured)
    columns = [pl.col("name").alias("point_id"), unit.alias("unit"), "time", value.alias("value")]
    return records.select(*columns, quality.alias("quality"), "record").cast(dict(READINGS.decoded))  # type: ignore[arg-type]


def _states(good: pl.DataFrame) -> pl.DataFrame:
    texts = good.with_columns(text=pl.coalesce("vs", "vd")).filter(pl.col("text").is_not_null())
    columns = [pl.col("name").alias("point_id"), "time", "text", "record"]
    return texts.select(columns).cast(dict(STATES.decoded))  # type: ignore[arg-type]


def _refusals(bad: pl.DataFrame) -> list[Refused]:
    fields = {"n": "name", "u": "unit", "v": "v", "vb": "vb", "vs": "vs", "vd": "vd", "s": "sum", "quality": "quality"}
    seconds = (pl.col("time").dt.epoch("us") / 1e6).alias("t")
    told = bad.select("record", fault().alias("reason"), seconds, *(pl.col(c).alias(f) for f, c in fields.items()))
    return [
        Refused(record, f"senml: {reason}", _pack(dict(zip(("t", *fields), values, strict=True))))
        for record, reason, *values in told.iter_rows()
    ]


def _pack(fields: dict[str, object]) -> bytes:
    return msgspec.json.encode([{name: value for name, value in fields.items() if value is not None}])
