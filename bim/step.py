"""What the first and last bytes of a STEP physical file say: is it one, of which schema, is it whole.

Nothing is parsed here, so a file can be refused before the parser is started.
"""

from __future__ import annotations

import re
from pathlib import Path

from bim.errors import EmptyFileError, NotAnIfcError, TruncatedIfcError, UnsupportedFormatError
from bim.schemas import first_known

HEAD_BYTES = 262_144
"""The header section of a real file lies within these."""

TAIL_BYTES = 4_096
"""The end mark lies within these, exporters' trailing comments included."""

_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(([^()]*)\)", re.IGNORECASE)
_NAME = re.compile(rb"'([^']*)'")
_MARK = b"ISO-10303-21"
_END = re.compile(rb"END-ISO-10303-21\s*;?", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def schema_in(file: str, head: bytes) -> str:
    """The schema named by FILE_SCHEMA in the first `HEAD_BYTES` of a file; of several, the one that is read here.

    Raises EmptyFileError, UnsupportedFormatError, NotAnIfcError.
    """
    start = head.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\0")
    if not start:
        raise EmptyFileError(f"{file}: the file is empty; export it again")
    _refuse_other_formats(file, start)
    found = _SCHEMA.search(_COMMENT.sub(b"", start))
    if found is None:
        raise NotAnIfcError(f"{file}: no FILE_SCHEMA in the header; a model names its schema, such as IFC4")
    names = [each.decode("ascii", "replace") for each in _NAME.findall(found.group(1))]
    return first_known(names)


def with_schema(head: bytes, schema: str) -> bytes:
    """The head of a file, without a byte order mark, its FILE_SCHEMA naming only `schema`."""
    bare = head.removeprefix(b"\xef\xbb\xbf")
    comments = [(found.start(), found.end()) for found in _COMMENT.finditer(bare)]
    for found in _SCHEMA.finditer(bare):
        if not any(start < found.start() < end for start, end in comments):
            return bare[: found.start(1)] + b"'" + schema.encode() + b"'" + bare[found.end(1) :]
    return bare


def require_end(file: str, path: Path) -> None:
    """Raise TruncatedIfcError unless the STEP file at `path` has its end mark; what follows it is let be."""
    tail = _tail(path, TAIL_BYTES)
    if _END.search(tail) is None and _END.search(path.read_bytes()) is None:
        last = tail.strip(b" \t\r\n\0")[-40:].decode("ascii", "replace")
        raise TruncatedIfcError(
            f"{file}: truncated: END-ISO-10303-21 is missing, the file ends in {last!r}; copy or export it again"
        )


def _tail(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - size))
        return stream.read()


def _refuse_other_formats(file: str, start: bytes) -> None:
    if start.startswith(_UTF16):
        raise UnsupportedFormatError(f"{file}: UTF-16 text; STEP files are plain ASCII, export it again")
    if start.startswith((b"<?xml", b"<ifc", b"<ex:", b"<doc:")):
        raise UnsupportedFormatError(f"{file}: ifcXML is not read; export it as a STEP file (.ifc)")
    if start.startswith((b"{", b"[")):
        raise UnsupportedFormatError(f"{file}: ifcJSON is not read; export it as a STEP file (.ifc)")
    if _MARK not in _COMMENT.sub(b"", start)[:64].upper():
        raise NotAnIfcError(f"{file}: no IFC file: it begins with {start[:16]!r}, not with ISO-10303-21")
