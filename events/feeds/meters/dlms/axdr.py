"""Values of COSEM as A-XDR writes them (IEC 61334-6, types of IEC 62056-6-2): a tag, a length where it varies, bytes.

    0 null   1 array   2 structure   3 boolean   4 bit-string   5, 6 32 bits   9 octets   10 visible   12 UTF-8
    13 BCD   15 8 bits   16, 18 16 bits   17 8 bits   20, 21 64 bits   22 enum   23, 24 floats   25 date-time
    26 date   27 time

Compact arrays (19) and deltas (28 to 33) are not read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from events.errors import PayloadError

ARRAY, STRUCTURE, BOOLEAN, BITS, OCTETS, VISIBLE, UTF8, ENUM, DATE_TIME = 1, 2, 3, 4, 9, 10, 12, 22, 25
SIGNED_BYTE, LONG_UNSIGNED = 15, 18

_NUMBERS = {
    5: ">i", 6: ">I", 13: ">b", 15: ">b", 16: ">h", 17: ">B", 18: ">H", 20: ">q", 21: ">Q", 22: ">B", 23: ">f",
    24: ">d",
}  # fmt: skip
_FIXED = {DATE_TIME: 12, 26: 5, 27: 4}
DEEPEST = 16
"""Structures within structures."""


@dataclass(frozen=True)
class Value:
    """One value: its tag, and a number, bytes, a text, None, or the values in it."""

    tag: int
    content: int | float | bytes | str | bool | list[Value] | None

    @property
    def parts(self) -> list[Value]:
        """The values in an array or a structure, none of any other."""
        return self.content if isinstance(self.content, list) else []


def value_at(data: bytes, at: int = 0, depth: int = 0) -> tuple[Value, int]:
    """The value at `at`, and where the next one would be; PayloadError when it is cut off or of no known type."""
    tag = _octet(data, at)
    at += 1
    if tag == 0:
        return Value(tag, None), at
    if tag in (ARRAY, STRUCTURE):
        return _several(tag, data, at, depth)
    if tag == BOOLEAN:
        return Value(tag, _octet(data, at) != 0), at + 1
    if tag in _NUMBERS:
        size = struct.calcsize(_NUMBERS[tag])
        return Value(tag, struct.unpack(_NUMBERS[tag], _taken(data, at, size))[0]), at + size
    if tag in _FIXED:
        return Value(tag, _taken(data, at, _FIXED[tag])), at + _FIXED[tag]
    if tag not in (BITS, OCTETS, VISIBLE, UTF8):
        raise PayloadError(f"a value of type {tag} at byte {at - 1}: it is not read")
    count, at = _length(data, at)
    size = (count + 7) // 8 if tag == BITS else count
    octets = _taken(data, at, size)
    if tag in (BITS, OCTETS):
        return Value(tag, octets), at + size
    return Value(tag, octets.decode("utf-8" if tag == UTF8 else "latin-1", "replace")), at + size


def _several(tag: int, data: bytes, at: int, depth: int) -> tuple[Value, int]:
    count, at = _length(data, at)
    if depth >= DEEPEST:
        raise PayloadError(f"structures within structures, more than {DEEPEST} deep")
    if count > len(data) - at:
        raise PayloadError(f"{count} values are told at byte {at}, where {len(data) - at} bytes follow: it was cut off")
    found: list[Value] = []
    for _ in range(count):
        one, at = value_at(data, at, depth + 1)
        found.append(one)
    return Value(tag, found), at


def _length(data: bytes, at: int) -> tuple[int, int]:
    first = _octet(data, at)
    if first < 0x80:
        return first, at + 1
    size = first & 0x7F
    if not 1 <= size <= 4:
        raise PayloadError(f"a length of {size} octets at byte {at}")
    return int.from_bytes(_taken(data, at + 1, size), "big"), at + 1 + size


def _octet(data: bytes, at: int) -> int:
    return _taken(data, at, 1)[0]


def _taken(data: bytes, at: int, size: int) -> bytes:
    found = data[at : at + size]
    if len(found) != size:
        raise PayloadError(f"{size} bytes are told at byte {at}, where {len(found)} follow: it was cut off")
    return found
