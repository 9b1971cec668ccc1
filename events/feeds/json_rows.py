"""Rows of JSON documents as text columns, each row kept apart from its neighbours.

Documents are cut into rows by a parser that checks each row to be one whole JSON value. Only such rows are decoded
together, so that no row can reach into another; a row that the columnar decoder cannot take is found by halving.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import polars as pl
from polars.exceptions import PanicException, PolarsError

from events.errors import PayloadError
from events.feeds.limits import check_elements, check_values

_RAW = msgspec.json.Decoder(list[msgspec.Raw])
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROW = msgspec.json.Decoder()
_STAND_IN = b"\\uffFE"
_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\uffFE"
)
"""An escape that is half a character without its other half (or what stands in for one)."""

_ESCAPED = b"\\u"
_TOO_DEEP = "JSON is nested too deeply"


def rows_of(array: bytes) -> list[bytes]:
    """The elements of a JSON array as bytes; PayloadError when it is none."""
    whole, halves = _with_halves_away(array)
    found = _decoded(_RAW, whole)
    check_elements(len(found))
    return _with_halves([bytes(row) for row in found], halves)


def fields_of(document: bytes) -> dict[str, bytes]:
    """The members of a JSON object as bytes; PayloadError when it is none."""
    whole, halves = _with_halves_away(document)
    found = _decoded(_FIELDS, whole)
    check_elements(len(found))
    return dict(zip(found, _with_halves([bytes(value) for value in found.values()], halves), strict=True))


def text_columns(rows: Sequence[bytes], dtype: pl.Struct) -> pl.DataFrame:
    """One row per element of `rows` (`index` says which), the fields of `dtype` as columns, absent fields null.

    Rows that are no objects, that hold halves of characters (polars 2.1.0 makes a zero of one), or whose fields do not
    fit `dtype` (a list where a text is asked for), are left out.
    """
    objects = [at for at, row in enumerate(rows) if (row[:1] == b"{" or row.lstrip()[:1] == b"{") and _is_text(row)]
    index = pl.Series("index", objects, dtype=pl.UInt32)
    text = pl.Series("row", [rows[at] for at in objects], dtype=pl.Binary).cast(pl.String)
    frame = pl.DataFrame([index, text])
    parts = _decode(frame, dtype)
    return pl.concat(parts) if parts else _empty(dtype)


def _with_halves_away(text: bytes) -> tuple[bytes, list[bytes]]:
    """The text with a stand-in for each half of a character, which no strict parser takes, and the halves."""
    if _ESCAPED not in text or not _HALF.search(text):
        return text, []
    return _HALF.sub(lambda _: _STAND_IN, text), _HALF.findall(text)


def _with_halves(rows: list[bytes], halves: list[bytes]) -> list[bytes]:
    """The rows with their halves of characters again: only the row that holds one is odd."""
    if not halves:
        return rows
    left = iter(halves)
    return [re.sub(re.escape(_STAND_IN), lambda _: next(left, _STAND_IN), row) for row in rows]


def _is_text(row: bytes) -> bool:
    """Whether a row's texts are whole characters."""
    if _ESCAPED not in row or not _HALF.search(row):
        return True
    try:
        _ROW.decode(row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _decoded(decoder: msgspec.json.Decoder[Any], data: bytes) -> Any:
    try:
        return decoder.decode(check_values(data))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PayloadError(f"JSON: {error}") from error
    except RecursionError as error:
        raise PayloadError(_TOO_DEEP) from error


def _decode(frame: pl.DataFrame, dtype: pl.Struct) -> list[pl.DataFrame]:
    if not frame.height:
        return []
    try:
        decoded = frame["row"].str.json_decode(dtype)
    except (PolarsError, PanicException):
        half = frame.height // 2
        return _decode(frame[:half], dtype) + _decode(frame[half:], dtype) if half else []
    return [frame.select("index").with_columns(decoded.alias("row")).unnest("row")]


def _empty(dtype: pl.Struct) -> pl.DataFrame:
    return pl.DataFrame(schema={"index": pl.UInt32, **dict(dtype.to_schema())})
