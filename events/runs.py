"""Runs of equal values in a sorted array."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def starts(values: npt.NDArray[Any]) -> Mask:
    """Whether each value is the first of its run.

    >>> starts(np.array([3, 3, 5])).tolist()
    [True, False, True]
    """
    return np.concatenate(([True], values[1:] != values[:-1]))[: len(values)]


def ends(values: npt.NDArray[Any]) -> Mask:
    """Whether each value is the last of its run.

    >>> ends(np.array([3, 3, 5])).tolist()
    [False, True, True]
    """
    return np.concatenate((values[1:] != values[:-1], [True]))[: len(values)]
