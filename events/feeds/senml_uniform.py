"""SenML packs whose records are all written alike, as meters and gateways write them: cut apart as text, by column.

The first pack shows how its records are written: which fields in which order, with which spaces. Texts without escapes
hold no quotation marks, so the marks alone say where all else must stand: each piece between two values is compared
with how it must be written, each number with how JSON writes one. Whatever else a pack holds (other fields, escapes,
exponents) is for the general decoder in `senml_packs`.

    [{"n":"      a      ","v":    1    },{"n":"      b      ","v":    2    }]
     piece     value     piece  value  piece
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from events.feeds.cut_text import Ints, Text, text_of
from events.runs import Mask

TEXTS = ("bn", "bu", "n", "u")
NUMBERS = ("bt", "t", "v")

_TEXT = r'[^"\\\x00-\x1f]*'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_FIELD = re.compile(rf'"({"|".join(TEXTS + NUMBERS)})"(: ?)("{_TEXT}"|{_NUMBER})(, ?|$)')
_FIELDS = r'\{((?:[^"{}]|"[^"\\]*")*)\}'
_RECORDS = re.compile(rf"\[{_FIELDS}(?:(, ?){_FIELDS})?")


@dataclass(frozen=True)
class Writing:
    """How a record is written: its fields in order, what follows a field's name, what follows a field."""

    fields: tuple[str, ...]
    colon: str
    comma: str

    def quotes(self) -> int:
        """Quotation marks of a record."""
        return sum(piece.count(b'"') for piece in self.pieces())

    def pieces(self) -> list[bytes]:
        """What stands before each field's value and after the last one's."""
        ends = [_quote(field) for field in self.fields]
        before = ["{", *(end + self.comma for end in ends)]
        named = [f'{b}"{f}"{self.colon}{q}' for b, f, q in zip(before, self.fields, ends, strict=False)]
        return [piece.encode() for piece in (*named, ends[-1] + "}")]

    def columns(self, text: Text, marks: Ints, end: Ints) -> dict[str, pl.Series] | None:
        """The fields of records with `marks` as quotation marks (a row a record) before `end`; None: written otherwise.

        A piece is where its first quotation mark is; the last one, which may have none, is where the record ends.
        """
        *named, last = self.pieces()
        seen = np.cumsum([0, *(piece.count(b'"') for piece in named)])
        places = [marks[:, mark] - piece.index(b'"') for mark, piece in zip(seen, named, strict=False)]
        places.append(end - len(last))
        if not all(text.stands(at, piece) for at, piece in zip(places, (*named, last), strict=True)):
            return None
        found: dict[str, pl.Series] = {}
        for field, at, piece, then in zip(self.fields, places, named, places[1:], strict=False):
            values = _values(text, field, at + len(piece), then)
            if values is None:
                return None
            found[field] = values
        return found


def uniform_records(texts: Sequence[bytes]) -> pl.DataFrame | None:
    """`record` (index of the pack) and the fields that were sent; None when the packs are not all written alike."""
    text = text_of(texts)
    found = text and _RECORDS.match(texts[0].decode())
    if not text or not found:
        return None
    head, rest = _writing(found[1]), _writing(found[3] or found[1])
    return _cut(text, (found[2] or ",").encode(), head, rest) if head and rest else None


def _cut(text: Text, comma: bytes, head: Writing, rest: Writing) -> pl.DataFrame | None:
    """The records, the first of each pack written as `head`, the others as `rest`."""
    quotes = text.quotes()
    sought = np.searchsorted(quotes, text.starts)
    further, left = np.divmod(np.diff(sought) - head.quotes(), rest.quotes())
    if left.any() or (further < 0).any():
        return None
    owner = np.repeat(np.arange(len(further), dtype=np.uint32), 1 + further)
    first = np.append(True, owner[1:] != owner[:-1])
    marks = _by_writing(quotes, sought[:-1], head, rest)
    begin = np.empty(len(owner), np.int64)
    for (_, some), where in zip(marks, _where(first, len(marks)), strict=True):
        begin[where] = some[:, 0] - 1
    end = _ends(text, begin, first, comma)
    if end is None:
        return None
    tables: list[pl.DataFrame] = []
    for (writing, some), where in zip(marks, _where(first, len(marks)), strict=True):
        fields = writing.columns(text, some, end[where])
        if fields is None:
            return None
        at = np.flatnonzero(where)
        tables.append(pl.DataFrame({"at": at, "record": owner[where], **fields}))
    return (pl.concat(tables, how="diagonal").sort("at") if len(tables) > 1 else tables[0]).drop("at")


def _values(text: Text, field: str, start: Ints, end: Ints) -> pl.Series | None:
    """The slices as texts or numbers, None when they are none; those that repeat the one before are read once."""
    firsts = text.firsts(start, end) if (end >= start).all() else None
    if firsts is not None:
        told = _values(text, field, start[firsts], end[firsts])
        times = np.diff(firsts, append=len(start))
        return None if told is None else told.gather(np.repeat(np.arange(len(firsts)), times))
    values = text.column(start, end)
    if values is None or field in TEXTS:
        return values
    return values.cast(pl.Float64) if values.str.contains(rf"^{_NUMBER}$").all() else None


def _by_writing(quotes: Ints, firsts: Ints, head: Writing, rest: Writing) -> list[tuple[Writing, Ints]]:
    """Quotation marks by record: of all of them when they are written alike, else of the packs' first ones apart."""
    if head == rest:
        return [(rest, quotes.reshape(-1, rest.quotes()))]
    of_heads = firsts[:, None] + np.arange(head.quotes())
    others = np.delete(quotes, of_heads.ravel()).reshape(-1, rest.quotes())
    return [(head, quotes[of_heads]), (rest, others)]


def _where(first: Mask, writings: int) -> list[Mask]:
    """Which records the writings are of."""
    return [np.ones_like(first)] if writings == 1 else [first, ~first]


def _ends(text: Text, begin: Ints, first: Mask, comma: bytes) -> Ints | None:
    """Where records that begin at `begin` end; None when brackets and commas do not stand around them."""
    last = np.roll(first, -1)
    end = np.append(begin[1:] - len(comma), 0)
    end[last] = text.starts[1:] - 1
    around = (begin[first] == text.starts[:-1] + 1).all() and text.stands(text.starts[:-1], b"[")
    between = text.stands(end[~last], comma) and text.stands(text.starts[1:] - 1, b"]")
    return end if around and between else None


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


def _quote(field: str) -> str:
    """What stands around a field's value."""
    return '"' if field in TEXTS else ""
