"""The question of a cut put to DuckDB over the same Parquet files, and to PostgreSQL with an index."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.figures import best_of
from tests.parts.postgres import running_server, server_programs

LATEST = """
    SELECT entity, max_by(coalesce(value, counts / per_unit), (time, position, sequence)) AS value
    FROM read_parquet('{files}') WHERE time <= TIMESTAMPTZ '{at}' GROUP BY entity
"""
"""DuckDB's quickest way to the latest value; `docs/lake.md` has the one that gives every column."""

TABLE = "CREATE TABLE readings (point_id text, time timestamptz, value double precision, quality smallint)"
INDEX = "CREATE INDEX ON readings (point_id, time DESC) INCLUDE (value)"
DISTINCT = "SELECT DISTINCT ON (point_id) * FROM readings WHERE time <= %s ORDER BY point_id, time DESC"
LATERAL = """
    SELECT p.point_id, r.value FROM points p CROSS JOIN LATERAL
    (SELECT value FROM readings r WHERE r.point_id = p.point_id AND time <= %s ORDER BY time DESC LIMIT 1) r
"""


def duckdb_cut(lake: Path, at: datetime, points: int) -> float:
    """Seconds of the best of three; RuntimeError where the answer has another number of points than ours."""
    question = LATEST.format(files=lake / "readings" / "part-*.parquet", at=at.isoformat())
    with duckdb.connect() as base:
        found = len(base.sql(question).fetchall())
        if found != points:
            raise RuntimeError(f"DuckDB found {found} points, the city {points}")
        return best_of(3, lambda: base.sql(question).fetchall())


def postgres_cut(day: pl.DataFrame, at: datetime) -> dict[str, float]:
    """Seconds of the best of three, by question, over the rows of one day; empty where there is no server."""
    if server_programs() is None:
        return {}
    import psycopg

    with running_server() as address, closing(psycopg.connect(f"{address}/postgres", autocommit=True)) as base:
        base.execute(TABLE)
        with base.cursor().copy("COPY readings FROM STDIN (FORMAT csv)") as copy:
            for part in day.select("point_id", "time", "value", "quality").iter_slices(500_000):
                copy.write(part.write_csv(include_header=False))
        base.execute(INDEX)
        base.execute("CREATE TABLE points AS SELECT DISTINCT point_id FROM readings")
        base.execute("VACUUM ANALYZE readings")
        return {
            "distinct on": best_of(3, lambda: base.execute(DISTINCT, [at]).fetchall()),
            "index, point by point": best_of(3, lambda: base.execute(LATERAL, [at]).fetchall()),
        }
