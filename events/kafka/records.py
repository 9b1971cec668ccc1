"""Records of one partition, sorted into the formats that will decode them; what no format takes is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from events.envelope import Content, is_structured, unwrap_structured
from events.errors import PayloadError
from events.feeds.decoded import UNDATED, Format, Payload
from events.feeds.registry import BUILT_IN, Registry, format_of
from events.ids import SourceId
from events.kafka.headers import CE_TYPE, CONTENT_TYPE, spelt, text_of
from events.kafka.port import Fetched, Headers
from events.quarantine import GAP, Refusal
from events.source import Poll

FIRST_MS, END_MS = 946_684_800_000, 4_102_444_800_000
"""The years 2000 to 2099: a record's time outside them is none (no time is -1; seconds, micro- and nanoseconds that a
producer set lie far outside)."""


class Lost(msgspec.Struct):
    """Payload of a gap: offsets that were gone before they were read, `first` to `last`."""

    first: int
    last: int


def poll_of(
    source: SourceId,
    fetched: Fetched,
    missing: Sequence[range] = (),
    registry: Registry = BUILT_IN,
    *,
    compacted: bool = False,
) -> Poll:
    """The records as a poll; `missing` are offsets between them that the topic has lost.

    A record without a value is a tombstone where the topic is `compacted`: it tells that a key is let go, and nothing
    that happened.
    """
    refused = [gap(lost) for lost in missing]
    first = missing[0][0] if missing and missing[0][0] < fetched.offsets[0] else fetched.offsets[0]
    form = _one_format(fetched, registry)
    if form is None:
        return _sorted(source, first, fetched, refused, registry, compacted=compacted)
    payloads = _payloads(fetched.values, fetched.times_ms)
    if form.lists:
        payloads = [
            msgspec.structs.replace(payload, origin=_origin(source, headers))
            for payload, headers in zip(payloads, fetched.headers, strict=True)
        ]
    at = {form: list(fetched.offsets)}
    return Poll(source, first, fetched.offsets[-1], {form: payloads}, at, refused, _some_undated(fetched))


def gap_poll(source: SourceId, lost: range) -> Poll:
    """A poll that brings nothing but the news that its offsets are gone."""
    return Poll(source, lost[0], lost[-1], {}, {}, [gap(lost)])


def gap(lost: range) -> Refusal:
    """Offsets that were gone before they were read, as a refusal; its payload is a `Lost`."""
    payload = msgspec.json.encode(Lost(lost[0], lost[-1]))
    why = "expired, deleted or compacted before they were read"
    reason = f"offsets {lost[0]} to {lost[-1]} are gone from the topic ({why})"
    return Refusal(lost[0], GAP, reason, payload)


def holes(offsets: Sequence[int], expected: int) -> list[range]:
    """Offsets that are missing between `expected` and the last of `offsets`.

    >>> holes([4, 5, 9], 3)
    [range(3, 4), range(6, 9)]
    """
    if offsets[-1] - expected + 1 == len(offsets):
        return []
    before = (expected - 1, *offsets)
    return [range(low + 1, high) for low, high in zip(before, offsets, strict=False) if high > low + 1]


def _one_format(fetched: Fetched, registry: Registry) -> Format | None:
    """The format of all records when their envelopes agree, as one gateway's do; None: look at each."""
    first = fetched.headers[0]
    names = [spelt(name) for name, _ in first]
    if names.count(CE_TYPE) != 1 or names.count(CONTENT_TYPE) != 1 or None in fetched.values:
        return None
    at_type, at_content = names.index(CE_TYPE), names.index(CONTENT_TYPE)
    kind, content, size = first[at_type], first[at_content], len(first)
    for headers in fetched.headers:
        if len(headers) != size or headers[at_type] != kind or headers[at_content] != content:
            return None
    content_type = text_of(content[1])
    if is_structured(content_type):
        return None
    return format_of(fetched.partition.topic, text_of(kind[1]), content_type, registry)


def _payloads(values: Sequence[bytes | None], times_ms: Sequence[int]) -> list[Payload]:
    times = {ms: _instant(ms) for ms in set(times_ms)}
    return [Payload(value or b"", times[ms]) for value, ms in zip(values, times_ms, strict=True)]


def _instant(time_ms: int) -> datetime:
    """A record's time; UNDATED where it is none."""
    return datetime.fromtimestamp(time_ms / 1e3, UTC) if FIRST_MS <= time_ms < END_MS else UNDATED


def _sorted(
    source: SourceId, first: int, fetched: Fetched, refused: list[Refusal], registry: Registry, *, compacted: bool
) -> Poll:
    payloads: dict[Format, list[Payload]] = {}
    offsets: dict[Format, list[int]] = {}
    topic = fetched.partition.topic
    rows = zip(fetched.offsets, fetched.times_ms, fetched.values, fetched.headers, strict=True)
    for offset, time_ms, value, headers in rows:
        if value is None:
            refused += [] if compacted else [Refusal(offset, "", f"topic {topic}: an empty message (no value)", b"")]
            continue
        contents, odd = _contents(value, headers)
        refused += [Refusal(offset, "", reason, data) for reason, data in odd]
        for content in contents:
            try:
                form = _form(topic, content.ce_type, content.content_type, registry)
            except PayloadError as error:
                refused.append(Refusal(offset, "", str(error), content.data))
                continue
            payloads.setdefault(form, []).append(Payload(content.data, _instant(time_ms), _origin(source, headers)))
            offsets.setdefault(form, []).append(offset)
    return Poll(source, first, fetched.offsets[-1], payloads, offsets, refused, _some_undated(fetched))


def _some_undated(fetched: Fetched) -> bool:
    return min(fetched.times_ms) < FIRST_MS or max(fetched.times_ms) >= END_MS


def _contents(value: bytes, headers: Headers) -> tuple[Sequence[Content], Sequence[tuple[str, bytes]]]:
    """What a message holds, event by event, and what of it is no event: the reason, and its bytes."""
    named = {spelt(name): text for name, text in headers}
    ce_type, content_type = text_of(named.get(CE_TYPE)), text_of(named.get(CONTENT_TYPE))
    if not is_structured(content_type):
        return [Content(ce_type, content_type, value)], []
    return unwrap_structured(content_type, value)


def _form(topic: str, ce_type: str, content_type: str, registry: Registry) -> Format:
    form = format_of(topic, ce_type, content_type, registry)
    if form is None:
        raise PayloadError(f"topic {topic}: no format for CloudEvents type {ce_type!r}, content type {content_type!r}")
    return form


def _origin(source: SourceId, headers: Headers) -> str:
    """The feed that a message is one of a row of: its CloudEvents source, else the partition."""
    return _text(dict(headers).get("ce_source")) or source


def _text(value: bytes | None) -> str:
    """A header's value; one without bytes is as good as none."""
    return (value or b"").decode(errors="replace")
