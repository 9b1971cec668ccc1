"""The fields of Sparkplug B's protobuf payload that are read; what else a payload holds is passed over.

Names and numbers are those of Eclipse Tahu's sparkplug_b.proto (proto2). They are given to protobuf's own runtime here,
in a pool of their own, so that another library's copy of the schema does no harm.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from events.errors import PayloadError

PACKAGE = "tw.taipei.twin.sparkplug"
DOUBLE, FLOAT, U64, U32, BOOL, TEXT, OCTETS = 1, 2, 4, 13, 8, 9, 12
MESSAGE, OPTIONAL, REPEATED = 11, 1, 3

_VALUE = {
    "int_value": U32, "long_value": U64, "float_value": FLOAT, "double_value": DOUBLE, "boolean_value": BOOL,
    "string_value": TEXT,
}  # fmt: skip
"""Members of the `value` of metrics (numbered from 10) and of properties (from 3)."""

MESSAGES: dict[str, dict[int, tuple[str, int | str]]] = {
    "Payload": {1: ("timestamp", U64), 2: ("metrics*", "Metric"), 3: ("seq", U64)},
    "Metric": {
        1: ("name", TEXT), 2: ("alias", U64), 3: ("timestamp", U64), 4: ("datatype", U32), 5: ("is_historical", BOOL),
        6: ("is_transient", BOOL), 7: ("is_null", BOOL), 9: ("properties", "PropertySet"),
        **{10 + n: (f"{name}|", kind) for n, (name, kind) in enumerate(_VALUE.items())},
        16: ("bytes_value|", OCTETS), 17: ("dataset_value|", OCTETS), 18: ("template_value|", "Template"),
    },
    "PropertySet": {1: ("keys*", TEXT), 2: ("values*", "PropertyValue")},
    "PropertyValue": {
        1: ("type", U32), 2: ("is_null", BOOL),
        **{3 + n: (f"{name}|", kind) for n, (name, kind) in enumerate(_VALUE.items())},
    },
    "Template": {2: ("metrics*", "Metric"), 4: ("template_ref", TEXT), 5: ("is_definition", BOOL)},
}  # fmt: skip
"""Message -> number -> name (with * where it is repeated, | where it is of the oneof `value`) and type."""

MOST_METRICS = 50_000
"""Metrics of one message; the largest births have some thousand."""

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of one message."""


def payload_of(data: bytes) -> Any:
    """A payload; PayloadError when the bytes are none or hold more metrics than any device has."""
    if len(data) > MOST_BYTES or data.count(b"\x12") > 4 * MOST_METRICS:
        raise PayloadError(f"{len(data)} bytes: more than {MOST_METRICS} metrics in one message")
    payload = new_payload()
    try:
        payload.ParseFromString(data)
    except (DecodeError, RuntimeError) as error:
        raise PayloadError(f"no Sparkplug B payload: {str(error)[:120]}") from error
    if len(payload.metrics) > MOST_METRICS:
        raise PayloadError(f"{len(payload.metrics)} metrics in one message, where {MOST_METRICS} are allowed")
    return payload


def new_payload() -> Any:
    """An empty payload."""
    return _payload_class()()


@cache
def _payload_class() -> type[Message]:
    file = FileDescriptorProto(name="sparkplug.proto", package=PACKAGE, syntax="proto2")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        if any(word.endswith("|") for word, _ in fields.values()):
            message.oneof_decl.add(name="value")
        for number, (word, kind) in fields.items():
            label = REPEATED if word.endswith("*") else OPTIONAL
            one = FieldDescriptorProto(name=word.rstrip("*|"), number=number)
            one.label = FieldDescriptorProto.Label.ValueType(label)
            if isinstance(kind, str):
                one.type, one.type_name = FieldDescriptorProto.Type.ValueType(MESSAGE), f".{PACKAGE}.{kind}"
            else:
                one.type = FieldDescriptorProto.Type.ValueType(kind)
            if word.endswith("|"):
                one.oneof_index = 0
            message.field.append(one)
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Payload"))
