"""What a decoder takes and gives: a poll's payloads in, frames of declared families and refusals out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import polars as pl

REFUSED = {"record": pl.UInt32(), "reason": pl.String(), "payload": pl.Binary()}
"""Refusals: index of the payload in its poll, why, and the bytes (a whole payload, or one row of it as JSON)."""


UNDATED = datetime.min.replace(tzinfo=UTC)
"""`received_at` of a payload whose arrival nobody knows. Decoders never see it: see `events.undated`."""


class Payload(msgspec.Struct, frozen=True, gc=False):
    """One message or document as it arrived; `received_at` (UTC) anchors relative times and times that are missing.

    `origin` names the feed that it is one of a row of documents of (`events.feeds.listing`); "" where none is known, as
    of what is tried again: such a document speaks for itself alone.
    """

    data: bytes
    received_at: datetime
    origin: str = ""


@dataclass(frozen=True)
class Decoded:
    """Frames by family name (schema `Family.decoded`), what was refused, and the rows offered.

    For every family that counts (`offered` is by family-independent rows of the standard: one dock report, one SenML
    record, one vehicle entity, or one whole payload that could not be read): rows decoded plus refused = offered.
    Rows of `stations` ride along with dock reports and are not offered rows.
    """

    frames: Mapping[str, pl.DataFrame]
    refused: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REFUSED))
    offered: int = 0


Decoder = Callable[[Sequence[Payload]], Decoded]
"""A pure function; it never raises for bad payloads, it refuses them with a reason."""


@dataclass(frozen=True)
class Format:
    """One declared input format: name on the command line, Kafka topic, CloudEvents type and content type."""

    name: str
    topic: str
    ce_type: str
    content_type: str
    decode: Decoder
    split: Callable[[bytes], Sequence[bytes]] = field(default=lambda document: [document])
    """A file's bytes as messages small enough for a topic (tables become slices); default: the document itself."""
    whole: Callable[[bytes], bytes] = field(default=lambda row: row)
    """A row that was refused alone, as a document that `decode` takes; a whole document stays as it is."""
    lists: bool = False
    """Whether a document tells by leaving out, so that a payload needs its `origin`."""
