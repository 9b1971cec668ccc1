"""Which instances a STEP file defines and which it refers to, by a pass over its bytes: the parser drops loose ones."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

_TEXT = re.compile(rb"'(?:[^']|'')*'")
_MAX_DIGITS = 10
_HASH, _ZERO, _SPACE, _EQUALS = b"#0 ="

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


def references(step_file: bytes) -> tuple[int, set[int]]:
    """(number of instances defined, numbers referred to and not defined) of a STEP file's bytes."""
    defined, loose = _loose(step_file)
    if loose:  # a '#12' inside a text is no reference: look again without the texts, which costs more
        defined, loose = _loose(_TEXT.sub(b"''", step_file))
    return defined, loose


def _loose(step_file: bytes) -> tuple[int, set[int]]:
    data = np.frombuffer(step_file + b" " * (_MAX_DIGITS + 4), np.uint8)
    numbers, ends = _numbers(data, np.flatnonzero(data == _HASH) + 1)
    is_definition = _next_is_equals(data, ends)
    defined = np.unique(numbers[is_definition])
    referred = np.unique(numbers[~is_definition])
    return len(defined), {int(each) for each in np.setdiff1d(referred, defined, assume_unique=True) if each > 0}


def _numbers(data: Bytes, starts: Numbers) -> tuple[Numbers, Numbers]:
    """The decimal numbers that begin at `starts` (0 where none does), and where they end."""
    numbers = np.zeros(len(starts), np.int64)
    ends = starts.copy()
    open_ = np.arange(len(starts))
    for _ in range(_MAX_DIGITS):
        digits = data[np.minimum(ends[open_], len(data) - 1)] - np.uint8(_ZERO)
        open_ = open_[digits < 10]
        numbers[open_] = numbers[open_] * 10 + digits[digits < 10]
        ends[open_] += 1
    return numbers, ends


def _next_is_equals(data: Bytes, ends: Numbers) -> npt.NDArray[np.bool_]:
    at = ends.copy()
    for _ in range(3):
        at += data[np.minimum(at, len(data) - 1)] == _SPACE
    found: npt.NDArray[np.bool_] = data[np.minimum(at, len(data) - 1)] == _EQUALS
    return found
