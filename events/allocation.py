"""Memory of a process that works for months on threads that come and go."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""mallopt's parameter (glibc, malloc.h)."""

ARENAS = 2


def few_arenas() -> None:
    """Let glibc's malloc keep two heaps rather than eight a core; elsewhere nothing is done.

    Each thread takes a heap that is free, and what it lets go of stays there: over ten minutes at 300,000 readings/s an
    ingester grew from 0.6 to 1.4 GiB so (`python -m benchmarks sustained`).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS)
