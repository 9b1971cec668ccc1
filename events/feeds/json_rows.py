"""Rows of JSON documents as text columns, each row kept apart from its neighbours.

Documents are cut into rows by a parser that checks each row to be one whole JSON value. Only such rows are decoded
together, so that no row can reach into another; a row that the columnar decoder cannot take is found by halving.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import polars as pl
from polars.exceptions import PanicException, PolarsError

from events.errors import PayloadError
from events.feeds.limits import check_values

_RAW = msgspec.json.Decoder(list[msgspec.Raw])
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TOO_DEEP = "JSON is nested too deeply"


def rows_of(array: bytes) -> list[bytes]:
    """The elements of a JSON array as bytes; PayloadError when it is none."""
    return [bytes(row) for row in _decoded(_RAW, array)]


def fields_of(document: bytes) -> dict[str, bytes]:
    """The members of a JSON object as bytes; PayloadError when it is none."""
    return {name: bytes(value) for name, value in _decoded(_FIELDS, document).items()}


def text_columns(rows: Sequence[bytes], dtype: pl.Struct) -> pl.DataFrame:
    """One row per element of `rows` (`index` says which), the fields of `dtype` as columns, absent fields null.

    Rows that are no objects, or whose fields do not fit `dtype` (a list where a text is asked for), are left out.
    """
    objects = [at for at, row in enumerate(rows) if row[:1] == b"{" or row.lstrip()[:1] == b"{"]
    index = pl.Series("index", objects, dtype=pl.UInt32)
    text = pl.Series("row", [rows[at] for at in objects], dtype=pl.Binary).cast(pl.String)
    frame = pl.DataFrame([index, text])
    parts = _decode(frame, dtype)
    return pl.concat(parts) if parts else _empty(dtype)


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
