"""Packed models: `.ifczip` and `.ifc.gz`, unpacked with a limit on their size.

Sizes are counted while unpacking, never believed. An archive must hold exactly one model, at a plain name.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from bim.errors import NotAnIfcError, OversizeError, UnsafeArchiveError

MAX_BYTES = 1 << 30
"""Largest model taken, unpacked: 1 GiB."""

MAX_RATIO = 200
"""STEP text packs 4 to 20 times; beyond this ratio and `RATIO_FREE_BYTES` an archive is a bomb."""

RATIO_FREE_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 20


def is_zip(head: bytes) -> bool:
    """Whether a file begins as a ZIP archive does."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_gzip(head: bytes) -> bool:
    """Whether a file begins as a gzip stream does."""
    return head.startswith(b"\x1f\x8b")


def unpack(path: Path, target: Path) -> None:
    """Write the one model that the packed file `path` holds to `target`.

    Raises NotAnIfcError, OversizeError, UnsafeArchiveError.
    """
    with path.open("rb") as stream:
        packed = is_zip(stream.read(4))
    try:
        if packed:
            _unzip(path, target)
        else:
            with gzip.open(path) as stream:
                _copy(path, stream, target)
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, NotImplementedError) as error:
        raise NotAnIfcError(f"{path}: the packed file is damaged: {error}; pack it again") from error


def _unzip(path: Path, target: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        member = _model_in(path, archive)
        with archive.open(member) as stream:
            _copy(path, stream, target)


def _model_in(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir() and not _is_shadow(member.filename)]
    for member in members:
        _require_plain(path, member)
    models = [member for member in members if member.filename.lower().endswith((".ifc", ".ifcxml"))]
    if len(models) != 1:
        raise UnsafeArchiveError(f"{path}: an ifczip holds exactly one model, this one holds {len(models)}")
    return models[0]


def _is_shadow(name: str) -> bool:
    """Whether a member is what macOS packs beside a file: its resource fork, named like it."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("._")


def _require_plain(path: Path, member: zipfile.ZipInfo) -> None:
    parts = PurePosixPath(member.filename.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in member.filename:
        raise UnsafeArchiveError(f"{path}: the archive names {member.filename!r}, outside of itself; pack it again")
    if member.flag_bits & 1:
        raise UnsafeArchiveError(f"{path}: {member.filename!r} is encrypted; pack it without a password")


def _copy(path: Path, stream: IO[bytes] | gzip.GzipFile, target: Path) -> None:
    limit = min(MAX_BYTES, max(RATIO_FREE_BYTES, MAX_RATIO * path.stat().st_size))
    written = 0
    with target.open("wb") as out:
        for chunk in _chunks(stream):
            written += len(chunk)
            if written > limit:
                raise OversizeError(f"{path}: unpacks to more than {limit:,} bytes; a model is at most {MAX_BYTES:,}")
            out.write(chunk)


def _chunks(stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk
