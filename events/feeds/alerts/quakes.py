"""Earthquake reports of the Central Weather Administration to readings, states and facts, at the origin time.

    quake:<id>:magnitude            ""   local magnitude        quake:<id>:depth    km
    quake:<id>:intensity:<county>   the class felt there: 1級 … 4級, 5弱, 5強, 6弱, 6強, 7級, once a county
    quake:<id>:max_intensity, :type, :report      in the report's words

Name and place of `quake:<id>` are those of the epicentre. Areas hold a row for each county beside rows that sum several
up (`宜蘭縣、花蓮縣`, 最大震度3級地區): a county's own row counts, a sum only for counties that have none. Both shapes
that `events.feeds.alerts.quake_shapes` knows are read. Intensity is a class, no number: it is a state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.alerts.quake_shapes import Quake, alone, counties_of, intensity, quake_of, rows_in
from events.feeds.cells import LONGEST, STATE, Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import text_of_value, value_of
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of
from events.feeds.places import place_of
from events.feeds.refusals import Refused, quoted

NUMBERS = {"magnitude": ("", -2.0, 10.0), "depth": ("km", 0.0, 800.0)}
"""What is measured -> unit, lowest and highest that can be."""


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings, states and facts of the reports."""
    return decoded_cells("cwa-earthquake", _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """A document as arrays of about MESSAGE_BYTES."""
    try:
        rows = [_document(row) for row in rows_in(value_of(text_of(document)))]
    except PayloadError:
        return [document]
    return [b"[" + b",".join(part) + b"]" for part in parts(rows, MESSAGE_BYTES)] or [document]


def _told(payload: Payload) -> Told:
    found = list(rows_in(value_of(text_of(payload.data))))
    if not found:
        raise PayloadError("a document without reports")
    for report in found:
        try:
            yield from _cells(quake_of(report))
        except PayloadError as error:
            yield Refused(0, str(error), _document(report))


def _cells(quake: Quake) -> Iterator[Cell | Refused]:
    told = [*_numbers(quake), *_felt(quake), *_words(quake)]
    if not told:
        raise PayloadError(f"quake:{quake.name}: a report that tells neither magnitude nor intensity")
    yield from told


def _numbers(quake: Quake) -> Iterator[Cell | Refused]:
    for name, value in (("magnitude", quake.magnitude), ("depth", quake.depth_km)):
        document = partial(_document, alone(quake, **{name: value}))
        if value is None or value == "":
            continue
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            yield Refused(0, f"quake:{quake.name}: {name} {quoted(value)} is no number", document())
            continue
        unit, lowest, highest = NUMBERS[name]
        yield _cell(quake, name, unit, text_of_value(value), document, lowest=lowest, highest=highest)


def _felt(quake: Quake) -> Iterator[Cell | Refused]:
    """One state a county."""
    own: dict[str, str] = {}
    summed: dict[str, str] = {}
    for area in quake.areas:
        try:
            names, is_sum = counties_of(area)
            felt = intensity(area.get("intensity"))
        except PayloadError as error:
            odd = _document(alone(quake, shaking_areas=[area]))
            yield Refused(0, f"quake:{quake.name}: {error}", odd)
            continue
        for name in names:
            (summed if is_sum else own)[name] = felt
    for name, felt in (summed | own).items():
        area = {"area_name": name, "intensity": felt}
        yield _cell(quake, f"intensity:{name}", STATE, felt, partial(_document, alone(quake, shaking_areas=[area])))


def _words(quake: Quake) -> Iterator[Cell | Refused]:
    if quake.max_intensity:
        document = partial(_document, alone(quake, max_intensity=quake.max_intensity))
        try:
            yield _cell(quake, "max_intensity", STATE, intensity(quake.max_intensity), document)
        except PayloadError as error:
            yield Refused(0, f"quake:{quake.name}: {error}", document())
    for name, member, text in (("type", "type", quake.kind), ("report", "report_content", quake.report)):
        if isinstance(text, str) and text.strip():
            document = partial(_document, alone(quake, **{member: text}))
            yield _cell(quake, name, STATE, text.strip()[:LONGEST], document)


def _cell(quake: Quake, name: str, unit: str | None, text: str, document: partial[bytes], **bounds: float) -> Cell:
    station = f"quake:{quake.name}"
    place = place_of(station, quake.location, None, quake.longitude, quake.latitude)
    return Cell(f"{station}:{name}", unit, quake.time, text, document, place=place, **bounds)  # type: ignore[arg-type]


def _document(report: Any) -> bytes:
    return bytes(msgspec.json.encode(report))
