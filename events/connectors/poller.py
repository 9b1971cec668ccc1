"""The loop over a feed's endpoints: ask what is due, hand on what is new, wait longer after a failure.

What was seen of an endpoint moves on only after its document was handed on: whatever fails before is fetched again.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from events.clock import now
from events.connectors import discovery
from events.connectors.address import origin, public, with_query
from events.connectors.judgement import Fresh, Seen, conditions, judged
from events.connectors.parked import Parking
from events.connectors.patience import backoff_s, retry_after_s
from events.connectors.seen_files import Forgetful, Recollection
from events.connectors.transport import Answer, Transport
from events.errors import FetchError, LogError, RecordRefusedError, SourceError
from events.feeds.decoded import Format

ATTEMPTS = 3
"""Failures of an endpoint after which a single round gives up."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Key:
    """An API key: fields of the header, and of the query, that go with every request to the feed's own origin."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Clocks:
    """Where time and chance come from: seconds that only grow, the wall clock, a number from 0 to 1."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = now
    chance: Callable[[], float] = random.random


@dataclass(frozen=True)
class Document:
    """What is handed on: a whole document, its format, and its address without secrets."""

    form: Format
    source: str
    body: bytes


@dataclass(frozen=True)
class Asked:
    """What became of one request: `outcome` is new, same, listed (a gbfs.json), parked (the broker refuses the
    document), or a FetchError's kind, or delivery."""

    source: str
    outcome: str
    reason: str = ""
    size_bytes: int = 0
    messages: int = 0
    wait_s: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether nothing was learned."""
        return self.outcome not in ("new", "same", "listed")


@dataclass(frozen=True)
class Progress:
    """How far one endpoint is: what was seen, failures in a row, when it is due (monotonic seconds), its ttl."""

    seen: Seen = field(default_factory=Seen)
    failures: int = 0
    due_s: float = 0.0
    ttl_s: float = 0.0
    answered: bool = False


Deliver = Callable[[Document], int]
"""Hands a document on; the number of messages. Raises SourceError or LogError when it cannot."""


class Poller:
    """The endpoints of one feed: the address given, and those that a gbfs.json there names."""

    def __init__(
        self,
        url: str,
        form: Format,
        every_s: float,
        *,
        transport: Transport,
        deliver: Deliver,
        key: Key | None = None,
        clocks: Clocks | None = None,
        report: Callable[[Asked], None] = lambda asked: None,
        recollection: Recollection | None = None,
        parking: Parking | None = None,
    ) -> None:
        self._url, self._form, self._every_s = url, form, every_s
        self._transport, self._deliver, self._report = transport, deliver, report
        self._key, self._clocks = key or Key(), clocks or Clocks()
        self._recollection, self._parking = recollection or Forgetful(), parking or Parking(None)
        self._progress = {url: self._started(url)}
        self._named_at: dict[str, str] = {}

    def turn(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Ask every endpoint that is due; one that a gbfs.json names comes in the same turn."""
        asked: set[str] = set()
        while not stopped() and (due := [url for url in self._due() if url not in asked]):
            asked.add(due[0])
            self._ask(due[0])

    def wait_s(self) -> float:
        """Seconds until the next endpoint is due."""
        return max(0.0, min(p.due_s for p in self._progress.values()) - self._clocks.monotonic())

    def settled(self) -> bool:
        """Whether every endpoint was answered once, or failed too often for a single round."""
        return all(p.answered or p.failures >= ATTEMPTS for p in self._progress.values())

    def failing(self) -> list[str]:
        """Endpoints, without secrets, whose last request failed."""
        return [public(url) for url, p in list(self._progress.items()) if p.failures]

    def _due(self) -> list[str]:
        moment = self._clocks.monotonic()
        return [url for url, progress in self._progress.items() if progress.due_s <= moment]

    def _ask(self, url: str) -> None:
        before, answer = self._progress[url], None
        try:
            answer = self._get(url, before.seen)
            found = judged(self._form, before.seen, answer)
            asked = self._hand_on(url, found, answer.peer) if isinstance(found, Fresh) else Asked(public(url), "same")
            ttl_s = discovery.ttl_s(answer.body) if self._form.name == "gbfs" and answer.body else before.ttl_s
            wait_s = max(self._every_s, ttl_s)
            after = Progress(found.seen, ttl_s=ttl_s, answered=True)
            if asked.outcome == "new":  # a list of documents is read anew at each start
                self._recollection.keep(url, found.seen)
        except (SourceError, LogError) as error:
            kind = error.kind if isinstance(error, FetchError) else "delivery"
            wait_s = self._pause_s(before.failures + 1, kind, answer)
            after = replace(before, failures=before.failures + 1)
            asked = Asked(public(url), kind, str(error))
        self._progress[url] = replace(after, due_s=self._clocks.monotonic() + wait_s)
        self._tell(replace(asked, wait_s=wait_s))

    def _started(self, url: str) -> Progress:
        return Progress(self._recollection.recall(url))

    def _get(self, url: str, seen: Seen) -> Answer:
        ours = origin(url) == origin(self._url)
        address = url
        for name, value in self._key.query.items() if ours else ():
            address = with_query(address, name, value)
        headers = {**conditions(seen), **(self._key.headers if ours else {})}
        return self._transport.get(address, headers, self._named_at.get(url, ""))

    def _hand_on(self, url: str, fresh: Fresh, peer: str) -> Asked:
        size = len(fresh.body)
        listed = discovery.feeds(fresh.body, url) if self._form.name == "gbfs" else None
        if listed is None:
            try:
                messages = self._deliver(Document(self._form, public(url), fresh.body))
            except RecordRefusedError as error:  # this document will never be taken; the next one may be
                where = self._parking.park(self._form, fresh.body, str(error))
                return Asked(public(url), "parked", f"{error}; {where}", size)
            return Asked(public(url), "new", size_bytes=size, messages=messages)
        if not listed:
            raise FetchError("incomplete", f"a gbfs.json that names none of {', '.join(discovery.WANTED)}")
        wanted = dict.fromkeys([self._url, *listed])
        self._named_at = {one: peer for one in wanted if one != self._url}
        self._progress = {one: self._progress.get(one) or self._started(one) for one in wanted}
        return Asked(public(url), "listed", size_bytes=size)

    def _pause_s(self, failures: int, kind: str, answer: Answer | None) -> float:
        """Back-off; at least what Retry-After asks for; a whole interval where asking again soon cannot help."""
        own = backoff_s(failures, self._every_s, self._clocks.chance())
        said = answer.headers if answer else {}
        asked = retry_after_s(said.get("retry-after", ""), self._clocks.now(), said.get("date", ""))
        return max(own, asked, self._every_s if kind == "refused" else 0.0)

    def _tell(self, asked: Asked) -> None:
        told = {"source": asked.source, "outcome": asked.outcome, "wait_s": round(asked.wait_s, 1)}
        if asked.failed:
            logger.warning("%s: %s; asking again in %.0f s", asked.source, asked.reason, asked.wait_s, extra=told)
        else:
            sizes = {"bytes": asked.size_bytes, "messages": asked.messages}
            logger.info("%s: %s", asked.source, asked.outcome, extra=told | sizes)
        self._report(asked)


def follow(poller: Poller, wait: Callable[[float], bool], *, once: bool) -> None:
    """Ask until `wait` (it sleeps some seconds) says that it is time to stop; `once`: until the poller is settled."""
    while not wait(0.0):
        poller.turn(lambda: wait(0.0))
        if once and poller.settled():
            return
        wait(poller.wait_s())
