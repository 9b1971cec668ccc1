"""What of a lake counts: partitions of six hours, their files, and how far they cover the log."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import msgspec

from events.durable import put
from events.sealing.chain import BEGINNING, Mark
from twin.lake_file import VERSION

logger = logging.getLogger(__name__)

FILE = "manifest.json"

QUARTER_US = 6 * 3_600_000_000
"""Width of one partition."""

MARK_ROWS = 65_536
"""Rows between two time marks of a part."""


class Part(msgspec.Struct, frozen=True):
    """A slice of one file: first row, number of rows, event times (UTC microseconds), and its rows' last position.

    `marks`: the time of every MARK_ROWS-th row, were the rows in order of time.
    """

    file: str
    start: int
    rows: int
    marks: list[int]
    last_time: int
    last_position: int

    @property
    def first_time(self) -> int:
        """The slice's first event time."""
        return self.marks[0]


class Quarter(msgspec.Struct, frozen=True):
    """One partition: number of quarter-days since 1970, its parts, and the file of its opening state, if it has one."""

    number: int
    parts: list[Part] = []
    opening: str | None = None

    @property
    def rows(self) -> int:
        """Rows in all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def start(self) -> int:
        """First instant of the quarter, UTC microseconds."""
        return self.number * QUARTER_US


class Band(msgspec.Struct, frozen=True):
    """Rows of entities `first` to `last` in the quarters from `low` to before `high`, known at `position`; one file."""

    file: str
    low: int
    high: int
    first: int
    last: int
    rows: int
    position: int


class Manifest(msgspec.Struct, frozen=True):
    """What the lake holds, up to and including `position` of the log; `retired` files go at the next flush.

    `mark`: where the log's chain stood there, so that a lake of another log is known. `kept_from`: by family, the first
    quarter still held, where older ones were let go (`twin.retention`); `sizes`: bytes of each file, so that one that
    is missing or cut short is known without opening it; `digests`: SHA-256 of each file, `digest` of this manifest
    without it.
    """

    position: int = 0
    version: int = VERSION
    families: dict[str, list[Quarter]] = {}
    bands: dict[str, list[Band]] = {}
    kept_from: dict[str, int] = {}
    retired: list[str] = []
    sizes: dict[str, int] = {}
    digests: dict[str, str] = {}
    mark: Mark = BEGINNING
    digest: str = ""

    def files(self) -> set[str]:
        """Every file that counts."""
        quarters = [q for qs in self.families.values() for q in qs]
        bands = {b.file for bs in self.bands.values() for b in bs}
        return bands | {p.file for q in quarters for p in q.parts} | {q.opening for q in quarters if q.opening}


def write_manifest(directory: Path, manifest: Manifest) -> Manifest:
    """Let the files that a manifest names count, in one step; the manifest as it stands on disk."""
    plain = msgspec.structs.replace(manifest, digest="")
    full = msgspec.structs.replace(plain, digest=_digest(plain))
    put(directory / FILE, msgspec.json.encode(full))
    return full


def read_manifest(directory: Path) -> Manifest:
    """What the lake in `directory` says it holds; an absent, damaged or other-versioned one holds nothing."""
    path = directory / FILE
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return Manifest()
    except (OSError, msgspec.MsgspecError) as error:
        return _none(path, f"cannot be read ({error})")
    if manifest.version != VERSION:
        return _none(path, f"is of layout {manifest.version}, where this twin writes {VERSION}")
    if manifest.digest != _digest(msgspec.structs.replace(manifest, digest="")):
        return _none(path, "is damaged: it does not have the digest that it names")
    return manifest


def _none(path: Path, why: str) -> Manifest:
    logger.warning("%s %s; history is read from the log instead, which takes longer: twin rebuild", path, why)
    return Manifest()


def _digest(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(manifest)).hexdigest()
