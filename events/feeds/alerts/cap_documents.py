"""Alerts of the documents that tell them: CAP 1.2 XML, alone or several in a feed, and NCDR's list as JSON or Atom.

    <alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier/><sent/><status/><msgType/><references/>
       <info><language/><event/><effective/><onset/><expires/><headline/><area><areaDesc/><geocode/></area></info></alert>
    {"feed": {"updated", "entry": [{"id", "title", "updated", "status", "msgType", "effective", "expires", …}]}}

An entry has no `info`: its title, summary and category are the alert's header, description and event. Its id is not
its own: the same alert may stand in many entries, one an area, which are told together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import msgspec

from events.errors import PayloadError
from events.feeds.alerts.cap_alert import Alert, alert_of, area_of, references_of
from events.feeds.json_texts import value_of
from events.feeds.refusals import quoted
from events.feeds.xml_texts import below, children, first_text, name_of, root_of, texts

MOST_ALERTS = 10_000
WORDS = ("category", "responseType", "urgency", "severity", "certainty", "senderName")
TEXTS = {
    "event": "event",
    "headline": "header",
    "description": "description",
    "instruction": "instruction",
    "web": "url",
}
"""Elements of an `info` -> the name of a text; `header`, `description`, `url` as of GTFS-Realtime's alerts."""

LANGUAGE = "en-US"
"""Of an `info` that names none (CAP 1.2, 3.2.2)."""

ENTRY_LANGUAGE = "zh-TW"
PART = "part"
"""Member of a list that is a part of one: nothing follows from what it leaves out."""


@dataclass
class Document:
    """Alerts, why a part could not be taken and the part, and the time of a list that is whole ("" for any other)."""

    alerts: list[Alert] = field(default_factory=list)
    odd: list[tuple[str, bytes]] = field(default_factory=list)
    listed_at: str = ""


def document_of(content: bytes) -> Document:
    """The alerts in a document; PayloadError when it is of another kind."""
    return _xml(content) if content.lstrip()[:1] == b"<" else _json(value_of(content))


def entries_of(found: Any) -> tuple[list[Any], str]:
    """Entries of NCDR's list, and its time where it is whole; PayloadError for another document."""
    feed = found.get("feed", found) if isinstance(found, dict) else found
    if isinstance(feed, list):
        return feed, ""
    told = feed.get("entry") if isinstance(feed, dict) else None
    if told is None and not (isinstance(feed, dict) and "entry" in feed):
        have = ", ".join(list(feed)[:5]) if isinstance(feed, dict) else quoted(feed)
        raise PayloadError(f"JSON with {have or 'nothing'} where feed.entry is asked")
    entries = told if isinstance(told, list) else [] if told is None else [told]
    updated = feed.get("updated")
    return entries, updated if isinstance(updated, str) and not feed.get(PART) else ""


def part_of(entries: list[Any]) -> bytes:
    """Entries as a document that is no whole list."""
    return bytes(msgspec.json.encode({"feed": {PART: True, "entry": entries}}))


def alone(sources: list[Any]) -> bytes:
    """A document of these parts of one: an alert of CAP, entries of a feed, or entries of a list."""
    if not all(isinstance(source, ElementTree.Element) for source in sources):
        return part_of(sources)
    root = sources[0] if len(sources) == 1 else ElementTree.Element("feed")
    root.extend(sources if len(sources) > 1 else ())
    return bytes(ElementTree.tostring(root, encoding="utf-8"))


def _json(found: Any) -> Document:
    entries, listed_at = entries_of(found)
    if not entries and not listed_at:
        raise PayloadError("a list without entries and without a time")
    return _of_entries([(entry, entry) for entry in entries], listed_at)


def _xml(content: bytes) -> Document:
    root, read = root_of(content), Document()
    found = list(below(root, "alert"))
    if not found and name_of(root) == "feed":
        entries = [(_entry(e), e) for e in children(root, "entry")]
        return _of_entries(entries, first_text(root, "updated"))
    if not found and name_of(root) == "entry":
        return _of_entries([(_entry(root), root)], "")
    if not found:
        raise PayloadError(f"XML <{name_of(root)}> without an alert of CAP")
    if len(found) > MOST_ALERTS:
        raise PayloadError(f"{len(found)} alerts, where {MOST_ALERTS} are allowed; split the document")
    for element in found:
        try:
            read.alerts.append(_alert(element))
        except PayloadError as error:
            read.odd.append((str(error), alone([element])))
    return read


def _of_entries(entries: list[tuple[Any, Any]], listed_at: str) -> Document:
    """The entries' alerts: those of one id, status and kind of message together."""
    read, by_name = Document(listed_at=listed_at), dict[tuple[str, str, str], Alert]()
    if len(entries) > MOST_ALERTS:
        raise PayloadError(f"{len(entries)} entries, where {MOST_ALERTS} are allowed; split the document")
    for entry, source in entries:
        try:
            told = _entry_alert(entry)
        except PayloadError as error:
            read.odd.append((str(error), alone([source])))
            continue
        told.sources.append(source)
        first = by_name.setdefault((told.identifier, told.status, told.message), told)
        if first is not told:
            _join(first, told)
    read.alerts = list(by_name.values())
    return read


def _entry_alert(entry: Any) -> Alert:
    if not isinstance(entry, dict):
        raise PayloadError(f"an entry {quoted(entry)} that is no object")
    alert = alert_of(*(_text(entry.get(n)) for n in ("id", "updated", "status", "msgType")))
    title = _text(entry.get("title"))
    alert.references = references_of(_text(entry.get("references")))
    alert.tell("senderName", [_text(entry.get("author"))])
    event, summary = _text(entry.get("category")) or title, _text(entry.get("summary"))
    for name, text in (("event", event), ("header", title), ("description", summary)):
        alert.tell_text(name, ENTRY_LANGUAGE, text)
    period = (_text(entry.get("effective")) or alert.sent, _text(entry.get("expires")))
    alert.effective, alert.holds = [period], [period]
    return alert


def _join(alert: Alert, more: Alert) -> None:
    alert.sources += more.sources
    alert.effective += more.effective
    alert.holds += more.holds
    for name, told in more.words.items():
        alert.tell(name, told)
    for name, by_language in more.texts.items():
        for language, listed in by_language.items():
            for text in listed:
                alert.tell_text(name, language, text)


def _text(told: Any) -> str:
    """A member's text: itself, or what an element became in JSON (`#text`, `@term`, `name`, `@href`)."""
    if isinstance(told, Mapping):
        told = next((told[n] for n in ("#text", "@term", "name", "@href") if n in told), "")
    return told.strip() if isinstance(told, str) else ""


def _entry(element: ElementTree.Element) -> dict[str, Any]:
    told: dict[str, Any] = {name_of(e): (e.text or "").strip() for e in element}
    for author in children(element, "author"):
        told["author"] = first_text(author, "name")
    for category in children(element, "category"):
        told["category"] = category.get("term", "")
    return told


def _alert(element: ElementTree.Element) -> Alert:
    alert = alert_of(*(first_text(element, n) for n in ("identifier", "sent", "status", "msgType")))
    alert.sources.append(element)
    alert.references = references_of(" ".join(texts(element, "references")))
    alert.tell("sender", texts(element, "sender"))
    for info in children(element, "info"):
        language = first_text(info, "language") or LANGUAGE
        for name in WORDS:
            alert.tell(name, texts(info, name))
        for member, name in TEXTS.items():
            alert.tell_text(name, language, first_text(info, member))
        begins, expires = first_text(info, "effective") or alert.sent, first_text(info, "expires")
        onset = first_text(info, "onset")
        alert.effective.append((begins, expires))
        alert.holds.append((onset or begins, expires))
        alert.impact += [(onset, expires)] if onset else []
        for area in children(info, "area"):
            alert.tell("informed", _areas(area))
    return alert


def _areas(area: ElementTree.Element) -> Iterator[str]:
    """Its codes, else its description."""
    codes = [area_of(first_text(code, "valueName"), first_text(code, "value")) for code in children(area, "geocode")]
    yield from codes or (f"area {text}" for text in texts(area, "areaDesc"))
