"""Sparkplug B messages to readings and states.

    {"topic": "spBv1.0/group/NDATA/node", "payload": "<hexadecimal>", "received": "2026-…", "session": {…}}

A document is one message a line, as `twin feed sparkplug mqtt://…` hands them on, or `mosquitto_sub` writes them with
`-F '{"topic": "%t", "payload": "%x", "received": "%I"}'`. Data by alias are read with the births before them in the
same document; a message with a `session` (`events.feeds.sparkplug.sessions`) was completed by who listened, and stands
for itself. States beside those of metrics:

    sparkplug:<group>/<node>[/<device>]      online at its birth, offline at its death (dated by its arrival: the node
                                             wrote it when it connected)
    sparkplug:<group>/<node>::lost           how many messages the node's numbers say are missing before this one

Historical metrics stand at their own time, where they change nothing that is later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell, Told, decoded_cells
from events.feeds.decoded import Decoded, Payload
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted
from events.feeds.sparkplug.metrics import cells_of
from events.feeds.sparkplug.schema import new_payload, payload_of
from events.feeds.sparkplug.sessions import Session, Sessions
from events.feeds.sparkplug.topics import Topic, topic_of
from events.feeds.sparkplug.values import instant_of

FORMAT = "sparkplug"
MOST_IN_A_DOCUMENT = 200_000
"""Metrics of all messages of a document."""

ONLINE, OFFLINE = "online", "offline"


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of a document."""

    topic: str
    payload: str
    received: str = ""
    session: Session | None = None


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings and states of the messages."""
    return decoded_cells(FORMAT, _told, payloads)


def split(document: bytes) -> Sequence[bytes]:
    """A document of many messages as messages of about MESSAGE_BYTES, each completed by the births before it."""
    if len(document) <= MESSAGE_BYTES:
        return [document]
    try:
        content, sessions = text_of(document), Sessions()
        lines = [line_of(line, sessions) for line in content.splitlines() if line.strip()]
    except PayloadError:
        return [document]
    return [b"\n".join(part) for part in parts(lines, MESSAGE_BYTES)]


def line_of(line: bytes, sessions: Sessions) -> bytes:
    """A line completed by what its node's birth told; itself where it is none."""
    try:
        told = _read(line)
        if told.session is not None:
            return line
        return completed(told.topic, bytes.fromhex(told.payload), told.received, sessions)
    except (PayloadError, ValueError):
        return line


def completed(topic: str, data: bytes, received: str, sessions: Sessions) -> bytes:
    """A message as a line that stands for itself, its node's session learned from; PayloadError when it is none."""
    payload = payload_of(data)
    session = sessions.completed(topic_of(topic), payload)
    return msgspec.json.encode(Line(topic, payload.SerializeToString().hex(), received, session))


def _told(payload: Payload) -> Told:
    sessions, arrival, left = Sessions(), payload.received_at.isoformat(), MOST_IN_A_DOCUMENT
    for line in text_of(payload.data).splitlines():
        if not line.strip():
            continue
        try:
            told = _read(line)
            topic, message = topic_of(told.topic), payload_of(_octets(told.payload))
            left -= len(message.metrics)
            session = sessions.completed(topic, message)
            if left >= 0:
                yield from _message(topic, message, told.session or session, told.received or arrival, line)
        except PayloadError as error:
            yield Refused(0, str(error), line)
        if left < 0:
            raise PayloadError(f"more than {MOST_IN_A_DOCUMENT} metrics in one document; split it")


def _read(line: bytes) -> Line:
    try:
        return msgspec.json.decode(line, type=Line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadError(f"no line with a topic and a payload: {str(error)[:120]}") from error


def _octets(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise PayloadError(f"payload {quoted(text)} is not hexadecimal") from error


def _message(topic: Topic, message: Any, session: Session, received: str, line: bytes) -> Iterator[Cell | Refused]:
    if topic.kind == "NDEATH":
        yield from _death(topic, session, received, line)
        return
    time = instant_of(message.timestamp) if message.HasField("timestamp") else received
    if session.lost:
        yield Cell(f"sparkplug:{topic.edge}::lost", STATE, time, str(session.lost), line)
    if topic.kind in ("NBIRTH", "DBIRTH", "DDEATH"):
        yield Cell(topic.point, STATE, time, OFFLINE if topic.kind == "DDEATH" else ONLINE, line)
    alone = partial(_alone, topic)
    for metric in message.metrics:
        yield from cells_of(metric, topic.point, time, alone)


def _death(topic: Topic, session: Session, received: str, line: bytes) -> Iterator[Cell | Refused]:
    if session.lives is not None:
        reason = f"{topic.edge}: a death of another session than {session.lives}, which lives: nothing ended"
        yield Refused(0, reason, line)
        return
    yield Cell(topic.point, STATE, received, OFFLINE, line)
    for device in session.devices:
        yield Cell(f"{topic.point}/{device}", STATE, received, OFFLINE, line)


def _alone(topic: Topic, metric: Any) -> bytes:
    """One metric as a document of its own."""
    payload = new_payload()
    payload.metrics.append(metric)
    return msgspec.json.encode(Line(topic.data(), payload.SerializeToString().hex(), session=Session()))
