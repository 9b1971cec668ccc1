"""Tables as collectors keep them, CSV or Parquet, read as text columns and cut into messages."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl
from polars.exceptions import PanicException, PolarsError

from events.errors import PayloadError
from events.feeds.limits import check_packed_rows, check_payload, check_rows, check_unpacked
from events.feeds.packed import GZIP, unpacked
from events.feeds.sheets.encodings import utf8_of
from events.feeds.sheets.headers import Headed, IsHeader, headed

PARQUET = b"PAR1"
MESSAGE_ROWS = 5_000
MESSAGE_BYTES = 400_000
"""A message of a table holds at most so many rows, and about so many bytes: well under Kafka's megabyte."""


@dataclass(frozen=True)
class Table:
    """The rows that fit the header, all columns text, and the lines that hold more fields than it names.

    `titles` are the words that stand above the header.
    """

    rows: pl.DataFrame
    ragged: list[bytes] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)


def text_table(data: bytes, is_header: IsHeader | None = None) -> Table:
    """A CSV (gzip allowed) or Parquet table as text; PayloadError when it is neither.

    The header is the first line, or the first of which `is_header` says so. Encodings are those of
    `events.feeds.sheets.encodings`. Instants with a zone are written in UTC with `Z`; nested columns are left out.
    """
    content = unpacked(data)
    if content.startswith(PARQUET):
        table = Table(_parquet(content))
        check_rows(table.rows.height, table.rows.height * table.rows.width)
        check_payload(int(table.rows.estimated_size()))
    else:
        sheet = headed(utf8_of(content), is_header)
        check_rows(sheet.table.count(b"\n"), sheet.table.count(sheet.separator.encode()))
        table = replace(_csv(sheet), titles=sheet.words)
    if not table.rows.height and not table.ragged:
        raise PayloadError("a table without rows")
    columns = [_as_text(name, dtype) for name, dtype in table.rows.schema.items() if not dtype.is_nested()]
    return replace(table, rows=table.rows.select(columns))


def messages(data: bytes, is_header: IsHeader | None = None) -> Sequence[bytes]:
    """A table as messages of the same form, each with its titles and header; one that cannot be read stays whole."""
    try:
        content = unpacked(data)
        if content.startswith(PARQUET):
            return _parquet_slices(content)
        sheet = headed(utf8_of(content), is_header)
        if data.startswith(GZIP):
            check_packed_rows(sheet.table.count(b"\n"), len(data))
        return _csv_slices(sheet)
    except PayloadError:
        return [data]


def _parquet(content: bytes) -> pl.DataFrame:
    """The columns that are not nested; PayloadError where its foot tells of more than a payload may hold."""
    import pyarrow as pa  # it takes a tenth of a second to come, and most commands do without
    from pyarrow.parquet import read_metadata

    try:
        foot = read_metadata(io.BytesIO(content))
        check_packed_rows(foot.num_rows, len(content))
        check_unpacked(sum(foot.row_group(at).total_byte_size for at in range(foot.num_row_groups)), len(content))
        schema = pl.read_parquet_schema(io.BytesIO(content))
        return pl.read_parquet(io.BytesIO(content), columns=[n for n, kind in schema.items() if not kind.is_nested()])
    except (PolarsError, PanicException, pa.ArrowException, OSError) as error:
        raise PayloadError(f"Parquet cannot be read ({_first_line(error)})") from error


def _csv(sheet: Headed) -> Table:
    try:
        return Table(pl.read_csv(sheet.table, separator=sheet.separator, infer_schema=False))
    except (PolarsError, PanicException):
        return _csv_line_by_line(sheet)


def _csv_line_by_line(sheet: Headed) -> Table:
    """The slow way, which tells the lines that do not fit from those that do."""
    try:
        text = io.StringIO(sheet.table.decode(), newline="")
        header, *lines = csv.reader(text, delimiter=sheet.separator, strict=True)
        fitting = [line for line in lines if line and len(line) <= len(header)]
        ragged = [_line_of(line, sheet.separator) for line in lines if len(line) > len(header)]
        padded = [line + [""] * (len(header) - len(line)) for line in fitting]
        return Table(pl.DataFrame(padded, schema=dict.fromkeys(header, pl.String), orient="row"), ragged)
    except (csv.Error, ValueError, PolarsError) as error:
        raise PayloadError(f"CSV cannot be read ({_first_line(error)})") from error


def _line_of(fields: Sequence[str], separator: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="").writerow(fields)
    return text.getvalue().encode()


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


def _csv_slices(sheet: Headed) -> list[bytes]:
    header, *lines = sheet.table.removesuffix(b"\n").split(b"\n")
    size = _rows_a_message(len(sheet.table), len(lines))
    if len(lines) <= size:
        return [_under(sheet, sheet.table)]
    if b'"' in sheet.table:
        return _quoted_slices(sheet, size)
    return [_under(sheet, b"\n".join([header, *lines[at : at + size]])) for at in range(0, len(lines), size)]


def _quoted_slices(sheet: Headed, size: int) -> list[bytes]:
    """Slices of a table whose quoted fields may hold line ends."""
    table = _csv(sheet)
    if table.ragged:
        return [_under(sheet, sheet.table)]
    slices = table.rows.iter_slices(size)
    return [_under(sheet, part.write_csv(separator=sheet.separator).encode()) for part in slices]


def _under(sheet: Headed, table: bytes) -> bytes:
    """A table under the title lines again."""
    return b"\n".join([*sheet.titles, table])


def _rows_a_message(size_bytes: int, rows: int) -> int:
    return max(1, min(MESSAGE_ROWS, MESSAGE_BYTES * rows // max(1, size_bytes)))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
