"""Where a table's header stands: below title lines (whose report it is, of which days), as exports have them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from events.feeds.limits import check_columns

TITLES_MOST = 30
"""So many lines may stand above a header."""

SEPARATORS = (",", "\t", ";", "|")

IsHeader = Callable[[Sequence[str]], bool]
"""Whether the fields of a line are names of columns that a reader knows."""


@dataclass(frozen=True)
class Headed:
    """A table as text: the title lines above its header, the header and what follows, what separates its fields."""

    titles: tuple[bytes, ...]
    table: bytes
    separator: str

    @property
    def words(self) -> list[str]:
        """What the title lines say, field by field."""
        return [
            field.strip() for line in self.titles for field in _fields(line.decode(), self.separator) if field.strip()
        ]


def headed(content: bytes, is_header: IsHeader | None = None) -> Headed:
    """UTF-8 text of a table with its titles told from it; the first line is the header where none is known as one."""
    first = content[: content.find(b"\n")] if b"\n" in content else content
    plain = Headed((), content, _checked_separator(first))
    if is_header is None or is_header(_fields(first.decode(), plain.separator)):
        return plain
    titles, rest = [first], content[len(first) + 1 :]
    while rest and len(titles) < TITLES_MOST:
        line, _, after = rest.partition(b"\n")
        separator = _checked_separator(line)
        if is_header(_fields(line.decode(), separator)):
            return Headed(tuple(titles), rest, separator)
        titles.append(line)
        rest = after
    return plain


def _checked_separator(line: bytes) -> str:
    """What separates the fields of a line; PayloadError where there are more than any table has."""
    counts = {separator: line.count(separator.encode()) for separator in SEPARATORS}
    separator = max(counts, key=counts.__getitem__)
    check_columns(counts[separator] + 1)
    return separator


def _fields(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r")], delimiter=separator), [])
    except csv.Error:
        return []
