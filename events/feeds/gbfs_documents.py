"""Which GBFS document a payload is, its stations as bytes, and a long one cut into messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import polars as pl

from events.errors import PayloadError
from events.feeds.bikes.listed import IDS, SCOPE, ids_of, scope_of
from events.feeds.json_rows import fields_of, rows_of, text_columns
from events.feeds.packed import text_of

MESSAGE_BYTES = 400_000
"""Documents longer than this are cut into messages, so that each stays well under Kafka's megabyte."""

OTHERS = {
    "vehicles": "vehicle_status", "bikes": "free_bike_status", "feeds": "gbfs", "versions": "gbfs_versions",
    "system_id": "system_information", "vehicle_types": "vehicle_types", "regions": "system_regions",
    "plans": "system_pricing_plans", "alerts": "system_alerts", "rental_hours": "system_hours",
    "calendars": "system_calendar", "geofencing_zones": "geofencing_zones", "datasets": "manifest",
}  # fmt: skip
"""Member of `data` -> the document it marks."""

KEPT = "station_status, station_information and vehicle_status"
"""What is kept of a system, beside its vehicle_types."""


@dataclass(frozen=True)
class Document:
    """A station document: `name` is station_status or station_information; `last_updated` as text, None when absent.

    `typed`: some station tells what it has of each vehicle type. `listed`: ids of all that it lists, None
    where its stations are all, empty where it is whole for nothing.
    """

    name: str
    last_updated: str | None
    languages: bool
    stations: list[bytes]
    typed: bool = False
    listed: list[str] | None = None


@dataclass(frozen=True)
class Members:
    """A document cut open once: its members, and those of its `data` (empty when that is no object)."""

    fields: dict[str, bytes]
    data: dict[str, bytes]


def members_of(content: bytes) -> Members:
    """The members of a document; PayloadError when it is no object."""
    fields = fields_of(content)
    inside = fields.get("data", b"")
    return Members(fields, fields_of(inside) if inside.lstrip()[:1] == b"{" else {})


def document_of(found: Members) -> Document:
    """The station document; PayloadError for any other."""
    fields, data = found.fields, found.data
    if "data" not in fields:
        have = ", ".join(list(fields)[:5]) or "nothing"
        raise PayloadError(f"an object with {have} where last_updated and data are asked")
    if "stations" not in data:
        raise PayloadError(_other(data))
    stations = rows_of(data["stations"])
    status = any(b'"num_bikes_available"' in s or b'"num_vehicles_available"' in s for s in stations)
    information = not status and any(b'"lat"' in s and b'"name"' in s for s in stations)
    if not stations:
        raise PayloadError("a document without stations")
    if not status and not information:
        raise PayloadError("stations that tell neither num_vehicles_available, num_bikes_available nor name and lat")
    name = "station_status" if status else "station_information"
    languages = not status and any(b'"language"' in s for s in stations)
    typed = status and b'"vehicle_types_available"' in data["stations"]
    listed = [] if scope_of(fields) == () else ids_of(fields)
    return Document(name, _text(fields.get("last_updated")), languages, stations, typed, listed)


def messages(document: bytes) -> Sequence[bytes]:
    """A document as messages of about MESSAGE_BYTES with its head; a short or broken one stays whole.

    The last one says what the whole lists, the others nothing (`events.feeds.bikes.listed`).
    """
    try:
        content = text_of(document)
        if len(content) <= MESSAGE_BYTES:
            return [content]
        found = members_of(content)
        told = document_of(found)
    except PayloadError:
        return [document]
    head = {name: msgspec.Raw(value) for name, value in found.fields.items()}
    silent = head | {SCOPE: msgspec.Raw(b"[]")}
    whole = silent if told.listed == [] else head | {IDS: msgspec.Raw(msgspec.json.encode(station_ids(told.stations)))}
    *first, last = _parts(told.stations)
    return [*(_message(silent, part) for part in first), _message(whole, last)]


def station_ids(stations: list[bytes]) -> list[str]:
    """The ids of the stations that have one."""
    read = text_columns(stations, pl.Struct({"station_id": pl.String}))
    names: list[str] = read["station_id"].str.strip_chars().drop_nulls().unique(maintain_order=True).to_list()
    return names


def _message(head: dict[str, msgspec.Raw], stations: list[bytes]) -> bytes:
    data = msgspec.Raw(b'{"stations":[' + b",".join(stations) + b"]}")
    return msgspec.json.encode({**head, "data": data})


def _parts(stations: list[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for station in stations:
        if part and size + len(station) > MESSAGE_BYTES:
            yield part
            part, size = [], 0
        part.append(station)
        size += len(station)
    yield part


def _other(data: dict[str, bytes]) -> str:
    if b'"availabilities"' in data.get("vehicles", b""):
        return f"a vehicle_availability document: the twin keeps {KEPT}"
    known = next((OTHERS[name] for name in data if name in OTHERS), None)
    if known is None and any(value.lstrip().startswith(b'{"feeds"') or b'"feeds"' in value for value in data.values()):
        known = "gbfs"
    if known:
        return f"a {known} document: the twin keeps {KEPT}"
    return f"data holds {', '.join(list(data)[:5]) or 'nothing'} where stations are asked"


def _text(value: bytes | None) -> str | None:
    """A JSON number or string as text."""
    if value is None:
        return None
    moment = msgspec.json.decode(value)
    return str(moment) if isinstance(moment, str | int | float) else None
