"""A metric's value by its type (Sparkplug 3.0, 6.4.16): numbers as text, texts, or why it cannot be taken.

Signed integers are two's complement in a field of 32 or 64 bits. Eclipse Tahu fills the field's whole width, other
libraries the type's own 8 or 16 bits (-5 as Int8 is 4294967291 or 251): a value is what either means.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from events.errors import PayloadError

SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}
UNSIGNED = {5: 8, 6: 16, 7: 32, 8: 64}
FLOATS, BOOLEAN, DATE_TIME, TEXTS, TEMPLATE = (9, 10), 11, 13, (12, 14, 15), 19
NAMES = {
    0: "Unknown", 16: "DataSet", 17: "Bytes", 18: "File", 20: "PropertySet", 21: "PropertySetList", 22: "Int8Array",
    23: "Int16Array", 24: "Int32Array", 25: "Int64Array", 26: "UInt8Array", 27: "UInt16Array", 28: "UInt32Array",
    29: "UInt64Array", 30: "FloatArray", 31: "DoubleArray", 32: "BooleanArray", 33: "StringArray",
    34: "DateTimeArray",
}  # fmt: skip
"""Types that are not read, by their number."""

_FIELD_BITS = {"int_value": 32, "long_value": 64}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def value_of(metric: Any) -> tuple[str, bool]:
    """The value as text, and whether it is a text rather than a number; PayloadError where it cannot be read."""
    field, kind = metric.WhichOneof("value"), metric.datatype
    if field is None:
        raise PayloadError("no value, and not said to be null")
    value = getattr(metric, field)
    if field in ("float_value", "double_value") and kind in (0, *FLOATS):
        return repr(value), False
    if field == "string_value" and kind in (0, *TEXTS):
        return value, True
    if field == "boolean_value" and kind in (0, BOOLEAN):
        return str(int(value)), False
    if field in _FIELD_BITS and kind in (*SIGNED, *UNSIGNED):
        return str(_integer(value, kind, _FIELD_BITS[field])), False
    if field in _FIELD_BITS and kind == DATE_TIME:
        return instant_of(value), True
    if field in _FIELD_BITS and kind == BOOLEAN and value in (0, 1):
        return str(value), False
    if field in _FIELD_BITS and kind == 0:
        raise PayloadError("an integer of no type: the birth certificate that tells it was not seen")
    named = f"type {NAMES[kind]}" if kind in NAMES else f"type {kind} in {field}"
    raise PayloadError(f"{named} is not read")


def instant_of(milliseconds: int) -> str:
    """The instant so many milliseconds after 1970, ISO 8601 in UTC; PayloadError beyond the year 9999."""
    try:
        return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat()
    except OverflowError as error:
        raise PayloadError(f"{milliseconds} ms since 1970 is no instant") from error


def _integer(raw: int, kind: int, field_bits: int) -> int:
    bits = SIGNED.get(kind, 0) or UNSIGNED[kind]
    value = raw
    if kind in SIGNED:
        if raw >> (field_bits - 1):
            value = raw - (1 << field_bits)
        elif bits < field_bits and 1 << (bits - 1) <= raw < 1 << bits:
            value = raw - (1 << bits)
    lowest, highest = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if kind in SIGNED else (0, (1 << bits) - 1)
    if not lowest <= value <= highest:
        raise PayloadError(f"{raw} is no {'Int' if kind in SIGNED else 'UInt'}{bits}")
    return value
