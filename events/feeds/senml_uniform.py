"""SenML packs whose records are all written alike, as meters and gateways write them: cut apart as text, by column.

The first pack shows how its records are written: which fields in which order, with which spaces. A regular expression
made of that decides whether every pack of the poll is written the same way; only then are the texts cut at fixed
places. Whatever else a pack holds (other fields, escapes, exponents, texts with the
signs at which it would be cut) is for the general decoder in `senml_packs`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from polars.exceptions import PolarsError

TEXTS = ("bn", "bu", "n", "u")
NUMBERS = ("bt", "t", "v")

_TEXT = r'[^",\\{}\x00-\x1f]*'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_FIELD = re.compile(rf'"({"|".join(TEXTS + NUMBERS)})"(: ?)("{_TEXT}"|{_NUMBER})(, ?|$)')
_RECORDS = re.compile(r"\[\{([^{}]*)\}(?:(, ?)\{([^{}]*)\})?")


@dataclass(frozen=True)
class Writing:
    """How a record is written: its fields in order, what follows a field's name, what follows a field."""

    fields: tuple[str, ...]
    colon: str
    comma: str

    def pattern(self) -> str:
        """Regular expression of such a record without its braces."""
        return re.escape(self.comma).join(f'"{f}"{self.colon}{_value(f)}' for f in self.fields)

    def columns(self, records: pl.Series) -> dict[str, pl.Series]:
        """The fields of records that match the pattern (texts without braces)."""
        pieces = records.str.split_exact(f'{self.comma}"', len(self.fields) - 1).struct.unnest()
        return {
            field: self._cut(piece, field, quotes=int(at == 0))
            for at, (field, piece) in enumerate(zip(self.fields, pieces, strict=True))
        }

    def _cut(self, piece: pl.Series, field: str, *, quotes: int) -> pl.Series:
        value = piece.str.slice(quotes + len(field) + 1 + len(self.colon))
        return value.str.slice(1).str.strip_suffix('"') if field in TEXTS else value.cast(pl.Float64)


def uniform_records(texts: Sequence[bytes]) -> pl.DataFrame | None:
    """`record` (index of the pack) and the fields that were sent; None when the packs are not all written alike."""
    try:
        packs = pl.Series("pack", texts, dtype=pl.Binary).cast(pl.String)
    except PolarsError:  # not UTF-8
        return None
    found = _RECORDS.match(packs[0])
    if found is None:
        return None
    between = found[2] or ","
    head, rest = _writing(found[1]), _writing(found[3] or found[1])
    if head is None or rest is None:
        return None
    alike = rf"^\[\{{{head.pattern()}\}}(?:{between}\{{{rest.pattern()}\}})*\]$"
    if not packs.str.contains(alike).all():
        return None
    return _cut(packs, f"}}{between}{{", head, rest)


def _cut(packs: pl.Series, between: str, head: Writing, rest: Writing) -> pl.DataFrame:
    owners = pl.int_range(0, len(packs), dtype=pl.UInt32, eager=True).alias("record")
    inner = packs.str.strip_prefix("[{").str.strip_suffix("}]").str.split(between)
    records = pl.DataFrame([owners, inner]).explode("pack")
    if head == rest:
        return pl.DataFrame({"record": records["record"], **head.columns(records["pack"])})
    first = records["record"].is_first_distinct()
    told = records.with_row_index("at")
    kinds = [_told(told.filter(first), head), _told(told.filter(~first), rest)]
    return pl.concat(kinds, how="diagonal").sort("at").drop("at")


def _told(records: pl.DataFrame, writing: Writing) -> pl.DataFrame:
    return pl.DataFrame([*records.select("at", "record"), *_named(writing.columns(records["pack"]))])


def _named(columns: dict[str, pl.Series]) -> list[pl.Series]:
    return [series.alias(name) for name, series in columns.items()]


def _writing(record: str) -> Writing | None:
    """How a record is written, None when it has other fields, a field twice, or mixed spacing."""
    fields = list(_FIELD.finditer(record))
    names = tuple(f[1] for f in fields)
    if not fields or "".join(f[0] for f in fields) != record or len(set(names)) < len(names):
        return None
    if any((f[1] in TEXTS) != f[3].startswith('"') for f in fields):
        return None
    colons, commas = {f[2] for f in fields}, {f[4] for f in fields[:-1]} or {","}
    if len(colons) > 1 or len(commas) > 1:
        return None
    return Writing(names, colons.pop(), commas.pop())


def _value(field: str) -> str:
    return f'"{_TEXT}"' if field in TEXTS else _NUMBER
