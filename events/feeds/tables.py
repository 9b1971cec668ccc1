"""Tables as collectors keep them, CSV or Parquet, read as text columns and cut into messages."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl
from polars.exceptions import PanicException, PolarsError

from events.errors import PayloadError
from events.feeds.packed import text_of, unpacked

PARQUET = b"PAR1"
MESSAGE_ROWS = 5_000
MESSAGE_BYTES = 400_000
"""A message of a table holds at most so many rows, and about so many bytes: well under Kafka's megabyte."""

SEPARATORS = (",", "\t", ";", "|")


@dataclass(frozen=True)
class Table:
    """The rows that fit the header, all columns text, and the lines that hold more fields than it names."""

    rows: pl.DataFrame
    ragged: list[bytes] = field(default_factory=list)


def text_table(data: bytes) -> Table:
    """A CSV (header first; gzip allowed) or Parquet table as text; PayloadError when it is neither.

    Instants with a zone are written in UTC with `Z`; nested columns are left out.
    """
    content = unpacked(data)
    table = Table(_parquet(content)) if content.startswith(PARQUET) else _csv(text_of(content))
    if not table.rows.height and not table.ragged:
        raise PayloadError("a table without rows")
    columns = [_as_text(name, dtype) for name, dtype in table.rows.schema.items() if not dtype.is_nested()]
    return Table(table.rows.select(columns), table.ragged)


def messages(data: bytes) -> Sequence[bytes]:
    """A table as messages of the same form, each with its header; one that cannot be read stays whole."""
    try:
        content = unpacked(data)
        return _parquet_slices(content) if content.startswith(PARQUET) else _csv_slices(text_of(content))
    except PayloadError:
        return [data]


def _parquet(content: bytes) -> pl.DataFrame:
    try:
        return pl.read_parquet(io.BytesIO(content))
    except (PolarsError, PanicException, OSError) as error:
        raise PayloadError(f"Parquet cannot be read ({_first_line(error)})") from error


def _csv(content: bytes) -> Table:
    try:
        return Table(pl.read_csv(content, separator=_separator(content), infer_schema=False))
    except (PolarsError, PanicException):
        return _csv_line_by_line(content)


def _csv_line_by_line(content: bytes) -> Table:
    """The slow way, which tells the lines that do not fit from those that do."""
    try:
        text = io.StringIO(content.decode(), newline="")
        header, *lines = csv.reader(text, delimiter=_separator(content), strict=True)
        fitting = [line for line in lines if line and len(line) <= len(header)]
        ragged = [",".join(line).encode() for line in lines if len(line) > len(header)]
        padded = [line + [""] * (len(header) - len(line)) for line in fitting]
        return Table(pl.DataFrame(padded, schema=dict.fromkeys(header, pl.String), orient="row"), ragged)
    except (csv.Error, ValueError, PolarsError) as error:
        raise PayloadError(f"CSV cannot be read ({_first_line(error)})") from error


def _separator(content: bytes) -> str:
    header = content.split(b"\n", 1)[0].decode()
    return max(SEPARATORS, key=header.count)


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        zoned = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else column
        return zoned.dt.strftime(f"%Y-%m-%d %H:%M:%S%.6f{'Z' if dtype.time_zone else ''}")
    if dtype == pl.Binary:
        return column.cast(pl.String, strict=False)
    return column.cast(pl.String)


def _parquet_slices(content: bytes) -> list[bytes]:
    table = _parquet(content)
    size = _rows_a_message(int(table.estimated_size()), table.height)
    return [_parquet_bytes(part) for part in table.iter_slices(size)] or [content]


def _parquet_bytes(table: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _csv_slices(content: bytes) -> list[bytes]:
    header, *lines = content.removesuffix(b"\n").split(b"\n")
    size = _rows_a_message(len(content), len(lines))
    if len(lines) <= size:
        return [content]
    if b'"' in content:
        return _quoted_slices(content, size)
    return [b"\n".join([header, *lines[at : at + size]]) for at in range(0, len(lines), size)]


def _quoted_slices(content: bytes, size: int) -> list[bytes]:
    """Slices of a table whose quoted fields may hold line ends."""
    table = _csv(content)
    if table.ragged:
        return [content]
    separator = _separator(content)
    return [part.write_csv(separator=separator).encode() for part in table.rows.iter_slices(size)]


def _rows_a_message(size_bytes: int, rows: int) -> int:
    return max(1, min(MESSAGE_ROWS, MESSAGE_BYTES * rows // max(1, size_bytes)))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
