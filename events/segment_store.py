"""Where segments lie: a table beside the log's own, in the same database, written in the same transactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from events.errors import ConflictError

_MADE = "CREATE TABLE IF NOT EXISTS segments (number INTEGER PRIMARY KEY, state {blob} NOT NULL)"
_LAST = "SELECT max(number) AS last FROM segments"
_LOADED = "SELECT state FROM segments WHERE number = {mark}"
_KEPT = "INSERT INTO segments (number, state) VALUES ({mark}, {mark})"
_TAKEN = (
    "DELETE FROM stored_events WHERE {position} = {mark} AND {start} = {mark} "
    "RETURNING originator_id, originator_version, topic"
)
_REFERRED = (
    "INSERT INTO stored_events ({position}, originator_id, originator_version, topic, state) "
    "VALUES ({mark}, {mark}, {mark}, {mark}, {mark})"
)
_PLAIN = b"TB1"
_SQLITE = {"mark": "?", "blob": "BLOB", "position": "rowid", "start": "substr(state, 1, 3)"}
_POSTGRES = {
    "mark": "%s",
    "blob": "BYTEA",
    "position": "notification_id",
    "start": "substring(state from 1 for 3)",
}


class SegmentStore:
    """The segments of one log."""

    def __init__(self, database: Any, *, sqlite: bool) -> None:
        """`database`: the datastore of the log's recorder, which gives cursors in transactions."""
        self._database = database
        self._words = _SQLITE if sqlite else _POSTGRES

    def load(self, number: int) -> bytes | None:
        """A segment's bytes, None when there is none of that number."""
        with self._database.transaction(commit=False) as cursor:
            cursor.execute(_LOADED.format(**self._words), (number,))
            row = cursor.fetchone()
        return bytes(row["state"]) if row else None

    def copy_from(self, other: SegmentStore) -> None:
        """Keep every segment of another log under the same number."""
        first, last = self.next_number(), other.next_number() - 1
        for number in range(first, last + 1):
            segment = other.load(number)
            with self._database.transaction(commit=True) as cursor:
                cursor.execute(_KEPT.format(**self._words), (number, segment))

    def next_number(self) -> int:
        """The number of the next segment; makes the table."""
        with self._database.transaction(commit=True) as cursor:
            cursor.execute(_MADE.format(**self._words))
            cursor.execute(_LAST)
            return int(cursor.fetchone()["last"] or 0) + 1

    def replace(self, number: int, segment: bytes, references: Mapping[int, bytes]) -> None:
        """Keep a segment and put references into it in the place of batches, by position, in one transaction.

        ConflictError when another compaction took one of the batches first; nothing was written then.
        """
        with self._database.transaction(commit=True) as cursor:
            cursor.execute(_KEPT.format(**self._words), (number, segment))
            rows = [(position, *self._taken(cursor, position), state) for position, state in references.items()]
            for row in rows:
                cursor.execute(_REFERRED.format(**self._words), row)

    def _taken(self, cursor: Any, position: int) -> tuple[str, int, str]:
        """Take a batch's row out (a row that only shrinks would leave its page as it is): stream, version, tag."""
        cursor.execute(_TAKEN.format(**self._words), (position, _PLAIN))
        row = cursor.fetchone()
        if row is None:
            raise ConflictError(f"position {position}: another compaction was first; run it again")
        return row["originator_id"], row["originator_version"], row["topic"]
