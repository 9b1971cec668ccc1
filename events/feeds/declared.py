"""Declared sensor types as formats: a decoder made from a declaration, one reading or state a declared value.

A path that starts with `$.` starts at the message, any other at the row. A row whose sensor, time or every value is
missing is refused with a message of that row alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from events.clock import TAIPEI
from events.errors import PayloadError
from events.feeds import gtfs_rt
from events.feeds.cells import Cell, Told, decoded_cells
from events.feeds.declaration import EPOCH_MS, EPOCH_S, ISO, OWN, Declaration, Value
from events.feeds.decoded import Decoded, Format, Payload
from events.feeds.json_path import Step, found, path_of
from events.feeds.json_rows import rows_of
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted
from events.feeds.tables import messages, text_table
from events.feeds.timetable import Timetable

ROOT = "$."
CONTENT_TYPES = {"json": "application/json", "csv": "text/csv"}


def format_declared(told: Declaration, formats: Mapping[str, Format], timetable: Timetable | None = None) -> Format:
    """The format that a declaration describes; one that names another format is that format on a topic of its own."""
    ce_type = f"tw.taipei.twin.declared.{told.name}.v1"
    if told.format not in OWN:
        form = formats[told.format]
        decode = form.decode if timetable is None else gtfs_rt.decoder(timetable)
        return Format(told.name, told.topic, ce_type, form.content_type, decode, form.split, form.whole, form.lists)
    split = messages if told.format == "csv" else partial(_split, told)
    return Format(told.name, told.topic, ce_type, CONTENT_TYPES[told.format], partial(_decode, told), split)


def _decode(told: Declaration, payloads: Sequence[Payload]) -> Decoded:
    return decoded_cells(told.name, partial(_table if told.format == "csv" else _document, told), payloads)


def _split(told: Declaration, document: bytes) -> Sequence[bytes]:
    try:
        content = text_of(document)
        rows = rows_of(content) if content.lstrip()[:1] == b"[" and not told.rows else []
    except PayloadError:
        return [document]
    return [b"[" + b",".join(part) + b"]" for part in parts(rows, MESSAGE_BYTES)] or [document]


def _document(told: Declaration, payload: Payload) -> Told:
    root = value_of(text_of(payload.data))
    listed = found(root, path_of(told.rows)) if told.rows else root
    if listed is None:
        raise PayloadError(f"nothing at {told.rows}, where the rows are declared to stand")
    for row in listed if isinstance(listed, list) else [listed]:
        alone = json.dumps(_alone(root, told.rows, row), ensure_ascii=False).encode()
        yield from _row(told, partial(_at, root, row), payload.received_at, alone)


def _table(told: Declaration, payload: Payload) -> Told:
    table = text_table(payload.data)
    yield from (Refused(0, "more fields than the header names", line) for line in table.ragged)
    for at, row in enumerate(table.rows.iter_rows(named=True)):
        alone = table.rows[at].write_csv().encode()
        yield from _row(told, row.get, payload.received_at, alone)


def _at(root: Any, row: Any, path: str) -> Any:
    return found(root, path_of(path.removeprefix(ROOT))) if path.startswith(ROOT) else found(row, path_of(path))


def _alone(root: Any, rows: str, row: Any) -> Any:
    """The message with this row as its only one."""
    steps: tuple[Step, ...] = path_of(rows) if rows else ()
    return _with([row], root, steps) if steps and isinstance(found(root, steps), list) else row if not steps else root


def _with(rows: list[Any], value: Any, steps: tuple[Step, ...]) -> Any:
    """`value` with `rows` in place of what stands at the path; whole where the path is not of names alone."""
    if not steps:
        return rows
    if not isinstance(value, dict) or not steps[0].name or steps[0].equal is not None:
        return value
    return value | {steps[0].name: _with(rows, value.get(steps[0].name), steps[1:])}


def _row(told: Declaration, get: Any, received_at: datetime, document: bytes) -> Iterator[Cell | Refused]:
    try:
        sensor = _scalar(get(told.sensor), told.sensor)
        time = _instant(told, _scalar(get(told.time), told.time)) if told.time else received_at.isoformat()
        cells = list(_cells(told, get, f"{told.name}:{sensor}", time, document))
    except PayloadError as error:
        yield Refused(0, str(error), document)
        return
    yield from cells
    if not cells and all(get(value.path) is None for value in told.values):
        yield Refused(0, f"nothing at {', '.join(v.path for v in told.values)}", document)


def _cells(told: Declaration, get: Any, sensor: str, time: str, document: bytes) -> Iterator[Cell]:
    for value in told.values:
        written = get(value.path)
        if written is None:
            continue
        text = _scalar(written, value.path, blank=value)
        if text.strip() not in value.missing:
            point = f"{sensor}:{value.quantity}"
            yield Cell(point, value.unit, time, text, document, value.lowest, value.highest, value.factor)


def _scalar(value: Any, path: str, blank: Value | None = None) -> str:
    """A member as text; PayloadError when it is absent, nested, or blank where a text is asked."""
    if not isinstance(value, str | int | float) or (blank is None and not str(value).strip()):
        raise PayloadError(f"{path} is {quoted(value)}")
    return text_of_value(value).strip()


def _instant(told: Declaration, text: str) -> str:
    """The time in a form that readings are dated by; a text that is no such time stays, to be refused as it is."""
    zone = ZoneInfo(told.timezone)
    try:
        if told.time_format in (EPOCH_S, EPOCH_MS):
            scale = 1.0 if told.time_format == EPOCH_S else 1e3
            return datetime.fromtimestamp(float(text) / scale, UTC).isoformat()
        if told.time_format != ISO:
            moment = datetime.strptime(text, told.time_format)  # noqa: DTZ007  the zone is the declared one, below
        elif told.timezone == TAIPEI.key:
            return text
        else:
            moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return f"{text} as {told.time_format}"
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()
