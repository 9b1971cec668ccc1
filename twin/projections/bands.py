"""Closed fortnights of the lake once more by entity, so that a year of one point is some thirty small reads.

A *band* is one file: the rows of neighbouring entities in a span of quarters, by entity and time, as known at the
position it was written at. Rows that land later lie in parts that tell a later position, and are read beside it. Each
flush writes a few bands, about twice the rows it brought, so that no flush waits for a whole fortnight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path

import polars as pl

from events.clock import instant
from events.observations import TIME, Family
from twin.lake_file import entity_starts, select, write
from twin.latest import by_entity
from twin.manifest import QUARTER_US, Band, Quarter

SPAN = 56
"""Quarters of a span: a fortnight. Shorter ones cost a year's series more bands, longer ones leave more parts loose."""

SLACK = 2
"""Quarters after a span before it is closed: late rows mostly come by then."""

BAND_ROWS = 1_000_000
"""Rows of a band, about: what is sorted in memory at once."""

FILES_FEW = 4
"""Files of a span up to which bands would save nothing."""

LATE_SHARE = 8
"""A span's bands are written anew when more than one row in this many came after them."""

LAST_ENTITY = 2**32 - 1


def extended(
    directory: Path,
    family: Family,
    quarters: Sequence[Quarter],
    bands: Sequence[Band],
    position: int,
    landed: int,
    born: str,
) -> list[Band]:
    """`bands` without those of spans let go or overtaken by late rows, and with further ones, as known at `position`.

    These hold about twice as many rows as have `landed` since; `born` stands in their files' names.
    """
    held = list(_sound(quarters, bands))
    left = max(2 * landed, BAND_ROWS)
    for span in _closed(quarters):
        first = _next_entity(span, held)
        if left <= 0 or first is None:
            continue
        files = [directory / file for file in _files(span)]
        low = span[0].number // SPAN * SPAN
        ranges = list(islice(_ranges(files, first), max(1, left // BAND_ROWS)))
        name = f"{family.name}/band-{instant(low * QUARTER_US):%Y-%m-%dT%HZ}-{position:012d}-{born}"
        written = [_written(directory, family, files, low, entities, name, position=position) for entities in ranges]
        held += written
        left -= max(sum(band.rows for band in written), 1)
    return sorted(held, key=lambda b: (b.low, b.first))


def _sound(quarters: Sequence[Quarter], bands: Sequence[Band]) -> Iterator[Band]:
    rows = {number: sum(q.rows for q in span) for number, span in groupby(quarters, lambda q: q.number // SPAN)}
    for low, group in groupby(bands, lambda b: b.low):
        own = list(group)
        late = rows.get(low // SPAN, 0) - sum(b.rows for b in own)
        finished = own[-1].last == LAST_ENTITY
        if low // SPAN in rows and not (finished and late * LATE_SHARE > rows[low // SPAN]):
            yield from own


def _closed(quarters: Sequence[Quarter]) -> Iterator[list[Quarter]]:
    """Spans that no row is expected for any more, and that lie in more than a few files."""
    for number, group in groupby(quarters, lambda q: q.number // SPAN):
        span = list(group)
        if (number + 1) * SPAN + SLACK <= quarters[-1].number and len(_files(span)) > FILES_FEW:
            yield span


def _next_entity(span: Sequence[Quarter], bands: Sequence[Band]) -> int | None:
    """First entity of a span that is in no band yet."""
    low = span[0].number // SPAN * SPAN
    last = max((b.last for b in bands if b.low == low), default=-1)
    return None if last == LAST_ENTITY else last + 1


def _written(
    directory: Path,
    family: Family,
    files: Sequence[Path],
    low: int,
    entities: tuple[int, int],
    begins: str,
    *,
    position: int,
) -> Band:
    """Write one band; its file's name `begins` so."""
    first, last = entities
    within = pl.col("time").is_between(_time(low), _time(low + SPAN), closed="left")
    rows = by_entity([select(files, pl.col("entity").is_between(first, last) & within)])
    name = f"{begins}-{first}.parquet"
    write(directory / name, rows, family.name, "band", position)
    return Band(name, low, low + SPAN, first, last, rows.height, position)


def _ranges(files: Sequence[Path], first: int) -> Iterator[tuple[int, int]]:
    """First and last entities of bands of about BAND_ROWS rows, told from where the files' row groups begin."""
    begun = sorted((entity, rows) for file in files for entity, rows in entity_starts(file) if entity >= first)
    total = 0
    for entity, rows in begun:
        total += rows
        if total > BAND_ROWS and entity > first:
            yield first, entity - 1
            first, total = entity, rows
    yield first, LAST_ENTITY


def _files(span: Sequence[Quarter]) -> list[str]:
    return list(dict.fromkeys(part.file for quarter in span for part in quarter.parts))


def _time(quarter: int) -> pl.Expr:
    return pl.lit(instant(quarter * QUARTER_US)).cast(TIME)
