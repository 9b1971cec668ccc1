"""An XML document as elements: no document types, no entities of its own, and no more elements than a payload may have.

Names are local: what a namespace calls `cap:alert` is `alert`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from events.errors import PayloadError

ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "big5": "cp950"}
"""Encodings by their names in XML -> Python's."""

MOST_TAGS = 400_000
"""Tags of a document; each element takes some two hundred bytes."""

MOST_DEEP = 100
"""Elements within elements; what writes them again goes down by recursion."""

_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")


def root_of(content: bytes, most_tags: int = MOST_TAGS) -> ElementTree.Element:
    """The document's element; PayloadError when it is none, has a document type, or is larger than it may be."""
    declared = _DECLARED.match(content)
    encoding = declared[1].decode().lower() if declared else "utf-8"
    if encoding not in ENCODINGS:
        raise PayloadError(f"XML in {encoding}; the twin reads {', '.join(ENCODINGS)}")
    try:
        text = content[declared.end() if declared else 0 :].decode(ENCODINGS[encoding])
    except UnicodeDecodeError as error:
        raise PayloadError(f"XML: byte {error.start} is no {encoding}") from error
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        raise PayloadError("XML with a document type: entities are not read")
    if (tags := text.count("<")) > most_tags:
        raise PayloadError(f"{tags} tags, where {most_tags} are allowed; split the document")
    try:
        root = ElementTree.fromstring(text.strip())
    except (ElementTree.ParseError, ValueError) as error:
        raise PayloadError(f"XML: {error}") from error
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MOST_DEEP:
            raise PayloadError(f"XML of more than {MOST_DEEP} elements within each other")
        level = [child for element in level for child in element]
    return root


def name_of(element: ElementTree.Element) -> str:
    """An element's local name."""
    return str(element.tag).rpartition("}")[2]


def children(parent: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """The elements right below that have the local name."""
    return (e for e in parent if name_of(e) == name)


def texts(parent: ElementTree.Element, name: str) -> list[str]:
    """The texts of the elements right below, empty ones left out."""
    return [text for e in children(parent, name) if (text := (e.text or "").strip())]


def first_text(parent: ElementTree.Element, name: str) -> str:
    """The first of these texts, "" where there is none."""
    return next(iter(texts(parent, name)), "")


def text_at(element: ElementTree.Element, *path: str) -> str:
    """Text of the first element of that name below, of its first of the next name, and so on; "" where none is."""
    for name in path:
        found = next(children(element, name), None)
        if found is None:
            return ""
        element = found
    return (element.text or "").strip()


def below(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """The root and whatever is in it that has the local name."""
    return (e for e in root.iter() if name_of(e) == name)
