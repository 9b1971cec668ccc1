"""Whether a fetched document is whole: half of one is never handed on."""

from __future__ import annotations

import csv
import io

import msgspec

from events.errors import PayloadError
from events.feeds.decoded import Format
from events.feeds.gtfs_rt import feed_message
from events.feeds.packed import BOM, unpacked
from events.feeds.xml_texts import name_of, root_of

PARQUET = b"PAR1"
TABLES = ("aqi", "youbike-archive", "meter-table")
"""Formats that are published as CSV too."""

MOST_TAGS = 1_000_000
"""Tags of a document of XML that is looked at; a format may allow fewer."""

MARKUP = b"<"
"""No format of ours that is no XML begins so; a web page does, after whatever comment or declaration."""


def fault(form: Format, body: bytes) -> str | None:
    """Why `body` is no whole document of `form`, None when it is one as far as its syntax can tell."""
    try:
        content = unpacked(body).removeprefix(BOM)
    except PayloadError as error:
        return str(error)
    text = content.strip()
    if not text:
        return "the document is empty"
    if "protobuf" in form.content_type:
        return _protobuf_fault(content)
    if content.startswith(PARQUET):
        return None if content.endswith(PARQUET) and len(content) > 12 else "Parquet without its end"
    if text.startswith(MARKUP):
        return _xml_fault(content) if "xml" in form.content_type else "a web page, not a document"
    if text[:1] in b"[{":
        return _json_fault(text)
    if form.name in TABLES:
        return _table_fault(content)
    return f"not JSON: it starts with {text[:1]!r}" if "json" in form.content_type else None


def _json_fault(text: bytes) -> str | None:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"JSON that does not end well ({error})"
    return None


def _xml_fault(content: bytes) -> str | None:
    try:
        root = root_of(content, MOST_TAGS)
    except PayloadError as error:
        return f"a web page, or no whole document: {error}"
    return "a web page, not a document" if name_of(root).lower() == "html" else None


def _protobuf_fault(content: bytes) -> str | None:
    try:
        feed_message(content)
    except PayloadError as error:
        return None if "without entities" in str(error) else str(error)
    return None


def _table_fault(content: bytes) -> str | None:
    try:
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        return f"neither JSON nor a table ({type(error).__name__})"
    if len(rows[0]) < 2:
        return "neither JSON nor a table of several columns"
    whole = len(rows[-1]) == len(rows[0])
    return None if whole else f"a table whose last row has {len(rows[-1])} of {len(rows[0])} columns"
