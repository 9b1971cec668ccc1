"""DSMR P1 telegrams of smart meters to readings: every line that tells a number with a unit.

    /ISk5\\2MT382-1000             who made it
    0-0:1.0.0(170102192002W)      when: local Dutch time, S in summer (UTC+2), W in winter (UTC+1)
    0-0:96.1.1(4B38…)             the meter's serial number, hexadecimal octets
    1-0:1.8.1(000004.426*kWh)     a register
    0-1:24.2.1(170102161005W)(00000.107*m3)   a register of the meter on channel 1, with its own time
    !6EEE                         CRC-16 of all before

Points are `urn:dev:ser:<serial>:<obis>`; a gas meter's register on a channel is 7-0:3.0.0, a water meter's 8-0:1.0.0.
A telegram that names no meter (no serial, or zeros) is known by the identification in its first line. Telegrams
before version 4 carry no time: theirs is the arrival. One whose clock was never set is refused: its values would fall
on each other. A wrong CRC refuses the telegram, a line or a time of its own that cannot be read only that value; a
telegram that a capture cuts off is refused alone (`events.feeds.meters.p1_capture`). Texts, counters without a unit and
logs kept in the meter (monthly peaks, power failures) are no readings and are not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from events.errors import PayloadError
from events.feeds.cells import Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.limits import check_lines, check_rows
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.meters.dsmr_time import instant_of
from events.feeds.meters.p1_capture import pieces
from events.feeds.packed import unpacked
from events.feeds.refusals import Refused, quoted
from events.feeds.units.written import unit_of

CHANNEL_REGISTERS = {"003": "7-0:3.0.0", "007": "8-0:1.0.0"}
"""Kind of the meter on a channel (gas, water) -> the OBIS code of its register."""

SERIALS = ("0-0:96.1.1", "0-0:96.1.0", "0-0:96.1.255", "0-0:42.0.0", "1-0:0.0.0")

_LINE = re.compile(r"(\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3})(?:\*255)?((?:\([^()]*\))+)")
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)\*([A-Za-z0-9]+)")
_LOGS = re.compile(r"\d+-\d+:9[89]\.")
"""OBIS codes of logs kept in the meter: monthly peaks, power failures."""


@dataclass(frozen=True)
class Line:
    """One line: its OBIS code and what stands in its brackets."""

    obis: str
    fields: list[str]


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings of the telegrams."""
    return decoded_cells("dsmr", _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """A capture of many telegrams as messages of about MESSAGE_BYTES."""
    try:
        content = unpacked(document)
        check_lines(content)
        telegrams = [t.text.encode("latin-1") for t in pieces(content.decode("latin-1"))]
    except PayloadError:
        return [document]
    return [b"\r\n".join(part) for part in parts(telegrams, MESSAGE_BYTES)] or [document]


def crc16(data: bytes) -> int:
    """CRC-16/ARC (polynomial 0xA001 reflected, from 0), as DSMR 4 and later ask.

    >>> hex(crc16(b"123456789"))
    '0xbb3d'
    """
    crc, table = 0, _crc_table()
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


@cache
def _crc_table() -> list[int]:
    """The CRC of each single byte, worked out bit by bit."""
    table = list(range(256))
    for _ in range(8):
        table = [crc >> 1 ^ (0xA001 if crc & 1 else 0) for crc in table]
    return table


def _told(payload: Payload) -> Told:
    empty = True
    content = unpacked(payload.data)
    check_rows(content.count(b"\n"), content.count(b"("))
    for piece in pieces(content.decode("latin-1")):
        empty = False
        document = piece.text.encode("latin-1")
        if piece.fault:
            yield Refused(0, piece.fault, document)
            continue
        try:
            yield from list(_cells(piece.text, payload.received_at.isoformat(), document))
        except PayloadError as error:
            yield Refused(0, str(error), document)
    if empty:
        raise PayloadError("no P1 telegram: it starts with / and ends with !")


def _cells(telegram: str, arrival: str, document: bytes) -> Iterator[Cell | Refused]:
    _check_crc(telegram)
    head, *lines = _joined(telegram)
    read: list[Line] = []
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            yield Refused(0, f"line {quoted(line)} is no OBIS code with values", document)
        else:
            read.append(Line(found[1], found[2][1:-1].split(")(")))
    texts = {line.obis: line.fields[0] for line in read}
    meter = next((f"urn:dev:ser:{s}" for obis in SERIALS if (s := _serial(texts.get(obis, "")))), f"dsmr:{head[1:]}")
    time, fault = _own_time(texts.get("0-0:1.0.0"), arrival)
    values = list(_values(read, meter, time, texts, document))
    if not values:
        raise PayloadError("a telegram without a value and its unit")
    undated = [cell for cell in values if isinstance(cell, Cell) and not cell.time]
    if undated:
        yield Refused(0, f"{fault}: {len(undated)} values have no other time", document)
    yield from (cell for cell in values if isinstance(cell, Refused) or cell.time)


def _own_time(stated: str | None, arrival: str) -> tuple[str, str]:
    """The telegram's time, "" where it states one that is none, and why."""
    try:
        return (arrival if stated is None else instant_of(stated)), ""
    except PayloadError as error:
        return "", str(error)


def _joined(telegram: str) -> list[str]:
    """The telegram's lines, a value that stands on a line of its own put behind its code."""
    lines: list[str] = []
    for line in telegram[: telegram.rindex("!")].split("\n"):
        text = line.strip()
        if text.startswith("(") and lines:
            lines[-1] += text
        elif text:
            lines.append(text)
    return lines


def _values(
    lines: Sequence[Line], meter: str, time: str, texts: Mapping[str, str], document: bytes
) -> Iterator[Cell | Refused]:
    for line in lines:
        try:
            if cell := _value(line, meter, time, texts, document):
                yield cell
        except PayloadError as error:
            yield Refused(0, f"{line.obis}: {error}", document)


def _value(line: Line, meter: str, time: str, texts: Mapping[str, str], document: bytes) -> Cell | None:
    if _LOGS.match(line.obis):
        return None
    *before, last = line.fields
    unit_before = len(before) > 1 and unit_of(before[-1])  # version 2 and 3: (time)(…)(0-1:24.2.1)(m3)(00001.001)
    number = _NUMBER.fullmatch(f"{last}*{before[-1]}" if unit_before else last)
    if number is None:
        return None
    known = unit_of(number[2])
    if known is None:
        raise PayloadError(f"unit {quoted(number[2])} is not known")
    at = instant_of(before[0]) if before else time
    return Cell(_point(line.obis, meter, texts), known[0], at, number[1], document, factor=known[1])


def _point(obis: str, meter: str, texts: Mapping[str, str]) -> str:
    channel = obis.split(":")[0]
    if channel in ("0-0", "1-0") or not channel.startswith("0-"):
        return f"{meter}:{obis}"
    serial = _serial(texts.get(f"{channel}:96.1.0", "") or texts.get(f"{channel}:96.1.1", ""))
    if not serial:
        return f"{meter}:{obis}"
    kind = texts.get(f"{channel}:24.1.0", "").zfill(3)
    return f"urn:dev:ser:{serial}:{CHANNEL_REGISTERS.get(kind, obis)}"


def _serial(octets: str) -> str:
    """A serial number from its hexadecimal octets, itself when they are no text, "" when it is empty or zeros."""
    if not octets.strip("0"):
        return ""
    if len(octets) % 2 == 0 and re.fullmatch(r"[0-9A-Fa-f]+", octets):
        text = bytes.fromhex(octets).decode("latin-1")
        if text.isascii() and text.isprintable():
            return text.strip()
    return octets


def _check_crc(telegram: str) -> None:
    """Hold a telegram to its checksum, as it is or with the line ends that a file of text may have lost."""
    end = telegram.rindex("!") + 1
    stated = telegram[end:].strip()
    if re.fullmatch(r"[0-9A-Fa-f]{1,4}", stated):
        body = telegram[:end].encode("latin-1")
        found = crc16(body)
        told = int(stated, 16)
        if found != told and crc16(re.sub(rb"\r*\n", b"\r\n", body)) != told:
            raise PayloadError(f"CRC {stated} where the telegram has {found:04X}: it was damaged on its way")
