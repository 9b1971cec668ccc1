"""Errors of SQLite and psycopg as the twin's own, and databases' locations without what is secret in them.

psycopg, an extra, is named only where it can have been used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from events.errors import LogUnavailableError, UsageError

POSTGRES = ("postgresql://", "postgres://")
"""How the location of a PostgreSQL database begins; any other is a SQLite file."""


@contextmanager
def sql_errors(location: str, what: str, advice: str) -> Iterator[None]:
    """LogUnavailableError saying where (without a password), `what` cannot be done, why, and what to do."""
    kinds: tuple[type[Exception], ...] = (sqlite3.Error,)
    if location.startswith(POSTGRES):
        import psycopg

        connection_words(location)
        kinds = (psycopg.Error,)
    try:
        yield
    except kinds as error:
        raise LogUnavailableError(f"{shown(location)}: {what}: {error}; {advice}") from error


def integrity(path: str) -> list[str]:
    """What SQLite's own check finds wrong with a file: pages, rows out of order, rows and indexes that differ."""
    try:
        with closing(sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True)) as file:
            found = [str(row[0]) for row in file.execute("PRAGMA integrity_check(20)")]
    except (sqlite3.Error, ValueError) as error:
        return [f"{path}: cannot be read: {error}; restore it from a backup"]
    return [] if found == ["ok"] else [f"{path}: {told}; restore it from a backup" for told in found]


def connection_words(url: str) -> dict[str, str]:
    """What a `postgresql://` address says, by libpq's keywords (host, port, dbname, user, sslmode …).

    What it leaves out is looked up as PostgreSQL's own programs do: PGPASSWORD, PGPASSFILE, ~/.pgpass. UsageError when
    it is no such address; libpq's own message holds all of it, password and all, and is not passed on.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        said = conninfo_to_dict(url)
    except psycopg.Error:
        raise UsageError(
            "the address of the PostgreSQL database cannot be read; write postgresql://user@host:port/name, and in a "
            "user's name or a password @ as %40, / as %2F, : as %3A"
        ) from None
    return {name: str(value) for name, value in said.items() if value not in (None, "")}


def shown(location: str) -> str:
    """A location as it may be told: of a server host, port and database, never user or password."""
    if not location.startswith(POSTGRES):
        return location
    said = connection_words(location)
    host = said.get("host", "").rpartition("@")[2]
    return f"{host}{':' if 'port' in said else ''}{said.get('port', '')}/{said.get('dbname', '')}"
