"""Open any IFC and say what it is: digest, schema, whole or not; packed files and drafts of schemas made readable."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from bim.codepages import code_page, escaped
from bim.errors import OversizeError, UnreadableFileError
from bim.packed import MAX_BYTES, is_gzip, is_zip, unpack
from bim.schemas import opened_as
from bim.step import HEAD_BYTES, require_end, schema_in, with_schema


@dataclass(frozen=True)
class IfcFile:
    """A file that the parser can be given.

    `path` as the caller gave it; `sha256` and `size_bytes` of that file as it lies there, packed or not.
    """

    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class ReadableIfc:
    """A plain STEP file of a schema that the parser holds, its text in STEP's own escapes.

    `schema` is the header's own word; `encoding` what its text was written in (None: ASCII, as it should be).
    """

    path: Path
    schema: str
    schema_loaded: str
    encoding: str | None


def identify(path: Path) -> IfcFile:
    """Digest and size of the file at `path`. Raises UnreadableFileError, OversizeError."""
    try:
        if not path.is_file():
            what = "a folder" if path.is_dir() else "no such file" if not path.exists() else "no regular file"
            raise UnreadableFileError(f"{path}: {what}; give the path of one .ifc, .ifczip or .ifc.gz file")
        size_bytes = path.stat().st_size
        if size_bytes > MAX_BYTES:
            raise OversizeError(f"{path}: {size_bytes:,} bytes; a model is at most {MAX_BYTES:,}: split it")
        with path.open("rb") as stream:
            return IfcFile(path, hashlib.file_digest(stream, "sha256").hexdigest(), size_bytes)
    except UnreadableFileError:
        raise
    except OSError as error:
        raise UnreadableFileError(f"{path}: cannot be read: {error.strerror}; check its permissions") from error


def make_readable(file: IfcFile, work_dir: Path) -> ReadableIfc:
    """The file itself, or a copy in `work_dir`, unpacked and with a schema name that the parser holds.

    Raises EmptyFileError, NotAnIfcError, UnsupportedFormatError, UnsupportedSchemaError, TruncatedIfcError,
    OversizeError and UnsafeArchiveError.
    """
    plain = _plain(file, work_dir)
    with plain.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    schema = schema_in(str(file.path), head)
    loaded = opened_as(str(file.path), schema)
    require_end(str(file.path), plain)
    encoding = code_page(plain)
    if with_schema(head, loaded) == head and encoding is None:
        return ReadableIfc(plain, schema, loaded, encoding)
    return ReadableIfc(rewritten(plain, work_dir / "renamed.ifc", loaded, encoding), schema, loaded, encoding)


def rewritten(path: Path, target: Path, schema: str, encoding: str | None) -> Path:
    """A copy at `target` that names `schema` and holds STEP's escapes for text in `encoding` (None: it is ASCII)."""
    with path.open("rb") as source, target.open("wb") as out:
        head = with_schema(source.read(HEAD_BYTES), schema)
        if encoding is None:
            out.write(head)
            shutil.copyfileobj(source, out)
        else:
            head, *rest = (head + source.readline()).splitlines(keepends=True)
            out.writelines(escaped(chain([head], rest, source), encoding))
    return target


def _plain(file: IfcFile, work_dir: Path) -> Path:
    with file.path.open("rb") as stream:
        start = stream.read(4)
    if not (is_zip(start) or is_gzip(start)):
        return file.path
    target = work_dir / "unpacked.ifc"
    unpack(file.path, target)
    return target
