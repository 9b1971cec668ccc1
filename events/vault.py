"""The vault: whose name stands behind a token of the log. It lies outside the log, and what is destroyed in it is gone.

The log names the points of meters and sensors by random tokens (`entities.v2`); a token's name is a row here, the
household's key. One name has one present token; a former tenancy's token stays until it is destroyed. A token that was
reserved and never landed in the log is harmless.

    vault_keys      token, name, since, until (UTC microseconds; until null: the present one)
    vault_starts    name, starts: when the name's present household begins; what was read before is a former one's
    vault_erased    token of a destroyed key and its `household.erased.v1` event: never deleted, honoured by `restore`

A SQLite file beside the log that its owner alone can read, as its copies are, or a PostgreSQL database of its own for
ingesters on several machines. Deleted rows are
overwritten (`secure_delete`) and the file is written anew; on PostgreSQL the table is vacuumed.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from events.durable import keep_private
from events.sql_errors import POSTGRES, integrity, sql_errors

LOCK_TIMEOUT_S = 30
NAMES: dict[str, pl.DataType] = {"token": pl.Int64(), "name": pl.String()}
"""Columns of `Vault.names`."""

_CHUNK = 500
_TROUBLE = ("the vault of names cannot be used", "check the file or the server")
_TABLES = (
    "CREATE TABLE IF NOT EXISTS vault_keys"
    " (token BIGINT PRIMARY KEY, name TEXT NOT NULL, since BIGINT NOT NULL, until BIGINT)",
    "CREATE UNIQUE INDEX IF NOT EXISTS vault_present ON vault_keys (name) WHERE until IS NULL",
    "CREATE INDEX IF NOT EXISTS vault_names ON vault_keys (name)",
    "CREATE TABLE IF NOT EXISTS vault_starts (name TEXT PRIMARY KEY, starts BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS vault_erased (token BIGINT PRIMARY KEY, facts TEXT NOT NULL)",
)
_TWICE = (
    "CREATE INDEX IF NOT EXISTS vault_keys_twice ON vault_keys (token, name, since, until)",
    "CREATE INDEX IF NOT EXISTS vault_starts_twice ON vault_starts (name, starts)",
    "CREATE INDEX IF NOT EXISTS vault_erased_twice ON vault_erased (token, facts)",
)
"""In a file every row stands in an index, too: `integrity_check` then finds any bit of it that flipped."""

_RESERVE = (
    "INSERT INTO vault_keys (token, name, since) VALUES (?, ?, ?) ON CONFLICT (name) WHERE until IS NULL DO NOTHING"
)
_END = "UPDATE vault_keys SET until = ? WHERE token = ? AND until IS NULL"
_START = (
    "INSERT INTO vault_starts SELECT name, CAST(? AS BIGINT) FROM vault_keys WHERE token = ? AND until IS NULL"
    " ON CONFLICT (name) DO UPDATE SET starts = excluded.starts"
)
_STARTED = (
    "INSERT INTO vault_starts (name, starts) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET starts = excluded.starts WHERE vault_starts.starts < excluded.starts"
)
_KEEP = "INSERT INTO vault_keys (token, name, since, until) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_ERASED = "INSERT INTO vault_erased (token, facts) VALUES (?, ?) ON CONFLICT DO NOTHING"


@dataclass(frozen=True)
class Key:
    """The key of one point in one tenancy: from `since` to `until` (UTC microseconds; None: it is the present one)."""

    token: int
    name: str
    since: int
    until: int | None


class Vault:
    """The vault at a SQLite file (made when something is first kept) or a `postgresql://` location."""

    def __init__(self, location: str | Path) -> None:
        self.location = str(location)
        self._postgres = self.location.startswith(POSTGRES)

    def exists(self) -> bool:
        """Whether there is anything to read; a vault that is absent knows no name."""
        return self._postgres or Path(self.location).exists()

    def names(self) -> pl.DataFrame:
        """Every token with its name (NAMES)."""
        rows = self._rows("SELECT token, name FROM vault_keys")
        tokens, names = zip(*rows, strict=True) if rows else ((), ())
        return pl.DataFrame({"token": tokens, "name": names}, schema=NAMES)

    def tokens(self, names: Sequence[str], at: int) -> list[int]:
        """The present token of every name, in their order; a name without one gets a new one as of `at`."""
        fresh = [(secrets.randbits(63), name, at) for name in dict.fromkeys(names)]
        with self._session() as cursor:
            self._many(cursor, _RESERVE, fresh)
            found = dict(self._among(cursor, "SELECT name, token FROM vault_keys WHERE until IS NULL AND name", names))
        return [found[name] for name in names]

    def keys(self, names: Sequence[str]) -> list[Key]:
        """Every key of these names, the oldest first; of those that began at once, the present one last."""
        if not self.exists():
            return []
        with self._session() as cursor:
            found = self._among(cursor, "SELECT token, name, since, until FROM vault_keys WHERE name", names)
        return sorted(
            (Key(*row) for row in found), key=lambda key: (key.since, key.until is None, key.until or 0, key.token)
        )

    def end(self, tokens: Sequence[int], at: int) -> None:
        """These tokens are former ones from `at` on: their names get new ones when they are next seen."""
        with self._session() as cursor:
            self._many(cursor, _START, _each(at, tokens))
            self._many(cursor, _END, _each(at, tokens))

    def starts(self) -> dict[str, int]:
        """When the present household of a name begins (UTC microseconds), where there was another one before."""
        return dict(self._rows("SELECT name, starts FROM vault_starts"))

    def destroy(self, tokens: Sequence[int], facts: str) -> None:
        """Destroy these keys, and keep the erasure's `facts` (JSON, which name nobody) under each token."""
        self.forget(dict.fromkeys(tokens, facts))

    def erased(self) -> dict[int, str]:
        """Facts of the erasure of every destroyed token."""
        return dict(self._rows("SELECT token, facts FROM vault_erased"))

    def forget(self, erased: Mapping[int, str]) -> None:
        """Delete the keys of these tokens, and keep the facts of their erasure."""
        gone = [(token,) for token in erased]
        with self._session() as cursor:
            self._many(cursor, _ERASED, list(erased.items()))
            self._many(cursor, "DELETE FROM vault_keys WHERE token = ?", gone)
        self._overwrite()

    def amiss(self) -> list[str]:
        """What is wrong with the vault's file, by SQLite's own check (a server has its own); never raises."""
        return [] if self._postgres or not self.exists() else integrity(self.location)

    def copy_to(self, other: Vault) -> int:
        """Take every key into `other`, but those that either vault has destroyed; how many keys it got."""
        keys = self._rows("SELECT token, name, since, until FROM vault_keys")
        gone = self.erased() | other.erased()
        kept = [row for row in keys if row[0] not in gone]
        with other._session() as cursor:
            other._many(cursor, _ERASED, list(gone.items()))
            other._many(cursor, _KEEP, kept)
            other._many(cursor, _STARTED, list(self.starts().items()))
        return len(kept)

    def _rows(self, query: str) -> list[Any]:
        if not self.exists():
            return []
        with self._session() as cursor:
            return list(cursor.execute(query).fetchall())

    def _among(self, cursor: Any, query: str, names: Sequence[str]) -> list[Any]:
        """Rows of `query IN (names)`, a few hundred names at once."""
        found: list[Any] = []
        for start in range(0, len(names), _CHUNK):
            some = list(names[start : start + _CHUNK])
            found += cursor.execute(self._sql(f"{query} IN ({', '.join('?' * len(some))})"), some).fetchall()
        return found

    def _many(self, cursor: Any, query: str, rows: Iterable[tuple[object, ...]]) -> None:
        cursor.executemany(self._sql(query), list(rows))

    def _sql(self, query: str) -> str:
        return query.replace("?", "%s") if self._postgres else query

    def _overwrite(self) -> None:
        """Leave no copy of deleted rows in the store's free pages."""
        with sql_errors(self.location, *_TROUBLE), closing(self._connected()()) as connection:
            if self._postgres:
                connection.autocommit = True
            connection.execute("VACUUM vault_keys" if self._postgres else "VACUUM")

    @contextmanager
    def _session(self) -> Iterator[Any]:
        """A cursor in one transaction."""
        with sql_errors(self.location, *_TROUBLE), closing(self._connected()()) as connection, connection:
            cursor = connection.cursor()
            for statement in _TABLES if self._postgres else (*_TABLES, *_TWICE):
                cursor.execute(statement)
            yield cursor

    def _connected(self) -> Callable[[], Any]:
        if self._postgres:
            import psycopg  # an extra

            return lambda: psycopg.connect(self.location)
        return self._file

    def _file(self) -> sqlite3.Connection:
        keep_private(Path(self.location))
        connection = sqlite3.connect(self.location, timeout=LOCK_TIMEOUT_S)
        connection.execute("PRAGMA secure_delete = ON")
        return connection


def _each(at: int, tokens: Sequence[int]) -> list[tuple[object, ...]]:
    return [(at, token) for token in tokens]
