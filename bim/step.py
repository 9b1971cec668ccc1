"""What the first and last bytes of a STEP physical file say: is it one, of which schema, is it whole.

Nothing is parsed here, so a file can be refused before the parser is started.
"""

from __future__ import annotations

import re

from bim.errors import EmptyFileError, NotAnIfcError, TruncatedIfcError, UnsupportedFormatError

HEAD_BYTES = 262_144
"""The header section of a real file lies within these."""

TAIL_BYTES = 4_096
"""The end mark lies within these, exporters' trailing comments included."""

_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^']*)'", re.IGNORECASE)
_MARK = b"ISO-10303-21"
_END = re.compile(rb"END-ISO-10303-21\s*;?", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def schema_in(file: str, head: bytes) -> str:
    """The schema named by FILE_SCHEMA in the first `HEAD_BYTES` of a file.

    Raises EmptyFileError, UnsupportedFormatError, NotAnIfcError.
    """
    start = head.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\0")
    if not start:
        raise EmptyFileError(f"{file}: the file is empty; export it again")
    _refuse_other_formats(file, start)
    found = _SCHEMA.search(_COMMENT.sub(b"", start))
    if found is None:
        raise NotAnIfcError(f"{file}: no FILE_SCHEMA in the header; a model names its schema, such as IFC4")
    return found.group(1).decode("ascii", "replace")


def require_end(file: str, tail: bytes) -> None:
    """Raise TruncatedIfcError unless the last `TAIL_BYTES` of a file hold the end mark."""
    if _END.search(tail) is None:
        last = tail.strip()[-40:].decode("ascii", "replace")
        raise TruncatedIfcError(
            f"{file}: truncated: END-ISO-10303-21 is missing, the file ends in {last!r}; copy or export it again"
        )


def _refuse_other_formats(file: str, start: bytes) -> None:
    if start.startswith(_UTF16):
        raise UnsupportedFormatError(f"{file}: UTF-16 text; STEP files are plain ASCII, export it again")
    if start.startswith((b"<?xml", b"<ifc", b"<ex:", b"<doc:")):
        raise UnsupportedFormatError(f"{file}: ifcXML is not read; export it as a STEP file (.ifc)")
    if start.startswith((b"{", b"[")):
        raise UnsupportedFormatError(f"{file}: ifcJSON is not read; export it as a STEP file (.ifc)")
    if _MARK not in _COMMENT.sub(b"", start)[:64].upper():
        raise NotAnIfcError(f"{file}: no IFC file: it begins with {start[:16]!r}, not with ISO-10303-21")
