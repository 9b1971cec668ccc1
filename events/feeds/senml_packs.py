"""SenML packs (RFC 8428, JSON) as one frame of records, each pack kept apart from its neighbours.

Packs that are all written alike are cut apart as text (`senml_uniform`). Of the others,
each payload is first decoded alone by a strict decoder, so that what the columnar decoder then takes together is known
to be arrays of records of the right types. A record that is not is taken out of its pack; when it holds base fields,
which speak for the records after it, or when a field must be understood and is not, the whole pack is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import polars as pl
from polars.exceptions import PanicException, PolarsError

from events.errors import PayloadError
from events.feeds.decoded import Payload
from events.feeds.json_rows import fields_of, rows_of
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted
from events.feeds.senml_uniform import uniform_records

VERSION = 10
"""The highest version of SenML that is read (RFC 8428 section 4.4)."""


class MeterRecord(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The fields that meters send, and no others: such packs take the short way."""

    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    n: str | None = None
    u: str | None = None
    t: float | None = None
    v: float | None = None


class Record(msgspec.Struct, gc=False):
    """The fields of a record that are read; `quality` is ours, links and update times are passed over."""

    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    bs: float | None = None
    bver: float | None = None
    n: str | None = None
    u: str | None = None
    t: float | None = None
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    vd: str | None = None
    s: float | None = None
    quality: str | None = None


_TYPES: dict[str, pl.DataType] = {
    **dict.fromkeys(("bn", "bu", "n", "u", "vs", "vd", "quality"), pl.String()),
    **dict.fromkeys(("bt", "bv", "bs", "bver", "t", "v", "s"), pl.Float64()),
    "vb": pl.Boolean(),
}
COLUMNS: dict[str, pl.DataType] = {f: _TYPES[f] for f in Record.__struct_fields__}
SCHEMA: dict[str, pl.DataType] = {"record": pl.UInt32(), **COLUMNS}
"""Columns of the frame: index of the payload in its poll, and the fields as sent."""

_METER_PACK = msgspec.json.Decoder(list[MeterRecord])
_PACK = msgspec.json.Decoder(list[Record])
_RECORD = msgspec.json.Decoder(Record)
_METER_COLUMNS = {f: _TYPES[f] for f in MeterRecord.__struct_fields__}
_MUST_UNDERSTAND = re.compile(rb'(?:_|\\u005[fF])"\s*:')
_BASE_FIELDS = frozenset(("bn", "bt", "bu", "bv", "bs", "bver"))


UNREADABLE = "a number that is too large to be read"


@dataclass(frozen=True)
class Packs:
    """The records of all packs that could be read, in order, and what could not."""

    records: pl.DataFrame
    refused: list[Refused]


def records_of(payloads: Sequence[Payload]) -> Packs:
    """The records of the payloads' packs."""
    texts = [p.data for p in payloads]
    alike = uniform_records(texts) if texts else None
    if alike is not None:
        return Packs(_completed(alike), [])
    if not _all_from_meters(texts):
        return _one_by_one(payloads)
    records = _frame(texts, range(len(texts)), _METER_COLUMNS)
    return _one_by_one(payloads) if records is None else Packs(records, [])


def _all_from_meters(texts: Sequence[bytes]) -> bool:
    """Whether each text by itself is a pack with at least one record, of right types and fields that meters send."""
    try:
        return all(map(_METER_PACK.decode, texts))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _one_by_one(payloads: Sequence[Payload]) -> Packs:
    refused: list[Refused] = []
    texts: list[bytes] = []
    owners: list[int] = []
    for record, payload in enumerate(payloads):
        try:
            texts.append(_checked(payload.data, record, refused))
            owners.append(record)
        except PayloadError as error:
            refused.append(Refused(record, f"senml: {error}", payload.data))
    return Packs(_halved(texts, owners, refused, payloads), refused)


def _checked(data: bytes, record: int, refused: list[Refused]) -> bytes:
    """The pack as text whose records are all of the right types; the others are refused or, if they must be, raised."""
    text = text_of(data)
    if _MUST_UNDERSTAND.search(text):
        _refuse_unknown_extensions(text)
    try:
        if _PACK.decode(text):
            return text
    except (msgspec.DecodeError, RecursionError):
        return _sifted(text, record, refused)
    raise PayloadError("a pack without records")


def _refuse_unknown_extensions(text: bytes) -> None:
    for row in rows_of(text):
        unknown = [field for field in fields_of(row) if field.endswith("_")]
        if unknown:
            raise PayloadError(f"field {quoted(unknown[0])} must be understood and is not (RFC 8428 section 4.4)")


def _sifted(text: bytes, record: int, refused: list[Refused]) -> bytes:
    """The pack without its records of wrong types."""
    good: list[bytes] = []
    bad: list[Refused] = []
    for at, row in enumerate(rows_of(text)):
        fault = _type_fault(row)
        if fault and _speaks_for_others(row):
            raise PayloadError(f"record {at}, which holds base fields: {fault}")
        if fault:
            bad.append(Refused(record, f"senml: record {at}: {fault}", row))
        else:
            good.append(row)
    refused += bad
    return b"[" + b",".join(good) + b"]"


def _speaks_for_others(row: bytes) -> bool:
    """Whether a record holds base fields, however their names are written; one that cannot be read may."""
    try:
        found = json.loads(row)
    except (ValueError, RecursionError):
        return True
    return isinstance(found, dict) and not _BASE_FIELDS.isdisjoint(found)


def _type_fault(row: bytes) -> str | None:
    try:
        _RECORD.decode(row)
    except (msgspec.DecodeError, RecursionError) as error:
        return str(error)
    return None


def _halved(
    texts: Sequence[bytes], owners: Sequence[int], refused: list[Refused], payloads: Sequence[Payload]
) -> pl.DataFrame:
    """The records of checked packs; a pack that the columnar decoder alone cannot read is found by halving, refused."""
    frame = _frame(texts, owners, COLUMNS)
    if frame is not None:
        return frame
    if len(texts) > 1:
        half = len(texts) // 2
        first = _halved(texts[:half], owners[:half], refused, payloads)
        return pl.concat([first, _halved(texts[half:], owners[half:], refused, payloads)])
    owner = owners[0]
    try:
        text = _readable(texts[0], owner, refused)
    except PayloadError as error:
        refused.append(Refused(owner, f"senml: {error}", payloads[owner].data))
        return pl.DataFrame(schema=SCHEMA)
    frame = _frame([text], owners, COLUMNS)
    return pl.DataFrame(schema=SCHEMA) if frame is None else frame


def _readable(text: bytes, record: int, refused: list[Refused]) -> bytes:
    """A checked pack without the records that the columnar decoder cannot read, which are refused."""
    rows = rows_of(text)
    odd = _unreadable(rows, 0)
    if len(odd) == len(rows):
        raise PayloadError("a number or text that cannot be read")
    for at in odd:
        if _speaks_for_others(rows[at]):
            raise PayloadError(f"record {at}, which holds base fields: {UNREADABLE}")
    refused += [Refused(record, f"senml: record {at}: {UNREADABLE}", rows[at]) for at in odd]
    left = set(odd)
    return b"[" + b",".join(row for at, row in enumerate(rows) if at not in left) + b"]"


def _unreadable(rows: Sequence[bytes], first: int) -> list[int]:
    """Which rows the columnar decoder cannot read, found by halving; `first` is the place of the first."""
    if not rows or _frame([b"[" + b",".join(rows) + b"]"], [0], COLUMNS) is not None:
        return []
    half = len(rows) // 2
    return [*_unreadable(rows[:half], first), *_unreadable(rows[half:], first + half)] if half else [first]


def _frame(texts: Sequence[bytes], owners: Sequence[int], columns: dict[str, pl.DataType]) -> pl.DataFrame | None:
    """The records of checked packs that have no other fields than `columns`, None when one of them cannot be read."""
    if not texts:
        return pl.DataFrame(schema=SCHEMA)
    try:
        text = pl.Series("pack", texts, dtype=pl.Binary).cast(pl.String)
        packs = text.str.json_decode(pl.List(pl.Struct(columns)))
    except (PolarsError, PanicException):
        return None
    frame = pl.DataFrame([pl.Series("record", owners, dtype=pl.UInt32), packs])
    records = frame.filter(pl.col("pack").list.len() > 0).explode("pack").unnest("pack")
    return _completed(records)


def _completed(records: pl.DataFrame) -> pl.DataFrame:
    """SCHEMA of records that have some of its columns."""
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in COLUMNS.items() if name not in records.columns]
    return records.with_columns(absent).select(list(SCHEMA))
