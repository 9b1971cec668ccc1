"""Small batches kept together: one segment holds the rows of many, and each event of the log a reference into it.

An ingester that polls five times a second writes batches of a few rows, whose headers and Parquet footers weigh more
than the rows. Compaction (`events.compaction`) moves them into segments; positions, streams, versions, tags, headers
and rows stay what they were, and whoever reads the log sees the batches as before.

    segment      b"TS1" | length of the head, 4 bytes | JSON: family, headers, first rows | rows of all, zstd Parquet
    reference    b"TB2" | number of the segment, 4 bytes | place in it, 4 bytes | SHA-256 of the segment, 32 bytes

The forms are storage: add, never change.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable, Sequence

import msgspec
import polars as pl

from events import batch
from events.batch import Header
from events.decimals import valued
from events.errors import CorruptEventError

SEGMENT, REFERENCE = b"TS1", b"TB2"
_REFERENCE = struct.Struct(">3sII32s")
_OPEN = 4
"""Segments kept open; a reader goes through them one after the other."""


class Head(msgspec.Struct, frozen=True):
    """What a segment says of its batches: the header of each, and the row at which each begins."""

    headers: list[Header]
    starts: list[int]


def pack(batches: Sequence[tuple[Header, pl.DataFrame]]) -> bytes:
    """A segment of batches of one family, in log order."""
    starts, rows = [], 0
    for _, frame in batches:
        starts.append(rows)
        rows += frame.height
    head = msgspec.json.encode(Head([header for header, _ in batches], starts))
    payload = batch.parquet(pl.concat([frame for _, frame in batches]))
    return b"".join((SEGMENT, len(head).to_bytes(4, "big"), head, payload))


def reference(number: int, place: int, segment: bytes) -> bytes:
    """The state of an event whose batch is the `place`-th of segment `number`."""
    return _REFERENCE.pack(REFERENCE, number, place, hashlib.sha256(segment).digest())


def is_reference(state: bytes) -> bool:
    """Whether a stored state only refers to a segment."""
    return state[:3] == REFERENCE


class Segments:
    """Resolves references; `load` gives the bytes of a segment by number, None when it is missing."""

    def __init__(self, load: Callable[[int], bytes | None]) -> None:
        self._load = load
        self._open: dict[int, tuple[Head, pl.DataFrame]] = {}

    def resolved(self, state: bytes) -> bytes:
        """The batch that a reference stands for: its own header, and its rows uncompressed."""
        _, number, place, digest = _REFERENCE.unpack(state)
        head, rows = self._opened(number, digest)
        header, start = head.headers[place], head.starts[place]
        return batch.framed(header, _uncompressed(rows.slice(start, header.rows)))

    def _opened(self, number: int, digest: bytes) -> tuple[Head, pl.DataFrame]:
        if number not in self._open:
            found = _unpacked(number, self._load(number), digest)
            while len(self._open) >= _OPEN:
                self._open.pop(next(iter(self._open)))
            self._open[number] = found
        return self._open[number]


def _unpacked(number: int, segment: bytes | None, digest: bytes) -> tuple[Head, pl.DataFrame]:
    if segment is None or hashlib.sha256(segment).digest() != digest:
        wrong = "is missing" if segment is None else "does not have the digest its events name"
        raise CorruptEventError(f"segment {number} of the log {wrong}; restore the log from a backup")
    end = 7 + int.from_bytes(segment[3:7], "big")
    return msgspec.json.decode(segment[7:end], type=Head), valued(pl.read_parquet(io.BytesIO(segment[end:])))


def _uncompressed(rows: pl.DataFrame) -> bytes:
    if not rows.height:
        return b""
    buffer = io.BytesIO()
    rows.write_ipc_stream(buffer)
    return buffer.getvalue()
