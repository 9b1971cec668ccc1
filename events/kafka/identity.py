"""Messages that bear the CloudEvents source and id of an earlier one with other content: a publisher's fault, told.

Such a message lands like any other, since what tells nothing new is known by its content (decision 0002): nothing is
overwritten in silence, and nothing is lost for a publisher that counts its ids from 1 again.

Binary mode has the identity in its headers and the value as its content. In structured and batched mode every event has
its own; their content is `data` (or `data_base64`) as it stands in the text. Other bytes are other content. The modes
are not compared with each other: JSON within an envelope may be spaced otherwise than JSON on its own.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence

import msgspec

from events.envelope import is_batched, is_structured
from events.kafka.headers import CE_ID, CE_SOURCE, CONTENT_TYPE, spelt, text_of
from events.kafka.port import Fetched, Headers
from events.quarantine import CLASH, Refusal

REMEMBERED = 100_000
"""Identities kept, the latest of this run: half a minute of ten times the city's load. An ingester that starts anew
begins with none, and a clash with something older than that lands untold: as any reading, by its content."""

Identity = tuple[bytes, bytes] | tuple[str, str]
"""CloudEvents source and id: bytes of headers, or text of a structured event."""

WHOLE_BYTES = 4_096
"""Longer contents are compared by their length, beginning and end."""


class Identities:
    """The identities of the latest events, each with the digest of the content it first had."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """At least so many are remembered, and after the next poll at most twice as many."""
        self._remembered = remembered
        self._first: dict[Identity, int] = {}
        self._before: dict[Identity, int] = {}

    def clashes(self, fetched: Fetched) -> list[Refusal]:
        """One refusal for the events whose identity had other content before; nothing when there are none.

        Its payload is `{"count":…,"id":…,"source":…}`: how many, and the first one's identity.
        """
        found: list[tuple[int, Identity]] = []
        for offset, identity, value in _identified(fetched):
            digest = hash(value) if len(value) <= WHOLE_BYTES else _digest(value)
            if self._before.get(identity, digest) != digest or self._first.setdefault(identity, digest) != digest:
                found.append((offset, identity))
        if len(self._first) >= self._remembered:
            self._before, self._first = self._first, {}
        return [_told(len(found), *found[0])] if found else []


def _identified(fetched: Fetched) -> Iterator[tuple[int, Identity, bytes]]:
    """Offset, identity and content of each event that has an id; headers lie where the first one's do, as a rule."""
    written = [name for name, _ in fetched.headers[0]] if fetched.headers else []
    names = [spelt(name) for name in written]
    is_binary = CE_SOURCE in names and CE_ID in names
    at_source, at_id = (names.index(CE_SOURCE), names.index(CE_ID)) if is_binary else (0, 0)
    first = (written[at_source], written[at_id]) if is_binary else None
    for offset, headers, value in zip(fetched.offsets, fetched.headers, fetched.values, strict=True):
        if not value:
            continue
        if first and len(headers) == len(names) and (headers[at_source][0], headers[at_id][0]) == first:
            if headers[at_id][1]:
                yield offset, (headers[at_source][1], headers[at_id][1]), value
            continue
        for identity, content in _looked_up(headers, value):
            yield offset, identity, content


def _looked_up(headers: Headers, value: bytes) -> Iterator[tuple[Identity, bytes]]:
    """Identity and content of the events of one message, wherever they stand."""
    named = {spelt(name): text for name, text in headers}
    content_type = text_of(named.get(CONTENT_TYPE))
    if is_structured(content_type):
        for event in _events(value, batched=is_batched(content_type)):
            if event.id and (content := bytes(event.data) or event.data_base64.encode()):
                yield (event.source, event.id), content
    elif named.get(CE_SOURCE) and named.get(CE_ID):
        yield (named[CE_SOURCE], named[CE_ID]), value


class _Event(msgspec.Struct):
    """What of a structured event tells whether it is the same; its data is not looked into."""

    id: str
    source: str
    data: msgspec.Raw = msgspec.Raw()
    data_base64: str = ""


_ONE, _MANY = msgspec.json.Decoder(_Event), msgspec.json.Decoder(list[_Event])


def _events(value: bytes, *, batched: bool) -> Sequence[_Event]:
    """The events of a structured message; none where it cannot be read: its decoder says so (`events.envelope`)."""
    text = value.removeprefix(codecs.BOM_UTF8)
    try:
        return _MANY.decode(text) if batched else [_ONE.decode(text)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []


def _told(count: int, offset: int, identity: Identity) -> Refusal:
    source, name = (part if isinstance(part, str) else part.decode(errors="replace") for part in identity)
    payload = msgspec.json.encode({"count": count, "id": name, "source": source})
    reason = (
        f"a message has the CloudEvents source {source!r} and id {name!r} of an earlier one, but other content; "
        f"it landed as a message of its own ({count} such); mend the publisher"
    )
    return Refusal(offset, CLASH, reason, payload)


def _digest(value: bytes) -> int:
    return hash((len(value), value[: WHOLE_BYTES // 2], value[-WHOLE_BYTES // 2 :]))
