"""The lake's Parquet files: how rows are laid out in one, and what it says of itself.

    entity, time, position, sequence, the family's values        and counts, per_unit (`events.decimals`)

The file's key-value metadata hold `twin.layout` (version), `twin.family`, `twin.kind` (part, opening, band),
`twin.position` (the log position covered when it was written), `twin.first_position`, `twin.last_position` (of its
rows). Bytes depend on nothing but the rows, so that the same flush writes the same file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from events.decimals import COUNTS, counted, valued
from events.durable import replacing
from events.errors import DamagedLakeError
from twin import lake_digests

VERSION = 5
"""Of the lake's layout; another one is rebuilt from the log."""

Kind = Literal["part", "opening", "band"]

GROUP_ROWS: dict[Kind, int] = {"part": 16_384, "opening": 16_384, "band": 32_768}
"""Rows of a Parquet row group: what one entity's question must decode."""

DIFFERENCES: dict[Kind, list[str]] = {
    "part": ["entity", COUNTS],
    "opening": ["entity"],
    "band": ["entity", COUNTS, "time", "position"],
}
"""Columns kept as differences from row to row: entities come in order, and long runs of one rise evenly."""

_MAGIC = b"PAR1"

ORDERED = ["entity", "time", "position"]
"""Columns whose bounds each row group tells, so that a reader passes over it."""


def write(path: Path, rows: pl.DataFrame, family: str, kind: Kind, position: int) -> None:
    """Write rows so that a reader sees no file or the whole one, also after a power cut."""
    import pyarrow.parquet as pq  # only a writer needs it, and it takes a tenth of a second to come

    stored = counted(rows)
    differences = [c for c in DIFFERENCES[kind] if c in stored.columns]
    plain = [c for c in (COUNTS,) if c in stored.columns and c not in differences]
    told = {
        "twin.layout": str(VERSION),
        "twin.family": family,
        "twin.kind": kind,
        "twin.position": str(position),
        "twin.first_position": str(rows["position"].min() or 0),
        "twin.last_position": str(rows["position"].max() or 0),
    }
    encoding = {**dict.fromkeys(differences, "DELTA_BINARY_PACKED"), **dict.fromkeys(plain, "PLAIN")}
    with replacing(path) as part:
        pq.write_table(
            stored.to_arrow(compat_level=pl.CompatLevel.oldest()).replace_schema_metadata(told),
            part,
            row_group_size=GROUP_ROWS[kind],
            compression="zstd",
            compression_level=1,
            use_dictionary=[c for c in stored.columns if c not in (*differences, *plain)],
            column_encoding=encoding or None,
            write_statistics=ORDERED,
        )


def is_whole(path: Path, size: int) -> bool:
    """Whether the file has all its bytes, and begins and ends as Parquet does: a power cut may leave zeros."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != size or file.read(4) != _MAGIC:
                return False
            file.seek(-8, os.SEEK_END)
            footer = int.from_bytes(file.read(4), "little")
            return 0 < footer <= size - 12 and file.read(4) == _MAGIC
    except OSError:
        return False


def read_stored(path: Path, start: int = 0, rows: int | None = None) -> pl.DataFrame:
    """Rows of one file as stored, all or a slice. DamagedLakeError where its bytes are not what was written."""
    return _collected(pl.scan_parquet(path, hive_partitioning=False).slice(start, rows), [path])


def read(path: Path, start: int = 0, rows: int | None = None) -> pl.DataFrame:
    """Rows of one file with their values, all or a slice."""
    return valued(read_stored(path, start, rows))


def select(paths: Sequence[Path], wanted: pl.Expr) -> pl.DataFrame:
    """The wanted rows of some files, with their values; row groups whose bounds exclude them are passed over."""
    return valued(_collected(pl.scan_parquet(list(paths), hive_partitioning=False).filter(wanted), paths))


def entity_starts(path: Path) -> Iterator[tuple[int, int]]:
    """The first entity and the number of rows of each row group, from the file's footer."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    lake_digests.checked([path])
    try:
        footer = pq.read_metadata(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(str(path), error) from error
    for group in (footer.row_group(number) for number in range(footer.num_row_groups)):
        bounds = group.column(0).statistics
        if bounds is not None:
            yield int(bounds.min), int(group.num_rows)


def _collected(frame: pl.LazyFrame, paths: Sequence[Path]) -> pl.DataFrame:
    lake_digests.checked(paths)
    try:
        return frame.collect()
    except FileNotFoundError as error:
        raise lake_digests.gone(", ".join(str(path) for path in paths if not path.exists())) from error
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError) as error:
        raise _damaged(", ".join(str(path) for path in paths[:3]), error) from error


def _damaged(where: str, error: Exception) -> DamagedLakeError:
    """What a reader says of a file that opened whole and is not: rare enough for a person to decide."""
    told = f"{error}".splitlines()[0]
    return DamagedLakeError(f"{where}: cannot be read ({told}); nothing is lost, the log has it all: twin rebuild")
