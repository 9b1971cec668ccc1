"""A frame as one log event: a JSON header and the frame as zstd Parquet, with the digest of both in the header.

Stored form (the name `batch.v1` and the header's fields are the storage format: add fields, never rename them):

    b"TB1" | header length, 4 bytes big-endian | header, JSON | Parquet

The same form carries the other columnar events: `entities.v1` (names of the coded entities) and `quarantine.v1`.
A batch that lies in a segment (`events.segments`) is read with its rows as an Arrow stream instead of Parquet.
"""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime

import msgspec
import polars as pl

from events.decimals import COUNTS, VALUE, counted, valued
from events.errors import CorruptEventError

BATCH = "batch.v1"
"""Tag of a batch of observations."""

MAGIC = b"TB1"
ARROW = b"\xff\xff\xff\xff"
ZSTD_LEVEL = 3
MANY_ROWS = 1_000
"""A batch of fewer rows is written as it is: further columns would cost more than they save."""

DIFFERENCES = frozenset({"entity", "time", COUNTS})
"""Columns kept as differences from row to row: rows lie by entity and time, and registers rise slowly."""


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a columnar event says of itself without opening its frame; times are UTC microseconds since 1970.

    Of the rows a poll `offered`, `rows` landed here, `duplicates` told nothing new, and `refused` sit in quarantine.
    Of the rows, `referring` tell what their entity was anyway (`events.told_again`), and `noted` only remember what a
    document lists (`events.listings`): no source offered those.
    """

    family: str
    source: str
    rows: int
    recorded_at: int
    sha256: str = ""
    first_offset: int = -1
    last_offset: int = -1
    min_time: int | None = None
    max_time: int | None = None
    offered: int = 0
    refused: int = 0
    duplicates: int = 0
    referring: int = 0
    noted: int = 0

    @property
    def recorded(self) -> datetime:
        """When the twin made the record."""
        return datetime.fromtimestamp(self.recorded_at / 1e6, UTC)


def encode(header: Header, frame: pl.DataFrame) -> bytes:
    """The stored form of `frame`; rows and digest are filled in."""
    payload = parquet(frame) if frame.height else b""
    full = msgspec.structs.replace(header, rows=frame.height)
    return framed(msgspec.structs.replace(full, sha256=_digest(full, payload)), payload)


def recorded_at(state: bytes, recorded: int) -> bytes:
    """A stored frame as one that was made at another record time (UTC microseconds): header and digest anew."""
    header, payload = _split(state)
    again = msgspec.structs.replace(header, recorded_at=recorded)
    return framed(msgspec.structs.replace(again, sha256=_digest(again, payload)), payload)


def framed(header: Header, payload: bytes) -> bytes:
    """Header and payload as one state; the header is taken as it is."""
    head = msgspec.json.encode(header)
    return b"".join((MAGIC, len(head).to_bytes(4, "big"), head, payload))


def header_of(state: bytes) -> Header:
    """The header alone, without touching the frame."""
    return _split(state)[0]


def refers(state: bytes) -> bool:
    """Whether some rows refer to other batches, told without reading the header."""
    return state[:3] == MAGIC and b'"referring":' in state[7 : 7 + int.from_bytes(state[3:7], "big")]


def decode(state: bytes, schema: dict[str, pl.DataType], columns: list[str] | None = None) -> pl.DataFrame:
    """The frame with exactly `schema` (columns that older batches lack are null), or some of its columns."""
    payload = _split(state)[1]
    wanted = {c: schema[c] for c in columns} if columns else schema
    if not payload:
        return pl.DataFrame(schema=wanted)
    try:
        frame = _read(payload, columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise CorruptEventError(f"a stored frame cannot be read ({error}); run `twin log verify`") from error
    if frame.columns == list(wanted):
        return frame
    return frame.with_columns(
        pl.lit(None, dtype=t).alias(c) for c, t in wanted.items() if c not in frame.columns
    ).select(list(wanted))


def stored_frame(state: bytes) -> pl.DataFrame:
    """The frame with the columns it was stored with; not for an empty one."""
    return _read(_split(state)[1], None)


def _read(payload: bytes, columns: list[str] | None) -> pl.DataFrame:
    if payload.startswith(ARROW):
        return pl.read_ipc_stream(io.BytesIO(payload), columns=columns)
    asked = None if columns and VALUE in columns else columns  # a value may lie in other columns
    frame = valued(pl.read_parquet(io.BytesIO(payload), columns=asked, use_statistics=False))
    return frame if asked or not columns else frame.select(columns)


def verify(state: bytes) -> str | None:
    """What is wrong with a stored frame, None when its digest agrees (a segment's was compared when it was read)."""
    try:
        header, payload = _split(state)
    except CorruptEventError as error:
        return str(error)
    if payload.startswith(ARROW):
        return None
    found = _digest(header, payload)
    return None if found == header.sha256 else f"digest {found[:12]}… where the header says {header.sha256[:12]}…"


def _digest(header: Header, payload: bytes) -> str:
    """SHA-256 of the header (its digest left empty) and the payload."""
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(header, sha256="")) + payload).hexdigest()


def parquet(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet: of many rows the values as counts (`events.decimals`) and whole numbers as differences."""
    buffer = io.BytesIO()
    if frame.height < MANY_ROWS:
        frame.write_parquet(buffer, compression="zstd", compression_level=ZSTD_LEVEL, statistics=False)
        return buffer.getvalue()
    import pyarrow.parquet as pq  # it takes a tenth of a second to come, and readers do without

    stored = counted(frame)
    whole = [c for c in stored.columns if c in DIFFERENCES]
    pq.write_table(
        stored.to_arrow(compat_level=pl.CompatLevel.oldest()),
        buffer,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=[c for c, dtype in stored.schema.items() if dtype == pl.String],
        column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED") or None,
        write_statistics=False,
    )
    return buffer.getvalue()


_HEADER = msgspec.json.Decoder(Header)


def _split(state: bytes) -> tuple[Header, bytes]:
    if state[:3] != MAGIC:
        raise CorruptEventError(f"a stored frame starts with {state[:3]!r}, not {MAGIC!r}; run `twin log verify`")
    end = 7 + int.from_bytes(state[3:7], "big")
    try:
        return _HEADER.decode(state[7:end]), state[end:]
    except msgspec.MsgspecError as error:
        raise CorruptEventError(f"a stored frame's header cannot be read ({error}); run `twin log verify`") from error
