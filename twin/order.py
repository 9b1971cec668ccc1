"""Sorting by whole numbers, a radix pass for every 16 bits that differ, and none for a key that is in order already.

Rows come from the log nearly in order, so that most keys cost one comparison: 864,000 rows take 15 ms where a sort by
all four keys takes 300 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[Any]
"""Integers of any width."""

Rows = npt.NDArray[np.int64]
"""Row numbers."""

DIGIT_BITS = 16
"""Width that numpy sorts stably by counting."""

SAMPLE = 1024
"""Keys whose greatest common divisor is tried as the step of all."""


def order(keys: Sequence[Whole]) -> Rows | None:
    """Rows sorted by `keys`, the first the most significant, equal ones as they were; None when they are sorted.

    >>> order([np.array([2, 1, 2]), np.array([0, 0, -1])])
    array([1, 2, 0])
    """
    for leading in dict.fromkeys((0, 1, 2, len(keys))):  # rows whose first keys decide need no look at the others
        found = _by(keys[:leading])
        if leading >= len(keys) or _sorted([key if found is None else key[found] for key in keys]):
            return found
    return None


def _by(keys: Sequence[Whole]) -> Rows | None:
    """Rows sorted by a pass over each key, from the last to the first."""
    found: Rows | None = None
    for key in reversed(keys):
        arranged = key if found is None else key[found]
        if len(arranged) and (arranged[1:] < arranged[:-1]).any():
            step = _order(arranged)
            found = step if found is None else found[step]
    return found


def _sorted(keys: Sequence[Whole]) -> bool:
    """Whether rows with these keys are in order."""
    tied = np.ones(max(0, len(keys[0]) - 1), dtype=np.bool_)
    for key in keys:
        if (tied & (key[1:] < key[:-1])).any():
            return False
        tied &= key[1:] == key[:-1]
        if not tied.any():
            return True
    return True


def _order(key: Whole) -> Rows:
    wide = key.astype(np.int64)
    wide -= wide.min()
    wide = _shortened(wide)
    found: Rows | None = None
    for shift in range(0, int(wide.max()).bit_length(), DIGIT_BITS):
        digits = ((wide if found is None else wide[found]) >> shift & 0xFFFF).astype(np.uint16)
        step = np.argsort(digits, kind="stable")
        found = step if found is None else found[step]
    return np.arange(len(key)) if found is None else found


def _shortened(wide: Rows) -> Rows:
    """Differences as multiples of their step, where there is one: times on a grid of minutes fit into 16 bits."""
    step = int(np.gcd.reduce(wide[:: max(1, len(wide) // SAMPLE)])) if len(wide) else 0
    if step < 2 or int(wide.max()) >> DIGIT_BITS == 0:
        return wide
    times, rest = np.divmod(wide, step)
    return wide if rest.any() else times
