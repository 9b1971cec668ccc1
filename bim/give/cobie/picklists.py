"""The words that a register uses where COBie has lists of choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from bim.give.cobie.template import NONE, Row


class _Picked(NamedTuple):
    sheet: str
    column: str


_PICKED = (
    _Picked("Contact", "Category"), _Picked("Facility", "Category"), _Picked("Floor", "Category"),
    _Picked("Space", "Category"), _Picked("Zone", "Category"), _Picked("Type", "Category"),
    _Picked("Type", "AssetType"), _Picked("System", "Category"), _Picked("Facility", "LinearUnits"),
    _Picked("Facility", "AreaUnits"), _Picked("Facility", "VolumeUnits"), _Picked("Connection", "ConnectionType"),
    _Picked("Coordinate", "Category"),
)  # fmt: skip


def picked(sheets: Mapping[str, Iterable[Row]]) -> Iterator[Row]:
    """A row a word."""
    for sheet, column in _PICKED:
        for word in sorted({row.get(column, NONE) for row in sheets.get(sheet, ())} - {NONE}):
            yield {"Sheet": sheet, "Column": column, "Value": word}
