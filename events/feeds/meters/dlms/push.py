"""DLMS/COSEM push to readings and states: a data-notification's registers, by their OBIS codes.

    0F  invoke id (4)  date-time (its length, 0 or 12)  body      body: OBIS code, value, scaler and unit, in structures

A payload is one APDU, bare or behind the wrapper of TCP and UDP (0001, ports, length), or a text with one in
hexadecimal a line. Meters put their registers into one structure, or a structure each, with or without arrays: an
octet-string of six octets is a code, what follows is its value, a structure of an integer and an enum behind it its
scaler and unit; or the first value lists what follows (class, code, attribute). Points are
`urn:dev:ser:<serial>:<obis>`, the serial of 0-0:96.1.0, 0-0:96.1.1 or the logical device name 0-0:42.0.0; a push that
names no meter is refused, as its values would fall on another's.

The time is the clock's (0-0:1.0.0) where the push has it, else the APDU's, else the arrival. A number without scaler
and unit is refused, as ten times as much might be meant; a text is a state. Ciphered APDUs and HDLC frames are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.meters.dlms import axdr, clock
from events.feeds.meters.dlms.axdr import Value, value_at
from events.feeds.meters.dlms.units import dlms_unit
from events.feeds.packed import unpacked
from events.feeds.refusals import Refused, quoted

FORMAT = "dlms-push"
NOTIFICATION = 0x0F
WRAPPER = b"\x00\x01"
CLOCK = "0-0:1.0.0"
NAMES = ("0-0:96.1.0", "0-0:96.1.1", "0-0:42.0.0")
"""Codes that name the meter, the first that is told first."""

PUSH_LIST = "0-0:25.9.0"
VALUE = 2
"""The attribute of a register, a clock and a data object that holds the value."""

MOST_BYTES = 256 * 1024
"""Bytes of one APDU; one of TCP or UDP has 64 KiB at most. Each may be a value, which takes a hundred when read."""

CIPHERED = frozenset({0xDB, 0xDC, 0xDD, 0xDF, 0xE0, 0xE6})
_HEX = re.compile(rb"[0-9A-Fa-f\s]+")


@dataclass(frozen=True)
class Register:
    """One register of a push; `scaler` and `unit` None where they are not told."""

    obis: str
    value: Value
    scaler: int | None = None
    unit: int | None = None


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the pushes."""
    return decoded_cells(FORMAT, _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """A capture in lines of hexadecimal as messages of about MESSAGE_BYTES."""
    try:
        content = unpacked(document)
    except PayloadError:
        return [document]
    if not _is_text(content):
        return [document]
    return [b"\n".join(part) for part in parts(_lines(content), MESSAGE_BYTES)] or [document]


def _told(payload: Payload) -> Told:
    content = unpacked(payload.data)
    if not content.strip():
        raise PayloadError("empty payload")
    for line in _lines(content) if _is_text(content) else [content]:
        try:
            apdu = bytes.fromhex(line.decode()) if _is_text(line) else line
        except ValueError:
            yield Refused(0, f"line {quoted(line[:40].decode())} is an odd number of hexadecimal digits", line)
            continue
        try:
            yield from list(_push(apdu, payload.received_at.isoformat(), line))
        except PayloadError as error:
            yield Refused(0, str(error), line)


def _is_text(content: bytes) -> bool:
    return _HEX.fullmatch(content) is not None


def _lines(content: bytes) -> list[bytes]:
    return [line.strip() for line in content.splitlines() if line.strip()]


def _push(apdu: bytes, arrival: str, document: bytes) -> Iterator[Cell | Refused]:
    dated, body = _opened(apdu)
    registers = list(_registers(body))
    if not registers:
        raise PayloadError("a push without an OBIS code: what its values are is not told")
    meter = next((name for code in NAMES for r in registers if r.obis == code and (name := _name(r.value))), "")
    if not meter:
        raise PayloadError(f"a push that names no meter ({', '.join(NAMES)}): its values would fall on another's")
    told = next((r.value.content for r in registers if r.obis == CLOCK and isinstance(r.value.content, bytes)), dated)
    time = clock.instant_of(told) if told else arrival
    for register in registers:
        if register.obis not in (CLOCK, *NAMES):
            yield from _observed(register, f"urn:dev:ser:{meter}:{register.obis}", time, document)


def _opened(apdu: bytes) -> tuple[bytes, Value]:
    """The APDU's date-time (empty where it has none) and its body."""
    if len(apdu) > MOST_BYTES:
        raise PayloadError(f"an APDU of {len(apdu)} bytes, where {MOST_BYTES} are allowed")
    if apdu.startswith(WRAPPER) and len(apdu) > 8:
        if int.from_bytes(apdu[6:8], "big") != len(apdu) - 8:
            raise PayloadError(f"a wrapper of {int.from_bytes(apdu[6:8], 'big')} bytes around {len(apdu) - 8}")
        apdu = apdu[8:]
    if apdu[0] in CIPHERED:
        raise PayloadError("a ciphered APDU: decipher it where the meter's key is kept, and send what comes out")
    if apdu[0] != NOTIFICATION:
        raise PayloadError(f"an APDU of type {apdu[0]}, where a data-notification ({NOTIFICATION}) is asked")
    length = apdu[5] if len(apdu) > 5 else 1
    if length not in (0, 1, clock.LENGTH):
        raise PayloadError(f"a date-time of {length} octets")
    end = 6 + (clock.LENGTH if length else 0)  # some libraries write 1, as of an optional part, for the length
    body, after = value_at(apdu, end)
    if after != len(apdu):
        raise PayloadError(f"{len(apdu) - after} bytes behind the body")
    return apdu[6:end], body


def _registers(body: Value) -> Iterator[Register]:
    """Registers in order, wherever in the structures they stand."""
    if body.parts and (described := list(map(_description, body.parts[0].parts))) and all(described):
        yield from _described([one for one in described if one], body.parts)
        return
    pending, at, values = "", 0, body.parts
    while at < len(values):
        one, at = values[at], at + 1
        if not pending and (code := _obis(one)):
            pending = code
        elif pending:
            scaled = _scaler_unit(values[at]) if at < len(values) else None
            if one.parts and not _scaler_unit(one):
                yield from _registers(one)
            else:
                yield Register(pending, one, *(scaled or ()))
            at, pending = at + (1 if scaled else 0), ""
        else:
            yield from _registers(one)


def _description(value: Value) -> tuple[str, int] | None:
    """OBIS code and attribute that a structure of class, code, attribute (and index) describes."""
    parts = value.parts
    if len(parts) < 3 or parts[0].tag != axdr.LONG_UNSIGNED or parts[2].tag != axdr.SIGNED_BYTE:
        return None
    attribute = parts[2].content
    return (code, attribute) if (code := _obis(parts[1])) and isinstance(attribute, int) else None


def _described(described: list[tuple[str, int]], values: list[Value]) -> Iterator[Register]:
    """Registers of a push that begins with the list of what it holds, which the list may name as its first."""
    told = values if described[0][0] == PUSH_LIST else values[1:]
    if len(told) != len(described):
        raise PayloadError(f"a push that describes {len(described)} values and holds {len(told)}")
    pairs = list(zip(described, told, strict=True))
    scalers = {code: scaled for (code, _), value in pairs if (scaled := _scaler_unit(value))}
    for (code, attribute), value in pairs:
        if attribute == VALUE and code != PUSH_LIST:
            yield Register(code, value, *scalers.get(code, ()))


def _obis(value: Value) -> str:
    """The code that six octets are, without its last group where that says nothing (255)."""
    if value.tag != axdr.OCTETS or not isinstance(value.content, bytes) or len(value.content) != 6:
        return ""
    a, b, c, d, e, f = value.content
    return f"{a}-{b}:{c}.{d}.{e}" + ("" if f == 255 else f"*{f}")


def _scaler_unit(value: Value) -> tuple[int, int] | None:
    parts = value.parts
    if [part.tag for part in parts] != [axdr.SIGNED_BYTE, axdr.ENUM]:
        return None
    scaler, unit = (part.content for part in parts)
    return (scaler, unit) if isinstance(scaler, int) and isinstance(unit, int) else None


def _observed(register: Register, point: str, time: str, document: bytes) -> Iterator[Cell | Refused]:
    content = register.value.content
    if content is None:
        return  # the meter has no value: unknown, and none is counted
    text = _text(content)
    if text is not None:
        yield Cell(point, STATE, time, text, document)
    elif isinstance(content, bool):
        yield Cell(point, "", time, str(int(content)), document)
    elif not isinstance(content, int | float):
        yield Refused(0, f"{point}: a value of type {register.value.tag} is not read", document)
    elif register.unit is None:
        yield Refused(0, f"{point}: {content} without scaler and unit", document)
    elif (unit := dlms_unit(register.unit)) is None:
        yield Refused(0, f"{point}: unit {register.unit} is not known", document)
    else:
        written = f"{content}e{register.scaler}" if isinstance(content, int) else _scaled(content, register.scaler)
        yield Cell(point, unit[0], time, written, document, factor=unit[1])


def _scaled(number: float, scaler: int | None) -> str:
    return repr(number * math.pow(10, scaler or 0))


def _text(content: object) -> str | None:
    """Text of a string, or of octets: printable ones as they are, others in hexadecimal."""
    if isinstance(content, bytes):
        shown = content.decode("latin-1")
        return shown if shown.isascii() and shown.isprintable() else content.hex()
    return content if isinstance(content, str) else None


def _name(value: Value) -> str:
    return (_text(value.content) or "").strip("\x00 ")
