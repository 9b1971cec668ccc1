"""Which instances a STEP file defines and which it refers to, by a pass over its bytes: the parser drops loose ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_TEXT_OR_COMMENT = re.compile(rb"'(?:[^']|'')*'|/\*.*?\*/", re.DOTALL)
_CLASS = re.compile(rb"#\d+\s*=\s*([A-Za-z0-9_]+)\s*\(")
_MAX_DIGITS = 10
_PIECE_BYTES = 8 << 20
_HASH, _ZERO, _SPACE, _EQUALS = b"#0 ="

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class References:
    """`defined`: number of different instances; `dangling`: numbers that are referred to and not defined."""

    defined: int
    dangling: frozenset[int]


def references(path: Path, taken: int) -> References:
    """What a STEP file, of which the parser took so many instances, defines and refers to.

    What looks amiss is looked at again: '#12' inside a text is no reference, '#12=' inside a comment defines nothing.
    """
    found = _referred(_pieces(path))
    defined, dangling = found.defined, found.dangling
    if defined > taken:
        defined = _referred(_COMMENT.sub(b" ", piece) for piece in _pieces(path)).defined
    if dangling:
        dangling = _referred(_TEXT_OR_COMMENT.sub(b"''", piece) for piece in _pieces(path)).dangling
    return References(defined, dangling)


def classes(path: Path) -> Counter[str]:
    """How many instances a STEP file defines of each class, in upper case."""
    found: Counter[str] = Counter()
    for piece in _pieces(path):
        found.update(name.decode("ascii").upper() for name in _CLASS.findall(piece))
    return found


def _pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces of a few megabytes, cut after a semicolon: as much memory as a piece needs."""
    rest = b""
    with path.open("rb") as stream:
        while read := stream.read(_PIECE_BYTES):
            whole, mark, rest = (rest + read).rpartition(b";")
            yield whole + mark
    yield rest


def _referred(pieces: Iterable[bytes]) -> References:
    """Of each piece its different numbers: what is in one may be defined in another."""
    defined, referred = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for piece in pieces:
        data = np.frombuffer(piece + b" " * (_MAX_DIGITS + 4), np.uint8)
        numbers, ends = _numbers(data, np.flatnonzero(data == _HASH) + 1)
        is_definition = _next_is_equals(data, ends)
        defined.append(_different(numbers[is_definition]))
        referred.append(_different(numbers[~is_definition]))
    known = _different(np.concatenate(defined))
    loose = _different(np.concatenate(referred))
    loose = loose[~np.isin(loose, known, assume_unique=True)]
    return References(len(known), frozenset(int(each) for each in loose if each > 0))


def _different(numbers: Numbers) -> Numbers:
    """Each number once, in order: by marking them where they lie densely, which costs a tenth of sorting them."""
    if not len(numbers) or numbers.max() > 8 * len(numbers) + _PIECE_BYTES:
        return np.unique(numbers)
    seen = np.zeros(int(numbers.max()) + 1, np.bool_)
    seen[numbers] = True
    return np.flatnonzero(seen)


def _numbers(data: Bytes, starts: Numbers) -> tuple[Numbers, Numbers]:
    """The decimal numbers that begin at `starts` (0 where none does), and where they end."""
    numbers = np.zeros(len(starts), np.int64)
    ends = starts.copy()
    open_ = np.arange(len(starts))
    for _ in range(_MAX_DIGITS):
        digits = data[ends[open_]] - np.uint8(_ZERO)
        is_digit = digits < 10
        if not is_digit.all():
            open_, digits = open_[is_digit], digits[is_digit]
        if not len(open_):
            break
        numbers[open_] = numbers[open_] * 10 + digits
        ends[open_] += 1
    return numbers, ends


def _next_is_equals(data: Bytes, ends: Numbers) -> npt.NDArray[np.bool_]:
    at = ends.copy()
    for _ in range(3):
        at += data[np.minimum(at, len(data) - 1)] == _SPACE
    found: npt.NDArray[np.bool_] = data[np.minimum(at, len(data) - 1)] == _EQUALS
    return found
