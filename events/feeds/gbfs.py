"""GBFS 1.x, 2.x and 3.x: station_status to docks, station_information to stations, vehicle_status to positions.

Generations differ in words (`num_bikes_*` became `num_vehicles_*`), flags (1/0 became true/false), times (seconds since
1970 became RFC 3339) and texts (one string became a list by language); all are told by what stands in the document.
Vendors' further fields are passed over. station_status does not tell a station's capacity: it is null there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from events.errors import PayloadError
from events.feeds.bikes.listed import VEHICLES, Whole, listing
from events.feeds.bikes.types import FORM, PROPULSION, Type, count_point, ebikes, system_of, type_point, types_of
from events.feeds.decoded import Decoded, Payload
from events.feeds.gbfs_documents import Document, Members, document_of, members_of, messages, station_ids
from events.feeds.gbfs_stations import (
    BY_LANGUAGE,
    FORMAT,
    PLAIN,
    Rows,
    checked_reports,
    descriptions,
    status_reports,
)
from events.feeds.gbfs_vehicles import Vehicles, positions, vehicle_messages, vehicles_of
from events.feeds.json_rows import fields_of, text_columns
from events.feeds.json_texts import value_of
from events.feeds.listing import LISTED
from events.feeds.local_time import utc_times
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, refused_frame
from events.feeds.station_reports import LARGEST, docks, stations
from events.observations import POSITIONS, READINGS, STATES, TIME

STATIONS_KIND = "stations"
_TYPED = pl.Struct({"vehicle_types_available": pl.List(pl.Struct({"vehicle_type_id": pl.String, "count": pl.Float64}))})


@dataclass
class _Read:
    """What a poll's documents hold: stations by kind of document, what is placed, types, refusals, what is listed."""

    status: Rows = field(default_factory=Rows)
    typed: Rows = field(default_factory=Rows)
    plain: Rows = field(default_factory=Rows)
    by_language: Rows = field(default_factory=Rows)
    positions: list[pl.DataFrame] = field(default_factory=lambda: [pl.DataFrame(schema=POSITIONS.decoded)])
    states: list[pl.DataFrame] = field(default_factory=lambda: [pl.DataFrame(schema=STATES.decoded)])
    types: dict[str, dict[str, Type]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    vehicles: list[tuple[int, Payload, Vehicles]] = field(default_factory=list)


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Docks, stations, positions and states of the documents; other documents and bad rows are refused."""
    read = _Read()
    for record, payload in enumerate(payloads):
        try:
            _take(read, members_of(text_of(payload.data)), payload, record)
        except PayloadError as error:
            read.refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
    for record, payload, found in read.vehicles:
        _place(read, found, payload, record)
    frames, bad = _stations(read, [payload.origin for payload in payloads])
    refused = sorted(read.refused + bad, key=lambda r: r.record)
    offered = sum(frame.height for name, frame in frames.items() if name != "stations") + len(refused)
    return Decoded(frames, refused_frame(refused), offered)


def _take(read: _Read, members: Members, payload: Payload, record: int) -> None:
    """Sort a document in; PayloadError when it is none that is kept."""
    if "vehicle_types" in members.data:
        types = types_of(members.data["vehicle_types"])
        read.types.setdefault(system_of(payload.origin), {}).update(types)
        read.states.append(_type_states(types, members, payload, record))
        return
    vehicles = vehicles_of(members)
    if vehicles is not None:
        read.vehicles.append((record, payload, vehicles))
        return
    document = document_of(members)
    if document.name == "station_status":
        kind = read.typed if document.typed else read.status
        _note_listed(read, document, payload, record)
    else:
        kind = read.by_language if document.languages else read.plain
    moment = document.last_updated or payload.received_at.isoformat()
    kind.add(document, record, moment)


def _note_listed(read: _Read, document: Document, payload: Payload, record: int) -> None:
    """What a station_status document lists, whatever becomes of its reports, if it says that it is whole."""
    if not payload.origin or document.listed == []:
        return
    time = utc_times(pl.Series([document.last_updated or payload.received_at.isoformat()]))[0]
    if time is None:
        return
    names = station_ids(document.stations) if document.listed is None else document.listed
    frame = pl.DataFrame({"name": names, "raw": names}, schema={"name": pl.String, "raw": pl.String})
    head = (pl.lit(record, pl.UInt32).alias("record"), pl.lit(STATIONS_KIND).alias("group"))
    whole = Whole(record, payload.origin, time, (STATIONS_KIND,))
    read.states.append(listing(frame.with_columns(*head), "docks", [whole]))


def _place(read: _Read, found: Vehicles, payload: Payload, record: int) -> None:
    placed = positions(found, payload, record, FORMAT, read.types.get(system_of(payload.origin)))
    read.positions.append(placed.positions)
    read.states.append(placed.states)
    read.refused += placed.refused
    if payload.origin and placed.time is not None:
        document = [Whole(record, payload.origin, placed.time, (VEHICLES,), found.scope)]
        read.states.append(listing(placed.listed, "positions", document))
        marked = placed.states.select(
            "record", name="point_id", raw=pl.col("point_id").str.extract("^vehicle:(.*):[^:]*$")
        )
        named = placed.listed.select(pl.col("name").alias("raw"), pl.col("raw").alias("id"))
        kept = marked.join(named, on="raw", how="left", maintain_order="left").select(
            "record", "name", pl.col("id").alias("raw"), pl.lit(VEHICLES).alias("group")
        )
        told = listing(kept, "states", document)
        read.states.append(told.filter(pl.col("text") == LISTED))


def _type_states(types: Mapping[str, Type], members: Members, payload: Payload, record: int) -> pl.DataFrame:
    """The words of vehicle types as states, at the document's time."""
    system, moment = system_of(payload.origin), _moment(members, payload)
    rows = [
        (type_point(system, name, word), text)
        for name, told in types.items()
        for word, text in ((FORM, told.form), (PROPULSION, told.propulsion))
        if text is not None
    ]
    if not rows:
        raise PayloadError("vehicle_types that tell neither a form_factor nor a propulsion_type")
    told = pl.DataFrame(rows, schema={"point_id": pl.String, "text": pl.String}, orient="row")
    return told.with_columns(pl.lit(moment, TIME).alias("time"), pl.lit(record, pl.UInt32).alias("record")).select(
        list(STATES.decoded)
    )


def _moment(members: Members, payload: Payload) -> datetime:
    """When a document was made; PayloadError when it says no time."""
    told = members.fields.get("last_updated")
    if told is None:
        return payload.received_at
    moment: datetime | None = utc_times(pl.Series([str(value_of(told))]))[0]
    if moment is None:
        raise PayloadError(f"last_updated {told[:40]!r} is no time")
    return moment


def _stations(read: _Read, origins: Sequence[str]) -> tuple[dict[str, pl.DataFrame], list[Refused]]:
    """Frames of the documents, and refusals of stations."""
    counted, bad = checked_reports(read.status, *status_reports(read.status), ("vehicles",))
    described = [checked_reports(read.plain, descriptions(read.plain, PLAIN), [], ())]
    described.append(checked_reports(read.by_language, descriptions(read.by_language, BY_LANGUAGE), [], ()))
    found, readings = docks(counted), pl.DataFrame(schema=READINGS.decoded)
    if read.typed.rows:
        raw = text_columns(read.typed.rows, _TYPED)
        typed, lost = checked_reports(read.typed, *status_reports(read.typed), ("vehicles",))
        bad += lost
        by_type, readings = _by_type(docks(typed), typed, raw, read.types, origins)
        found = pl.concat([found, by_type])
    frames = {
        "docks": found,
        "stations": pl.concat(stations(good) for good, _ in described),
        "positions": pl.concat(read.positions),
        "states": pl.concat(read.states),
        "readings": readings,
    }
    return frames, bad + [r for _, lost in described for r in lost]


def _by_type(
    found: pl.DataFrame,
    typed: pl.DataFrame,
    raw: pl.DataFrame,
    types: Mapping[str, Mapping[str, Type]],
    origins: Sequence[str],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Docks with their e-bikes where every type is known, and the counts of each type as readings."""
    told = typed.select("index", "record", "station_id", "time").join(
        raw.select("index", "vehicle_types_available"), on="index", how="left", maintain_order="left"
    )
    ebikes_of, rows = [], []
    for record, station, time, counts in told.select(
        "record", "station_id", "time", "vehicle_types_available"
    ).iter_rows():
        system = system_of(origins[record])
        sound = [
            (c["vehicle_type_id"], int(c["count"]))
            for c in counts or []
            if c and c["vehicle_type_id"] and c["count"] is not None and 0 <= c["count"] <= LARGEST
        ]
        ebikes_of.append(ebikes(sound, types.get(system, {})) if counts else None)
        rows += [(count_point(system, station, name), "", time, float(n), 0, record) for name, n in sound]
    readings = pl.DataFrame(rows, schema=READINGS.decoded, orient="row")
    own = pl.Series("own", ebikes_of, dtype=pl.Int32)
    return found.with_columns(pl.coalesce("num_ebikes_available", own).alias("num_ebikes_available")), readings


def split(document: bytes) -> Sequence[bytes]:
    """A document as messages under Kafka's megabyte, each with the document's head."""
    try:
        found = vehicles_of(members_of(text_of(document)))
    except PayloadError:
        return [document]
    return messages(document) if found is None else vehicle_messages(found)


def whole(row: bytes) -> bytes:
    """A refused station as a document of its own."""
    try:
        return row if "data" in fields_of(row) else b'{"data":{"stations":[' + row + b"]}}"
    except PayloadError:
        return row
