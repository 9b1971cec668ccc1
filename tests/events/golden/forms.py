"""What each golden file holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from events.batch import Header, encode
from events.entities import names_schema, sealed_schema
from events.observations import DOCKS, READINGS
from events.quarantine import SCHEMA

AT = datetime(2026, 8, 20, 11, 39, 2, tzinfo=UTC)
MICROS = 1_787_225_942_000_000


@dataclass(frozen=True)
class Form:
    """One stored form: header, rows, schema."""

    header: Header
    rows: list[tuple[object, ...]]
    schema: dict[str, pl.DataType]

    def frame(self) -> pl.DataFrame:
        """The frame that the file must decode to."""
        return pl.DataFrame(self.rows, schema=self.schema, orient="row")

    def stored(self) -> bytes:
        """The stored form as of today."""
        return encode(self.header, self.frame())


FORMS = {
    "batch.v1.readings": Form(
        Header("readings", "kafka:city.senml:0", 0, MICROS, first_offset=3, last_offset=4, offered=2, min_time=MICROS),
        [(0, AT, 0, 1234.5, 0), (1, AT, 0, None, 4)],
        READINGS.stored,
    ),
    "batch.v1.counted": Form(  # many rows: values as counts, whole numbers as differences
        Header("readings", "kafka:city.senml:0", 0, MICROS, first_offset=5, last_offset=6, offered=1_200),
        [(n, AT, 0, [n / 4, 1 / 3, None, -0.0][n % 4], 0) for n in range(1_200)],
        READINGS.stored,
    ),
    "batch.v1.docks": Form(
        Header("docks", "file:youbike", 0, MICROS, offered=3, duplicates=2, min_time=MICROS, max_time=MICROS),
        [(7, AT, 1, 24, 4, 28, None, None, None, True, True)],
        DOCKS.stored,
    ),
    "entities.v1.readings": Form(
        Header("readings", "kafka:city.senml:0", 0, MICROS),
        [(0, "urn:dev:ser:E0000000001:1-0:1.8.0", "kWh"), (1, "溫度", "Cel")],
        names_schema(READINGS),
    ),
    "entities.v2.readings": Form(
        Header("readings", "kafka:city.senml:0", 0, MICROS),
        [(0, 4_611_686_018_427_387_905, "kWh"), (1, 7, "Cel")],
        sealed_schema(READINGS),
    ),
    "quarantine.v1": Form(
        Header("quarantine", "file:senml", 0, MICROS, refused=1, offered=1),
        [(-1, "senml", "not JSON", b"[{\xff", None, None, None)],
        SCHEMA,
    ),
    "quarantine.v1.flood": Form(
        Header("quarantine", "kafka:city.senml:0", 0, MICROS, first_offset=3, last_offset=9, refused=6, offered=6),
        [(3, "senml", "not JSON", b"[{\xff", None, 1, None), (4, "senml", "not JSON", b"", 9, 5, "ab" * 32)],
        SCHEMA,
    ),
}
