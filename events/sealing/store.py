"""Where the chain is sealed: a table beside the log's own, one row for each position whose digest was kept.

    seals       position, digest of the chain there, digest of the chain before the event at that position

Whoever saves something derived seals where it stands, behind the head: an append never waits for a seal, and never
writes one. Of the seals that were made for a save some time ago only one in EVERY positions stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from events.sealing.chain import Mark

EVERY = 64
"""Positions for which one seal stays; so much of the log is read at most to know the digest at any position."""

RECENT = 1024
"""Positions behind the newest seal in which every seal stays: what is on disk now stands at one of them."""

_MADE = (
    "CREATE TABLE IF NOT EXISTS seals (position BIGINT PRIMARY KEY, digest TEXT NOT NULL, before_digest TEXT NOT NULL)"
)
_KEPT = "INSERT INTO seals (position, digest, before_digest) VALUES ({m}, {m}, {m}) ON CONFLICT (position)"
_AGAIN = " DO UPDATE SET digest = excluded.digest, before_digest = excluded.before_digest"
_NEAREST = "SELECT position, digest, before_digest FROM seals WHERE position <= {m} ORDER BY position DESC LIMIT 1"
_ALL = "SELECT position, digest, before_digest FROM seals WHERE position > {m} ORDER BY position"
_THINNED = (
    "DELETE FROM seals WHERE position > {m} AND position < {m} AND position NOT IN"
    " (SELECT max(position) FROM seals WHERE position > {m} AND position < {m} GROUP BY position / {every})"
)


class SealStore:
    """The seals of one log."""

    def __init__(self, database: Any, *, sqlite: bool) -> None:
        """`database`: the datastore of the log's recorder, which gives cursors in transactions."""
        self._database = database
        self._sqlite = sqlite

    def keep(self, mark: Mark) -> None:
        """Seal the log at `mark`; one of another log that was left there goes."""
        self.make()
        low, high = mark.position - 3 * RECENT, mark.position - RECENT
        with self._database.transaction(commit=True) as cursor:
            cursor.execute(self._sql(_KEPT + _AGAIN), (mark.position, mark.digest, mark.before))
            cursor.execute(self._sql(_THINNED), (low, high, low, high))

    def nearest(self, position: int) -> Mark:
        """The last seal at or before `position`; the beginning where there is none."""
        found = self._rows(_NEAREST, position)
        return found[0] if found else Mark()

    def after(self, position: int) -> Iterator[Mark]:
        """Seals behind `position`, in order."""
        return iter(self._rows(_ALL, position))

    def make(self) -> None:
        """Make the table where there is none."""
        if not self._is_there():
            with self._database.transaction(commit=True) as cursor:
                cursor.execute(_MADE)

    def _rows(self, query: str, position: int) -> list[Mark]:
        if not self._is_there():
            return []
        with self._database.transaction(commit=False) as cursor:
            cursor.execute(self._sql(query), (position,))
            rows = cursor.fetchall()
        return [Mark(row["position"], row["digest"], row["before_digest"]) for row in rows]

    def _is_there(self) -> bool:
        """Whether the table is: a log from before, and one put back from such a backup, has none until a save."""
        query = (
            "SELECT count(*) AS n FROM sqlite_master WHERE name = 'seals'"
            if self._sqlite
            else "SELECT count(*) AS n FROM pg_tables WHERE tablename = 'seals' AND schemaname = current_schema()"
        )
        with self._database.transaction(commit=False) as cursor:
            cursor.execute(query)
            return bool(cursor.fetchone()["n"])

    def _sql(self, query: str) -> str:
        return query.format(m="?" if self._sqlite else "%s", every=EVERY)
