"""Waiting for the log to grow: PostgreSQL tells (LISTEN/NOTIFY, by every append), SQLite is looked at often."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

LOOK_S = 0.02
"""Between two looks at a SQLite log: a look costs about 50 µs."""

LISTEN_S = 5.0
"""Longest trust in silence on PostgreSQL: a connection can be lost without a word."""


def by_looking(head: Callable[[], int], after: int, timeout_s: float) -> None:
    """Return when `head` is past `after`, or after the timeout."""
    deadline = time.monotonic() + timeout_s
    while head() <= after and (left_s := deadline - time.monotonic()) > 0:
        time.sleep(min(LOOK_S, left_s))


def by_listening(connection: Any, channel: str, head: Callable[[], int], after: int, timeout_s: float) -> None:
    """As `by_looking`, told by the server. `connection`: psycopg, in autocommit.

    It listens before it looks, so that nothing falls between.
    """
    deadline = time.monotonic() + timeout_s
    connection.execute(f'LISTEN "{channel}"')
    try:
        while head() <= after and (left_s := deadline - time.monotonic()) > 0:
            for _ in connection.notifies(timeout=min(LISTEN_S, left_s), stop_after=1):
                pass
    finally:
        connection.execute(f'UNLISTEN "{channel}"')
