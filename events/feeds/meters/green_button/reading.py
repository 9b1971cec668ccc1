"""Green Button feeds to readings: every IntervalReading, dated by the end of its interval.

    greenbutton:<usage point>:<code>     usage point: its link; code: 1-0:1.29.0 energy of an interval (delta data),
                                         1-0:1.8.0 a register (bulk quantity); 2.… what was given back; others `uom-…`

A value is value × 10^powerOfTenMultiplier of its uom. Times are seconds since 1970, UTC: LocalTimeParameters (tzOffset)
tell how a bill shows them and move nothing. Without a ReadingType, or with one that tells no uom, a value has no unit
and is refused. Costs, summaries of bills and power quality are no readings of the meter and are not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from xml.etree.ElementTree import Element, SubElement, tostring

from events.errors import PayloadError
from events.feeds.cells import Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.meters.green_button.atom import Entry, Heads, feed_of, heads_of, usage_point
from events.feeds.meters.green_button.codes import QUALITIES, SERVICES, UNITS, code_of
from events.feeds.packed import unpacked
from events.feeds.refusals import Refused, quoted
from events.feeds.xml_texts import name_of, root_of, text_at
from events.observations import Quality

FORMAT = "green-button"
ATOM = "http://www.w3.org/2005/Atom"
MOST_TAGS, ROOM_TAGS, BYTES_A_TAG = 1_000_000, 200_000, 10
"""Tags of a feed: ROOM_TAGS are free, more only where it has BYTES_A_TAG for each (what is written tightly has 12). A
year of quarters of an hour has half a million."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MULTIPLIERS = frozenset(str(n) for n in range(-12, 13))
_HEADS = ("UsagePoint", "MeterReading", "ReadingType")
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings of the feeds."""
    return decoded_cells(FORMAT, _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """A feed as messages of about MESSAGE_BYTES: some of its blocks each, under all else that it says."""
    if len(document) <= MESSAGE_BYTES:
        return [document]
    try:
        feed = feed_of(_root(document))
    except PayloadError:
        return [document]
    blocks = [(entry, block) for entry in feed.of("IntervalBlock") for block in entry.content]
    groups = parts([tostring(block) for _, block in blocks], MESSAGE_BYTES)
    if len(groups) < 2:
        return [document]
    every = [entry for kind in _HEADS for entry in feed.of(kind)]
    slices: list[bytes] = []
    for group in groups:
        taken, blocks = blocks[: len(group)], blocks[len(group) :]
        slices.append(_document(every, taken))
    return slices


def _root(data: bytes) -> Element:
    content = unpacked(data)
    if not content.strip():
        raise PayloadError("empty payload")
    return root_of(content, min(MOST_TAGS, ROOM_TAGS + len(content) // BYTES_A_TAG))


def _told(payload: Payload) -> Told:
    feed = feed_of(_root(payload.data))
    blocks = feed.of("IntervalBlock")
    if not blocks:
        raise PayloadError("a Green Button feed without an IntervalBlock: it tells no reading")
    for entry in blocks:
        heads = heads_of(feed, entry)
        for block in entry.content:
            try:
                yield from _block(heads, entry, block)
            except PayloadError as error:
                yield Refused(0, str(error), _document(heads.told, [(entry, block)]))


def _block(heads: Heads, entry: Entry, block: Element) -> Iterator[Cell | Refused]:
    """Cells of a block; PayloadError, before the first of them, where the whole block cannot be taken."""
    point, unit, factor, ten = _point(heads, entry)
    readings = [child for child in block if name_of(child) == "IntervalReading"]
    if not readings:
        raise PayloadError("an IntervalBlock without an IntervalReading")
    for reading in readings:
        document = partial(_document_of, heads, entry, block, reading)
        value = text_at(reading, "value")
        time, fault = _end(reading)
        if fault or not _WHOLE.fullmatch(value):
            yield Refused(0, f"{point}: {fault or f'value {quoted(value)} is no whole number'}", document())
            continue
        quality = QUALITIES.get(text_at(reading, "ReadingQuality", "quality"), Quality.MEASURED)
        yield Cell(point, unit, time, f"{value}e{ten}", document, factor=factor, quality=quality)


def _point(heads: Heads, entry: Entry) -> tuple[str, str, float, str]:
    """What a block's values are of: point, unit, factor, power of ten."""
    if heads.reading_type is None:
        raise PayloadError("an IntervalBlock that leads to no ReadingType: what it counts is not told")
    kind = heads.reading_type.content[0]
    uom, ten = text_at(kind, "uom"), text_at(kind, "powerOfTenMultiplier") or "0"
    if uom not in UNITS:
        raise PayloadError(f"unit of measure {quoted(uom)} is not known, or not told")
    if ten not in _MULTIPLIERS:
        raise PayloadError(f"powerOfTenMultiplier {quoted(ten)} is none from -12 to 12")
    place, service = usage_point(heads, entry)
    if not place:
        raise PayloadError("an IntervalBlock of no usage point: no link tells whose it is")
    unit, factor = UNITS[uom]
    told = text_at(kind, "accumulationBehaviour"), text_at(kind, "flowDirection")
    code = code_of(uom, unit, *told, SERVICES.get(service, ""))
    return f"greenbutton:{place}:{code}", unit, factor, ten


def _end(reading: Element) -> tuple[str, str]:
    """When a reading's interval ends, and why that cannot be told."""
    start, length = text_at(reading, "timePeriod", "start"), text_at(reading, "timePeriod", "duration") or "0"
    try:
        seconds = float(start) + float(length)
        if float(length) < 0:
            raise ValueError(length)
        return (_EPOCH + timedelta(seconds=round(seconds))).isoformat(), ""
    except (ValueError, OverflowError):
        return "", f"interval {quoted(start)} of {quoted(length)} seconds is none"


def _document_of(heads: Heads, entry: Entry, block: Element, reading: Element) -> bytes:
    """A feed of this reading alone."""
    alone = Element(block.tag)
    alone.append(reading)
    return _document(heads.told, [(entry, alone)])


def _document(heads: Iterable[Entry], blocks: Iterable[tuple[Entry, Element]]) -> bytes:
    """A feed of these blocks under these entries."""
    root = Element(f"{{{ATOM}}}feed")
    root.extend([entry.element for entry in heads])
    for entry, block in blocks:
        slim = SubElement(root, f"{{{ATOM}}}entry")
        slim.extend([part for part in entry.element if name_of(part) == "link"])
        SubElement(slim, f"{{{ATOM}}}content").append(block)
    return tostring(root)
