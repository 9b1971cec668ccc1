"""What one payload may grow to, for every format alike: beyond it the payload is refused whole, with a reason.

    bytes of a message         `check_payload`, at the door of every decoder; files are cut into messages before
    bytes it unpacks to        `unpacked_most`: at most RATIO times what came, and never more than MOST_BYTES
    values in a JSON text      `check_values`, before anything is made of them; fewer where each becomes an object
    elements, rows, fields     `check_elements`, `check_rows` (a table's, by its line ends and separators)
    parts that are refused     `check_refused`: a payload of nothing but faults is one fault

So a payload is refused within about a second and in 100 MB beside itself, whatever it is. Nothing is lost by it: the
payload is in quarantine as it came, and what is in it can be sent again in smaller pieces. A document of a real feed
stays far below: one value takes it 8 bytes and more, text shrinks to a twentieth, a row of a table to two bytes.
"""

from __future__ import annotations

from events.errors import PayloadError

MIB = 1024 * 1024

MOST_PAYLOAD = 32 * MIB
"""Bytes of a message, unpacked; a broker takes one by default, and files are cut into messages of a third of one."""

MOST_BYTES = 256 * MIB
"""Bytes that a file may unpack to."""

RATIO, ROOM_BYTES = 250, 4 * MIB
"""What unpacks to more than ROOM_BYTES is at most RATIO times as long as it came (deflate reaches 1,032)."""

DENSE_RATIO = 50
"""What unpacks to more than MOST_PAYLOAD is at most so many times as long as it came."""

MOST_VALUES, ROOM_VALUES, BYTES_A_VALUE = 1_000_000, 250_000, 4
"""Values of a JSON text: ROOM_VALUES are free, more only where the text has BYTES_A_VALUE for each."""

MOST_OBJECTS = 500_000
"""Values of a JSON text that are all made at once; each takes up to 200 bytes then."""

MOST_ELEMENTS = 80_000
"""Elements of one JSON array, or members of an object, that are read as rows."""

MOST_ROWS, MOST_FIELDS = 120_000, 1_000_000
"""Lines of a table that is decoded at once, and their fields; files are cut into messages of 5,000 rows before."""

BYTES_A_LINE = 16
"""Lines of a text beyond MOST_ROWS are at least so long on average."""

ROOM_ROWS, ROWS_A_BYTE = 50_000, 4
"""A packed table may hold ROOM_ROWS, and ROWS_A_BYTE more for every byte that came."""

MOST_REFUSED = 10_000
"""Parts of one payload that are refused one by one."""

MOST_COLUMNS = 10_000
"""Columns of a table: a header of more is a payload without line ends."""

_MARKS = (b",", b"{", b"[")
"""Each value of a JSON text but the first of a container follows one of these."""


def unpacked_most(packed_bytes: int) -> int:
    """How many bytes a packed payload may hold."""
    room = max(ROOM_BYTES, min(RATIO * packed_bytes, MOST_PAYLOAD))
    return min(MOST_BYTES, max(room, DENSE_RATIO * packed_bytes))


def check_unpacked(size_bytes: int, packed_bytes: int) -> None:
    """PayloadError for what says of itself that it unpacks to more than it may."""
    if size_bytes > (most := unpacked_most(packed_bytes)):
        raise PayloadError(
            f"{packed_bytes} bytes that unpack to {size_bytes}, where {most} are allowed; split the file"
        )


def check_payload(size_bytes: int) -> None:
    """PayloadError for a message longer than one may be."""
    if size_bytes > MOST_PAYLOAD:
        raise PayloadError(f"a message of {size_bytes} bytes, where {MOST_PAYLOAD} are allowed; split it")


def check_values(text: bytes, most_values: int = MOST_VALUES) -> bytes:
    """The JSON text itself; PayloadError where it holds more values than a payload may."""
    if len(text) <= ROOM_VALUES:
        return text
    most = min(most_values, ROOM_VALUES + len(text) // BYTES_A_VALUE)
    values = sum(text.count(mark) for mark in _MARKS)
    if values > most:
        raise PayloadError(
            f"{values} values in {len(text)} bytes of JSON, where {most} are allowed; split the document"
        )
    return text


def check_elements(count: int) -> None:
    """PayloadError for a JSON array or object of more elements than are read as rows."""
    if count > MOST_ELEMENTS:
        raise PayloadError(
            f"{count} elements in one array or object, where {MOST_ELEMENTS} are allowed; split the document"
        )


def check_rows(rows: int, fields: int) -> None:
    """PayloadError for a table that is too long to be decoded at once."""
    if rows > MOST_ROWS or fields > MOST_FIELDS:
        told = f"{rows} rows of {fields} fields"
        raise PayloadError(f"{told}, where {MOST_ROWS} and {MOST_FIELDS} are allowed in a message; split the table")


def check_lines(text: bytes) -> None:
    """PayloadError for a text of more lines than are read at once, or of many that can hold nothing."""
    lines = text.count(b"\n") + text.count(b"\r")
    if lines > MOST_ROWS and len(text) < BYTES_A_LINE * lines:
        raise PayloadError(f"{lines} line ends in {len(text)} bytes; split the file")


def check_packed_rows(rows: int, packed_bytes: int) -> None:
    """PayloadError for a packed table of more rows than so few bytes can tell anything in."""
    most = ROOM_ROWS + ROWS_A_BYTE * packed_bytes
    if rows > most:
        raise PayloadError(
            f"{rows} rows in {packed_bytes} packed bytes, where {most} are allowed; send the table as text"
        )


def check_columns(count: int) -> None:
    """PayloadError for a table of more columns than any has."""
    if count > MOST_COLUMNS:
        raise PayloadError(f"a first line of {count} fields, where {MOST_COLUMNS} are allowed")


def check_refused(count: int, first: str) -> None:
    """PayloadError when so many parts of one payload are refused that the payload is refused whole."""
    if count > MOST_REFUSED:
        raise PayloadError(f"more than {MOST_REFUSED} of its parts cannot be taken, the first because: {first}")
