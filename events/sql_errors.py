"""Errors of SQLite and psycopg as the twin's own; psycopg, an extra, is named only where it can have been used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from events.errors import LogUnavailableError

POSTGRES = ("postgresql://", "postgres://")
"""How the location of a PostgreSQL database begins; any other is a SQLite file."""


@contextmanager
def sql_errors(location: str, what: str, advice: str) -> Iterator[None]:
    """LogUnavailableError saying where (without a password), `what` cannot be done, why, and what to do."""
    kinds: tuple[type[Exception], ...] = (sqlite3.Error,)
    if location.startswith(POSTGRES):
        import psycopg

        kinds = (psycopg.Error,)
    try:
        yield
    except kinds as error:
        where = location.rsplit("@", 1)[-1]
        raise LogUnavailableError(f"{where}: {what}: {error}; {advice}") from error
