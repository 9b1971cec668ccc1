"""CloudEvents 1.0 around our payloads: binary mode out; binary, structured or batched mode in."""

from __future__ import annotations

import base64
import codecs
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from cloudevents.core.bindings.kafka import to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from events.errors import PayloadError
from events.feeds.decoded import Format

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"


_EVENTS = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Message:
    """A Kafka message: partition key, headers, value."""

    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes


@dataclass(frozen=True)
class Content:
    """What an envelope held: the CloudEvents type, the data's content type, the data."""

    ce_type: str
    content_type: str
    data: bytes


def wrap(form: Format, data: bytes, *, key: str, recorded_at: datetime, source: str | None = None) -> Message:
    """`data` as a binary-mode message of its format; its id is its digest: a second publication has the same.

    `source` is a URI reference without secrets; without one the format's own name stands for it.
    """
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": hashlib.sha256(data).hexdigest()[:32],
        "source": source or f"/taipei/{form.name}",
        "type": form.ce_type,
        "datacontenttype": form.content_type,
        "time": recorded_at,
        "recordedtime": recorded_at.isoformat(),
        "partitionkey": key,
    }
    message = to_binary(CloudEvent(attributes=attributes, data=data), JSONFormat())
    return Message(key.encode(), list(message.headers.items()), data)


def unwrap_structured(content_type: str, value: bytes) -> tuple[list[Content], list[tuple[str, bytes]]]:
    """The events of a structured or batched message, and what of it is none: the reason, and its bytes.

    Of a batch the odd event alone is told, as its own JSON.
    """
    text = value.removeprefix(codecs.BOM_UTF8)
    try:
        events = _EVENTS.decode(text) if is_batched(content_type) else [msgspec.Raw(text)]
    except msgspec.ValidationError:
        return [], [("batched CloudEvents: not a JSON array", value)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [], [(f"structured CloudEvent: not JSON ({error})", value)]
    contents: list[Content] = []
    odd: list[tuple[str, bytes]] = []
    for event in events:
        try:
            contents.append(_content(msgspec.json.decode(event)))
        except PayloadError as error:
            odd.append((str(error), bytes(event) if is_batched(content_type) else value))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            odd.append((f"structured CloudEvent: not JSON ({error})", bytes(event)))
    return contents, odd


def is_structured(content_type: str) -> bool:
    """Whether a message's content type says that the whole envelope is in its value."""
    return _media(content_type) in (STRUCTURED, BATCHED)


def is_batched(content_type: str) -> bool:
    """Whether a message's value is a JSON array of whole envelopes."""
    return _media(content_type) == BATCHED


def _media(content_type: str) -> str:
    """A content type without its parameters, in small letters, as media types are compared."""
    return content_type.split(";", 1)[0].strip().lower()


def _content(event: object) -> Content:
    if not isinstance(event, Mapping) or event.get("specversion") != "1.0":
        raise PayloadError("structured CloudEvent: no object with specversion 1.0")
    for name in ("id", "source", "type"):
        if not isinstance(event.get(name), str) or not event[name]:
            raise PayloadError(f"structured CloudEvent: attribute {name} is missing or empty")
    return Content(event["type"], str(event.get("datacontenttype", "application/json")), _data(event))


def _data(event: Mapping[str, Any]) -> bytes:
    if "data_base64" in event:
        try:
            return base64.b64decode(str(event["data_base64"]), validate=True)
        except ValueError as error:
            raise PayloadError(f"structured CloudEvent {event['id']}: data_base64 is not base64 ({error})") from error
    if "data" not in event:
        raise PayloadError(f"structured CloudEvent {event['id']}: no data")
    data = event["data"]
    return data.encode() if isinstance(data, str) else msgspec.json.encode(data)
