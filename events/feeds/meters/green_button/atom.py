"""Entries of a Green Button feed and which leads to which, by the links that they bear.

    UsagePoint      self …/UsagePoint/1
    MeterReading    self …/UsagePoint/1/MeterReading/01      related …/ReadingType/07, …/IntervalBlock
    ReadingType     self …/ReadingType/07
    IntervalBlock   self …/MeterReading/01/IntervalBlock/3   up …/MeterReading/01/IntervalBlock

Links are compared without host and without what stands before `resource/`. Some utilities write one `id` into all
entries, so that it names nothing. A feed with one MeterReading, or one ReadingType, needs no link to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from events.errors import PayloadError
from events.feeds.xml_texts import name_of, text_at

_HOST = re.compile(r"^(?:https?://[^/]*)?/?(?:.*?\bresource/)?")
_COLLECTION = re.compile(r"/IntervalBlock(?:/[^/]*)?$")


@dataclass(frozen=True)
class Entry:
    """One entry: its element, what is in it, and its links by relation."""

    element: Element
    content: list[Element]
    links: dict[str, list[str]] = field(default_factory=dict)

    def link(self, relation: str) -> str:
        """The first link of a relation, "" where there is none."""
        return next(iter(self.links.get(relation, [])), "")


@dataclass(frozen=True)
class Feed:
    """A feed's entries by kind of resource, in order, and those that are led to by the links that lead there."""

    root: Element
    by_kind: dict[str, list[Entry]]
    by_link: dict[tuple[str, str], Entry]

    def of(self, kind: str) -> list[Entry]:
        """Entries of one kind."""
        return self.by_kind.get(kind, [])

    def led(self, kind: str, links: Iterable[str]) -> Entry | None:
        """The entry of a kind that one of `links` leads to, or the only one of its kind."""
        found = next((self.by_link[kind, link] for link in links if (kind, link) in self.by_link), None)
        every = self.of(kind)
        return found or (every[0] if len(every) == 1 else None)


@dataclass(frozen=True)
class Heads:
    """What a block stands under; None where the feed does not tell it."""

    usage_point: Entry | None
    meter_reading: Entry | None
    reading_type: Entry | None

    @property
    def told(self) -> list[Entry]:
        """Those that are there."""
        return [one for one in (self.usage_point, self.meter_reading, self.reading_type) if one]


def feed_of(root: Element) -> Feed:
    """The feed, or a single entry as one; PayloadError when it is neither."""
    if name_of(root) not in ("feed", "entry"):
        raise PayloadError(f"XML <{name_of(root)}>: no Atom feed of Green Button")
    by_kind: dict[str, list[Entry]] = {}
    by_link: dict[tuple[str, str], Entry] = {}
    for element in [root] if name_of(root) == "entry" else [e for e in root if name_of(e) == "entry"]:
        content = [child for part in element if name_of(part) == "content" for child in part]
        kind, entry = name_of(content[0]) if content else "", Entry(element, content, _links(element))
        by_kind.setdefault(kind, []).append(entry)
        blocks = [_COLLECTION.sub("", x) for x in entry.links.get("related", []) if _COLLECTION.search(x)]
        for link in [entry.link("self"), *(blocks if kind == "MeterReading" else [])]:
            if link:
                by_link.setdefault((kind, link), entry)
    return Feed(root, by_kind, by_link)


def heads_of(feed: Feed, block: Entry) -> Heads:
    """What a block stands under."""
    above = [_COLLECTION.sub("", link) for link in (block.link("up"), block.link("self")) if link]
    reading = feed.led("MeterReading", above)
    kind = feed.led("ReadingType", reading.links.get("related", []) if reading else [])
    paths = [reading.link("self") if reading else "", *above]
    return Heads(feed.led("UsagePoint", [path.split("/MeterReading")[0] for path in paths if path]), reading, kind)


def usage_point(heads: Heads, block: Entry) -> tuple[str, str]:
    """The usage point's link without its host, and the kind of its service (ESPI's number); "" where it is not told."""
    point = heads.usage_point
    reading = heads.meter_reading.link("self") if heads.meter_reading else ""
    path = (point.link("self") if point else "") or reading or block.link("up") or block.link("self")
    return path.split("/MeterReading")[0], text_at(point.content[0], "ServiceCategory", "kind") if point else ""


def _links(element: Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for relation, href in _hrefs(element):
        found.setdefault(relation, []).append(_HOST.sub("", href, count=1).strip("/"))
    return found


def _hrefs(element: Element) -> Iterator[tuple[str, str]]:
    for child in element:
        if name_of(child) == "link":
            yield child.get("rel", ""), child.get("href", "").strip()
