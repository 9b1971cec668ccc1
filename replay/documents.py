"""Moments as the field's own documents, so that another consumer can be fed with history."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import polars as pl

from events.errors import UsageError
from events.observations import Quality
from replay.player import Moment

_COUNTS = (
    "num_vehicles_available",
    "num_docks_available",
    "num_ebikes_available",
    "num_vehicles_disabled",
    "num_docks_disabled",
)


def senml(moment: Moment) -> bytes:
    """Readings as one SenML pack (RFC 8428): a record a point, with our label `quality` where it is not measured."""
    records = [
        {"n": point, "t": time.timestamp(), "v": value}
        | ({"u": unit} if unit else {})
        | ({"quality": Quality(quality).name.lower()} if quality else {})
        for point, unit, time, value, quality in moment.rows.filter(pl.col("value").is_finite())
        .select("point_id", "unit", "time", "value", "quality")
        .iter_rows()
    ]
    return msgspec.json.encode(records)


def station_status(moment: Moment) -> bytes:
    """Docks as a GBFS 3.0 station_status document. A station's capacity is not part of one.

    E-bikes have no field of their own in 3.0: `num_ebikes_available` is GBFS 2's word, and rides along.
    """
    stations = [_station(row) for row in moment.rows.iter_rows(named=True)]
    document = {
        "last_updated": moment.time.isoformat(),
        "ttl": 0,
        "version": "3.0",
        "data": {"stations": stations},
    }
    return msgspec.json.encode(document)


def document_of(moment: Moment) -> tuple[str, bytes]:
    """The format's name and the document of a moment; UsageError for a family that no document is written for."""
    if moment.family not in DOCUMENTS:
        raise UsageError(f"no document is written for {moment.family}; there are {', '.join(DOCUMENTS)}")
    form, write = DOCUMENTS[moment.family]
    return form, write(moment)


DOCUMENTS: dict[str, tuple[str, Callable[[Moment], bytes]]] = {
    "readings": ("senml", senml),
    "docks": ("gbfs", station_status),
}
"""Family -> format of its documents and their writer."""


def _station(row: dict[str, object]) -> dict[str, object]:
    counts = {name: row[name] for name in _COUNTS if row[name] is not None}
    flags = {name: row[name] for name in ("is_renting", "is_returning") if row[name] is not None}
    time = row["time"].isoformat()  # type: ignore[attr-defined]
    return {"station_id": row["station_id"], "is_installed": True, "last_reported": time, **flags, **counts}
