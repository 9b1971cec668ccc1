"""Bytes as they lie in archives: gzip is opened, a byte-order mark is dropped, text is UTF-8 or refused."""

from __future__ import annotations

import gzip
import io
import zlib

from events.errors import PayloadError
from events.feeds.limits import DENSE_RATIO, MOST_PAYLOAD, check_payload, unpacked_most

GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
BLOCK = 256 * 1024


def unpacked(data: bytes) -> bytes:
    """`data` without gzip, of all its members (RFC 1952, 2.2); PayloadError when damaged or too much (`limits`).

    Zeros after the last member are padding, as of a tape or a block device; with anything else it is refused.
    """
    if not data.startswith(GZIP):
        return data
    most = unpacked_most(len(data))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as opened:
            content = opened.read(most + 1)
    except EOFError as error:
        raise PayloadError("gzip ends early; send the file again") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise PayloadError(f"gzip cannot be opened to its end ({error}); send the file again") from error
    if len(content) > most:
        raise PayloadError(f"gzip holds more than the {most} bytes that it may; split the file")
    return content


def check_message(data: bytes) -> None:
    """PayloadError for a message that is longer than one may be, or unpacks to more; it is counted, not kept."""
    check_payload(len(data))
    if not data.startswith(GZIP) or len(data) * DENSE_RATIO <= MOST_PAYLOAD:
        return  # the shorter ones are held to as much where they are unpacked
    count = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as opened:
            while block := opened.read(BLOCK):
                count += len(block)
                check_payload(count)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return  # its decoder says what is amiss


def text_of(data: bytes) -> bytes:
    """The UTF-8 text in `data`, unpacked, without a byte-order mark; PayloadError when empty or in another encoding."""
    content = unpacked(data).removeprefix(BOM)
    if not content or content.isspace():
        raise PayloadError("empty payload")
    if content.isascii():  # without a copy as text, for which the largest payloads leave no room
        return content
    try:
        content.decode()
    except UnicodeDecodeError as error:
        byte = f"0x{content[error.start]:02x}"
        raise PayloadError(f"not UTF-8: byte {byte} at {error.start}; convert Big5 or other text to UTF-8") from error
    return content
