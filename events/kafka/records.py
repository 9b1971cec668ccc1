"""Records of one partition, sorted into the formats that will decode them; what no format takes is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from events.envelope import is_structured, unwrap_structured
from events.errors import PayloadError
from events.feeds.decoded import Format, Payload
from events.feeds.registry import BUILT_IN, Registry, format_of
from events.ids import SourceId
from events.kafka.port import Fetched, Headers
from events.quarantine import GAP, Refusal
from events.source import Poll


class Lost(msgspec.Struct):
    """Payload of a gap: offsets that were gone before they were read, `first` to `last`."""

    first: int
    last: int


def poll_of(source: SourceId, fetched: Fetched, missing: Sequence[range] = (), registry: Registry = BUILT_IN) -> Poll:
    """The records as a poll; `missing` are offsets between them that the topic has lost."""
    refused = [gap(lost) for lost in missing]
    first = missing[0][0] if missing and missing[0][0] < fetched.offsets[0] else fetched.offsets[0]
    form = _one_format(fetched, registry)
    if form is None:
        return _sorted(source, first, fetched, refused, registry)
    payloads = _payloads(fetched.values, fetched.times_ms)
    return Poll(source, first, fetched.offsets[-1], {form: payloads}, {form: list(fetched.offsets)}, refused)


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
    names = [name for name, _ in first]
    if names.count("ce_type") != 1 or names.count("content-type") != 1 or None in fetched.values:
        return None
    at_type, at_content = names.index("ce_type"), names.index("content-type")
    kind, content, size = first[at_type], first[at_content], len(first)
    for headers in fetched.headers:
        if len(headers) != size or headers[at_type] != kind or headers[at_content] != content:
            return None
    content_type = _text(content[1])
    if is_structured(content_type):
        return None
    return format_of(fetched.partition.topic, _text(kind[1]), content_type, registry)


def _payloads(values: Sequence[bytes | None], times_ms: Sequence[int]) -> list[Payload]:
    times = {ms: datetime.fromtimestamp(ms / 1e3, UTC) for ms in set(times_ms)}
    return [Payload(value or b"", times[ms]) for value, ms in zip(values, times_ms, strict=True)]


def _sorted(source: SourceId, first: int, fetched: Fetched, refused: list[Refusal], registry: Registry) -> Poll:
    payloads: dict[Format, list[Payload]] = {}
    offsets: dict[Format, list[int]] = {}
    rows = zip(fetched.offsets, fetched.times_ms, fetched.values, fetched.headers, strict=True)
    for offset, time_ms, value, headers in rows:
        received = datetime.fromtimestamp(time_ms / 1e3, UTC)
        try:
            for form, data in _contents(fetched.partition.topic, value, headers, registry):
                payloads.setdefault(form, []).append(Payload(data, received))
                offsets.setdefault(form, []).append(offset)
        except PayloadError as error:
            refused.append(Refusal(offset, "", str(error), value or b""))
    return Poll(source, first, fetched.offsets[-1], payloads, offsets, refused)


def _contents(topic: str, value: bytes | None, headers: Headers, registry: Registry) -> Iterator[tuple[Format, bytes]]:
    named = dict(headers)
    ce_type, content_type = _text(named.get("ce_type", b"")), _text(named.get("content-type", b""))
    if value is None:
        raise PayloadError(f"topic {topic}: an empty message (no value)")
    if not is_structured(content_type):
        yield _form(topic, ce_type, content_type, registry), value
        return
    for content in unwrap_structured(content_type, value):
        yield _form(topic, content.ce_type, content.content_type, registry), content.data


def _form(topic: str, ce_type: str, content_type: str, registry: Registry) -> Format:
    form = format_of(topic, ce_type, content_type, registry)
    if form is None:
        raise PayloadError(f"topic {topic}: no format for CloudEvents type {ce_type!r}, content type {content_type!r}")
    return form


def _text(value: bytes | None) -> str:
    """A header's value; one without bytes is as good as none."""
    return (value or b"").decode(errors="replace")
