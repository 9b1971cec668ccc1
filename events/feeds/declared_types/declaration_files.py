"""Declarations of a directory, read and made into formats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from events.errors import DeclarationError, PayloadError
from events.feeds.declared_types.declaration import Declaration, declaration_of
from events.feeds.declared_types.declared import format_declared
from events.feeds.decoded import Format
from events.feeds.registry import BUILT_IN, Registry
from events.feeds.timetable import Timetable, timetable_of

PATTERN = "*.toml"
TIMETABLE_MOST = 1024 * 1024 * 1024
"""Bytes of a timetable that are read."""


def registry_of(*directories: Path, base: Registry = BUILT_IN) -> Registry:
    """The registry with every declaration of the directories; one that is not there holds none.

    DeclarationError names the file, the key, the value and what is allowed.
    """
    declared: dict[str, Format] = {}
    for file in sorted(f for d in directories for f in d.glob(PATTERN)):
        form = _format(file, base.formats)
        if form.name in declared:
            raise DeclarationError(f"{file}: name is {form.name!r}; allowed: a name that no other declaration has")
        declared[form.name] = form
    return base.with_formats(declared)


def _format(file: Path, formats: Mapping[str, Format]) -> Format:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{file}: cannot be read: {error}") from error
    told = declaration_of(text, str(file), formats)
    return format_declared(told, formats, _timetable(file, told))


def _timetable(file: Path, told: Declaration) -> Timetable | None:
    if not told.timetable:
        return None
    path = file.parent / told.timetable
    try:
        if path.stat().st_size > TIMETABLE_MOST:
            raise DeclarationError(f"{file}: timetable is {told.timetable!r}; allowed: at most {TIMETABLE_MOST} bytes")
        return timetable_of(path.read_bytes())
    except OSError as error:
        raise DeclarationError(f"{file}: timetable {told.timetable!r} cannot be read: {error.strerror}") from error
    except PayloadError as error:
        raise DeclarationError(f"{file}: timetable {told.timetable!r}: {error}") from error
