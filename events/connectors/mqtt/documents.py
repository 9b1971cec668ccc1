"""MQTT messages as documents of a format.

Sparkplug B: the messages of a second are one document, a line each, completed by what their nodes' births told, so that
it stands for itself. Any other format: each message's body is a document. A topic that says whose the body is comes
along where asked, as `{"topic": …, "received": …, "payload": …}`, for a declared format with `sensor = "topic"`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from events.connectors.mqtt.wire import Message
from events.errors import PayloadError
from events.feeds.decoded import Format
from events.feeds.sparkplug.messages import Line, completed
from events.feeds.sparkplug.schema import new_payload
from events.feeds.sparkplug.sessions import Sessions
from events.feeds.sparkplug.topics import NAMESPACE, Topic, topic_of

SPARKPLUG = "sparkplug"
REBIRTH = "Node Control/Rebirth"
BOOLEAN = 11


class Documents:
    """Makes documents of messages; remembers Sparkplug's births."""

    def __init__(self, form: Format, *, with_topic: bool = False) -> None:
        self._form, self._with_topic, self._sessions = form, with_topic, Sessions()

    def of(self, messages: Sequence[Message]) -> list[tuple[bytes, list[Message]]]:
        """Documents, each with the messages that are in it."""
        if self._form.name == SPARKPLUG:
            return [(b"\n".join(map(self._line, messages)), list(messages))] if messages else []
        return [(_wrapped(one) if self._with_topic else one.body, [one]) for one in messages]

    def unborn(self, messages: Sequence[Message]) -> dict[str, Topic]:
        """Nodes that send data and whose birth was not seen, by identity."""
        if self._form.name != SPARKPLUG:
            return {}
        topics = [topic for one in messages if (topic := _topic(one)) and topic.kind in ("NDATA", "DDATA", "DBIRTH")]
        return {topic.edge: topic for topic in topics if not self._sessions.is_born(topic)}

    def _line(self, message: Message) -> bytes:
        received = message.received_at.isoformat()
        try:
            return completed(message.topic, message.body, received, self._sessions)
        except PayloadError:  # the decoder says why
            return msgspec.json.encode(Line(message.topic, message.body.hex(), received))


def rebirth(topic: Topic) -> tuple[str, bytes]:
    """The command by which a host asks a node for its birth: topic and body (Sparkplug 3.0, 6.4.20)."""
    payload = new_payload()
    metric = payload.metrics.add(name=REBIRTH, datatype=BOOLEAN)
    metric.boolean_value = True
    return f"{NAMESPACE}/{topic.group}/NCMD/{topic.node}", payload.SerializeToString()


def _wrapped(message: Message) -> bytes:
    """Topic, arrival and body together; the body as JSON where it is JSON, else as text."""
    try:
        body: object = msgspec.Raw(message.body)
        msgspec.json.decode(message.body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = message.body.decode("utf-8", "replace")
    told = {"topic": message.topic, "received": message.received_at.isoformat(), "payload": body}
    return msgspec.json.encode(told)


def _topic(message: Message) -> Topic | None:
    try:
        return topic_of(message.topic)
    except PayloadError:
        return None
