"""Declared sensor types as formats: a decoder made from a declaration, one reading or state a declared value.

A path that starts with `$.` starts at the message, any other at the row. A row whose sensor, time or every value is
missing is refused with a message of that row alone, and says whose it is and why; an odd value is refused alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from events.clock import TAIPEI
from events.errors import PayloadError
from events.feeds import gtfs_rt
from events.feeds.cells import Cell, Told, decoded_cells
from events.feeds.declared_types.declaration import EPOCH_MS, EPOCH_S, ISO, OWN, Declaration, PassOver, Value
from events.feeds.declared_types.families import Mapped, frame_of, values_of
from events.feeds.declared_types.families import Told as FamilyRow
from events.feeds.decoded import Decoded, Format, Payload
from events.feeds.json_path import Step, found, path_of
from events.feeds.json_rows import rows_of
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted, refused_frame
from events.feeds.tables import messages, text_table
from events.feeds.timetable import Timetable

ROOT = "$."
CONTENT_TYPES = {"json": "application/json", "csv": "text/csv"}


Get = Callable[[str], Any]
"""What stands at a path of a row."""

Make = Callable[[], bytes]
"""How a message of a row alone is made."""


@dataclass(frozen=True)
class Row:
    """A row that says whose it is and of when: what its points begin with, its time as text."""

    point: str
    time: str
    get: Get
    document: Make


def format_declared(told: Declaration, formats: Mapping[str, Format], timetable: Timetable | None = None) -> Format:
    """The format that a declaration describes; one that names another format is that format on a topic of its own."""
    ce_type = f"tw.taipei.twin.declared.{told.name}.v1"
    if told.format not in OWN:
        form = formats[told.format]
        decode = form.decode if timetable is None else gtfs_rt.decoder(timetable)
        return Format(told.name, told.topic, ce_type, form.content_type, decode, form.split, form.whole, form.lists)
    split = partial(messages, is_header=partial(_is_header, told)) if told.format == "csv" else partial(_split, told)
    return Format(told.name, told.topic, ce_type, CONTENT_TYPES[told.format], partial(_decode, told), split)


def _decode(told: Declaration, payloads: Sequence[Payload]) -> Decoded:
    decoded = decoded_cells(told.name, partial(_cells_of, told), payloads)
    for mapped in told.families:
        frame, refused = _family_rows(told, mapped, payloads)
        more = refused_frame(refused)
        counted = 0 if mapped.family.slowly_changing else frame.height
        decoded = Decoded(
            {**decoded.frames, mapped.family.name: frame},
            pl.concat([decoded.refused, more]),
            decoded.offered + counted + more.height,
        )
    return decoded


def _family_rows(told: Declaration, mapped: Mapped, payloads: Sequence[Payload]) -> tuple[pl.DataFrame, list[Refused]]:
    """Rows of a family; what is wrong with a payload or with a row as such is told by its cells, here only its own."""
    found: list[FamilyRow] = []
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        for row in _sound_rows(told, payload):
            try:
                found.append((record, row.point, row.time, values_of(mapped, row.get), row.document))
            except PayloadError as error:
                refused.append(Refused(record, f"{told.name}: {row.point}: {error}", row.document()))
    frame, undated = frame_of(mapped, found, told.name)
    return frame, [*refused, *undated]


def _sound_rows(told: Declaration, payload: Payload) -> Iterator[Row]:
    try:
        yield from (row for row in _rows(told, payload) if isinstance(row, Row))
    except PayloadError:  # refused where its cells are read
        return


def _split(told: Declaration, document: bytes) -> Sequence[bytes]:
    try:
        content = text_of(document)
        rows = rows_of(content) if content.lstrip()[:1] == b"[" and not told.rows else []
    except PayloadError:
        return [document]
    return [b"[" + b",".join(part) + b"]" for part in parts(rows, MESSAGE_BYTES)] or [document]


def _rows(told: Declaration, payload: Payload) -> Iterator[Row | Refused]:
    """The rows of a message that tell something, and those that cannot say whose or when."""
    for get, document in (_table if told.format == "csv" else _document)(told, payload):
        if isinstance(get, Refused):
            yield get
        elif not any(_is_passed(rule, get) for rule in told.passed):
            yield _row(told, get, payload.received_at, document)


def _document(told: Declaration, payload: Payload) -> Iterator[tuple[Get | Refused, Make]]:
    root = value_of(text_of(payload.data))
    listed = found(root, path_of(told.rows)) if told.rows else root
    if listed is None:
        if any(_is_passed(rule, partial(_at, root, root)) for rule in told.passed):
            return
        raise PayloadError(f"nothing at {told.rows}, where the rows are declared to stand")
    for row in listed if isinstance(listed, list) else [listed]:
        yield partial(_at, root, row), partial(_row_alone, told, root, row)


def _row_alone(told: Declaration, root: Any, row: Any) -> bytes:
    return json.dumps(_alone(root, told.rows, row), ensure_ascii=False).encode(errors="replace")


def _table(told: Declaration, payload: Payload) -> Iterator[tuple[Get | Refused, Make]]:
    table = text_table(payload.data, partial(_is_header, told))
    for line in table.ragged:
        yield Refused(0, "more fields than the header names", line), bytes
    for at, row in enumerate(table.rows.iter_rows(named=True)):
        yield row.get, partial(_line_alone, table.rows, at)


def _line_alone(rows: pl.DataFrame, at: int) -> bytes:
    return rows[at].write_csv().encode()


def _is_header(told: Declaration, fields: Sequence[str]) -> bool:
    """Whether a line of a table names every column that is declared."""
    columns = [told.sensor, told.time, *(value.path for value in told.values)]
    columns += [column.path for mapped in told.families for column in mapped.columns.values()]
    return set(filter(None, columns)) <= set(fields)


def _is_passed(rule: PassOver, get: Get) -> bool:
    stands = get(rule.path)
    if rule.present is not None:
        return (stands is not None and stands != "") == rule.present
    return isinstance(stands, str | int | float) and text_of_value(stands) in rule.texts


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


def _row(told: Declaration, get: Get, arrival: datetime, document: Make) -> Row | Refused:
    """The row, or why it cannot say whose or when."""
    try:
        point = f"{told.name}:{_scalar(get(told.sensor), told.sensor)}" if told.sensor else told.name
        time = _instant(told, _scalar(get(told.time), told.time)) if told.time else arrival.isoformat()
    except PayloadError as error:
        return Refused(0, str(error), document())
    return Row(point, time, get, document)


def _cells_of(told: Declaration, payload: Payload) -> Told:
    for row in _rows(told, payload):
        if isinstance(row, Refused):
            yield row
            continue
        yield from _cells(told, row)
        if told.values and not told.families and all(row.get(value.path) is None for value in told.values):
            yield Refused(0, f"{row.point}: nothing at {', '.join(v.path for v in told.values)}", row.document())


def _cells(told: Declaration, row: Row) -> Iterator[Cell | Refused]:
    """A cell a declared value that the row tells; one that is no text and no number is refused alone."""
    for value in told.values:
        written = row.get(value.path)
        if written is None:
            continue
        point = f"{row.point}:{value.quantity}"
        try:
            text = _scalar(written, value.path, blank=value)
        except PayloadError as error:
            yield Refused(0, f"{point}: {error}: a text or a number is asked", row.document())
            continue
        if text.strip() not in value.missing:
            yield Cell(point, value.unit, row.time, text, row.document, value.lowest, value.highest, value.factor)


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
