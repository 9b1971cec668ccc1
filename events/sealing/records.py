"""What every stored record says of itself, whichever form it has: when it was made, and the digest of its content.

    columnar (`events.batch`)   header.recorded_at, header.sha256 (over header and frame)
    JSON (domain events)        "recorded_at", and since this twin a last field "record_sha256" over stream, version,
                                tag and the JSON without that field; events from before have none

A form that is neither has no record time, and its content is its bytes.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import msgspec

from events import batch
from events.batch import BATCH
from events.clock import instant, micros
from events.errors import CorruptEventError

COLUMNAR = frozenset({BATCH, "entities.v1", "entities.v2", "quarantine.v1", "quarantine.released.v1"})
"""Tags whose states are frames (`events.batch`); a state of another form under them is damaged."""

_FIELD = b',"record_sha256":"'
_TAIL = len(_FIELD) + 64 + len(b'"}')


class Record(Protocol):
    """An event at its position, its references resolved."""

    @property
    def position(self) -> int:
        """Place in the log."""

    @property
    def stream(self) -> str:
        """Stream."""

    @property
    def version(self) -> int:
        """Version within the stream."""

    @property
    def tag(self) -> str:
        """Stored type name."""

    @property
    def state(self) -> bytes:
        """Stored content."""


R = TypeVar("R", bound=Record)


class _Recorded(msgspec.Struct):
    recorded_at: datetime


_RECORDED = msgspec.json.Decoder(_Recorded)


def recorded_us(state: bytes) -> int | None:
    """When the twin made the record (UTC microseconds), None where the state does not say; never raises."""
    try:
        if state[: len(batch.MAGIC)] == batch.MAGIC:
            return batch.header_of(state).recorded_at
        return micros(_RECORDED.decode(state).recorded_at.astimezone(UTC)) if state[:1] == b"{" else None
    except (CorruptEventError, msgspec.MsgspecError, ValueError, OverflowError):
        return None


def made_at(state: bytes, recorded: int) -> bytes:
    """The state with another record time (UTC microseconds), a columnar one with the digest that belongs to it."""
    if state[: len(batch.MAGIC)] == batch.MAGIC:
        return batch.recorded_at(state, recorded)
    fields = msgspec.json.decode(state)
    fields.pop("record_sha256", None)
    return msgspec.json.encode({**fields, "recorded_at": instant(recorded)})


def told(stream: str, version: int, tag: str, state: bytes) -> bytes:
    """The stored form of a JSON state: its digest as its last field; other states as they are."""
    if tag in COLUMNAR or len(state) < len(b'{"":0}') or not (state.startswith(b"{") and state.endswith(b"}")):
        return state
    if state[-_TAIL:].startswith(_FIELD):
        return state
    return b"".join((state[:-1], _FIELD, _own(stream, version, tag, state).encode(), b'"}'))


def content(state: bytes) -> str:
    """Digest of what the record says, the same before and after a compaction; never raises."""
    if state[: len(batch.MAGIC)] == batch.MAGIC:
        with suppress(CorruptEventError):
            return batch.header_of(state).sha256
    return hashlib.sha256(state).hexdigest()


def amiss(stream: str, version: int, tag: str, state: bytes) -> str | None:
    """What is wrong with a stored record by its own digest, None: nothing, or it has none."""
    if tag in COLUMNAR:
        return batch.verify(state)
    if state[: len(batch.MAGIC)] == batch.MAGIC:
        return f"a frame under the tag {tag!r}, which is no frame's"
    if not state[-_TAIL:].startswith(_FIELD):
        return None
    said, plain = state[-66:-2].decode("ascii", "replace"), state[:-_TAIL] + b"}"
    found = _own(stream, version, tag, plain)
    return None if found == said else f"digest {found[:12]}… where the record says {said[:12]}…"


def sound(event: R) -> R:
    """The event, once its own digest agrees; CorruptEventError names its position."""
    if (wrong := amiss(event.stream, event.version, event.tag, event.state)) is not None:
        raise CorruptEventError(
            f"position {event.position}: {event.tag} of {event.stream}: {wrong}; run `twin log verify`, and "
            "restore the log from a backup"
        )
    return event


def has_digest(tag: str, state: bytes) -> bool:
    """Whether the record carries a digest of its own."""
    return tag in COLUMNAR or state[-_TAIL:].startswith(_FIELD)


def _own(stream: str, version: int, tag: str, state: bytes) -> str:
    return hashlib.sha256(f"{stream}\x1f{version}\x1f{tag}\x1f".encode() + state).hexdigest()
