"""Alerts of CAP 1.2 (OASIS) and of Taiwan's NCDR to states, in the words that alerts of GTFS-Realtime have.

    alert:<identifier>:event, :category, :urgency, :severity, :certainty      CAP's words; several joined by `;`
    alert:<identifier>:status, :message   Actual; Alert, Update, Cancel, Ack, Error
    alert:<identifier>:active         when it holds: `<from>/<to>`, RFC 3339, an open end is empty; several joined by ;
    alert:<identifier>:in_force       true or false, from the time on at which it became so
    alert:<identifier>:communication  when the message is in effect; :impact when the event is expected (onset)
    alert:<identifier>:informed       `town 63000020`, `county 10002`, `area …`; several joined by `;`
    alert:<identifier>:header         as of GTFS-Realtime: Chinese of Taiwan first, :header:<language> each of several;
                                      :description, :instruction, :url likewise
    alert:<identifier>:ended_by       `Cancel <identifier>` or `Update <identifier>`, with in_force false

Of the periods the onset counts, where one is told: what is expected tomorrow is not in force today. Nothing is dated
ahead: an alert that expires after its document arrived says so in `active`, and `in_force` when it is told again.
A status other than Actual, or a name such as 119介接測試, stands under `drill:` and is never in force. A Test ends no
alert. NCDR's list is whole: what it no longer lists is ended (`events.feeds.listing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import polars as pl

from events.errors import PayloadError
from events.feeds.alerts.cap_alert import ENDS, WARNS, Alert, point_of
from events.feeds.alerts.cap_documents import Document, alone, document_of, entries_of, part_of
from events.feeds.alerts.cap_listing import listing_of
from events.feeds.buses.alerts import LONGEST, preferred
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import value_of
from events.feeds.limits import check_refused
from events.feeds.local_time import utc_times
from events.feeds.messages import MESSAGE_BYTES
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted, refused_frame
from events.observations import STATES, TIME

State = tuple[str, datetime, str, int]
Period = tuple[datetime, datetime | None]
FORMAT = "cap"
ENTRIES_A_MESSAGE = 200


def decode(payloads: Sequence[Payload]) -> Decoded:
    """States of the alerts; an alert that cannot be taken is refused alone."""
    states, refused, listing = list[State](), list[Refused](), [pl.DataFrame(schema=STATES.decoded)]
    for record, payload in enumerate(payloads):
        try:
            found = document_of(text_of(payload.data))
            told, odd = _told(found, record, payload)
            check_refused(len(odd), odd[0].reason if odd else "")
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
            continue
        states += told
        refused += odd
        listing.append(listing_of(found, [point for point, *_ in told], payload, record))
    kinds = {"point_id": pl.String(), "time": TIME, "text": pl.String(), "record": pl.UInt32()}
    frame = pl.concat([pl.DataFrame(states, schema=kinds, orient="row").select(list(STATES.decoded)), *listing])
    return Decoded({"states": frame}, refused_frame(refused), frame.height + len(refused))


def split(document: bytes) -> Sequence[bytes]:
    """A list longer than a message as lists of ENTRIES_A_MESSAGE, from which nothing follows; else the document."""
    try:
        content = text_of(document)
        if len(content) <= MESSAGE_BYTES or content.lstrip()[:1] == b"<":
            return [document]
        entries, _ = entries_of(value_of(content))
    except PayloadError:
        return [document]
    groups = range(0, len(entries), ENTRIES_A_MESSAGE)
    return [part_of(entries[at : at + ENTRIES_A_MESSAGE]) for at in groups] or [document]


def _told(found: Document, record: int, payload: Payload) -> tuple[list[State], list[Refused]]:
    """States, and what is refused, of one payload."""
    instants = _instants(found)
    odd = [Refused(record, f"{FORMAT}: {why}", part) for why, part in found.odd]
    states: list[State] = []
    for alert in found.alerts:
        try:
            states += [(*row, record) for row in _states(alert, instants, payload.received_at)]
        except PayloadError as error:
            found.odd.append((str(error), alone(alert.sources)))
            odd.append(Refused(record, f"{FORMAT}: {error}", found.odd[-1][1]))
    return states, odd


def _instants(found: Document) -> dict[str, datetime]:
    """Every time of a document that can be read, by its text."""
    told = {text for a in found.alerts for p in (*a.holds, *a.effective) for text in p} | {a.sent for a in found.alerts}
    texts = pl.Series("text", sorted(told), dtype=pl.String)
    return {text: at for text, at in zip(texts, utc_times(texts), strict=True) if at is not None}


def _states(alert: Alert, instants: dict[str, datetime], arrived: datetime) -> Iterator[tuple[str, datetime, str]]:
    sent = _instant(alert, alert.sent, instants)
    holds, effective, impact = (_periods(alert, p, instants) for p in (alert.holds, alert.effective, alert.impact))
    told = {name.removesuffix("Type").removesuffix("Name"): ";".join(words) for name, words in alert.words.items()}
    told |= {
        "status": alert.status,
        "message": alert.message,
        "active": ";".join(map(_written, holds)) or "/",
        "communication": ";".join(map(_written, effective)) if impact else "",
        "impact": ";".join(map(_written, impact)),
    }
    for name, by_language in alert.texts.items():
        told |= _texts(name, {language: "\n".join(texts) for language, texts in by_language.items() if texts})
    yield from ((f"{alert.name}:{name}", sent, text[:LONGEST]) for name, text in told.items() if text)
    warns = alert.message in WARNS and not alert.is_drill
    for time, now in _in_force(holds, sent, max(sent, arrived)) if warns else [(sent, False)]:
        yield f"{alert.name}:in_force", time, "true" if now else "false"
    for reference in alert.references if alert.message in ENDS else ():
        ended = point_of(reference, is_drill=alert.is_drill)
        if reference != alert.identifier:
            yield f"{ended}:in_force", sent, "false"
            yield f"{ended}:ended_by", sent, f"{alert.message} {alert.identifier}"


def _in_force(holds: list[Period], sent: datetime, until: datetime) -> Iterator[tuple[datetime, bool]]:
    """Whether it holds when it was sent, and each change since, up to `until`."""
    edges = {edge for period in holds for edge in period if edge is not None and sent < edge <= until}
    before: bool | None = None
    for moment in (sent, *sorted(edges)):
        now = not holds or any(start <= moment and (end is None or moment < end) for start, end in holds)
        if now != before:
            yield moment, now
        before = now


def _periods(alert: Alert, told: list[tuple[str, str]], instants: dict[str, datetime]) -> list[Period]:
    found = [(_instant(alert, start, instants), _instant(alert, end, instants) if end else None) for start, end in told]
    return list(dict.fromkeys(found))


def _instant(alert: Alert, text: str, instants: dict[str, datetime]) -> datetime:
    if text not in instants:
        raise PayloadError(f"alert {alert.identifier}: {quoted(text)} is no time")
    return instants[text]


def _written(period: Period) -> str:
    return "/".join(f"{m.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if m else "" for m in period)


def _texts(name: str, by_language: dict[str, str]) -> dict[str, str]:
    """The text under `name`, and each language's where there are several."""
    if not by_language:
        return {}
    each = {f"{name}:{language}": text for language, text in by_language.items()}
    return {name: preferred(by_language)} | (each if len(by_language) > 1 else {})
