"""Whether a running process is well, as `/healthz` and `/readyz` tell it: written by its loop, read by any thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from events.errors import ConflictError, LogError, TwinError
from events.ids import SourceId
from events.ingest import Landed
from events.monitoring.alarms import Alarm, summary
from events.monitoring.stalls import NOTHING_WAITS, Waiting
from events.source import Poll

SILENT_S = 60.0
"""A loop that did not go round for so long hangs."""


@dataclass(frozen=True)
class Health:
    """One moment: the loop's last turn (monotonic seconds), what is away, how far behind it is, what landed last.

    `unread`: partitions that cannot be read, and why; `alarms`: those of the city's log that nobody has acknowledged.
    """

    turned_s: float | None = None
    log_fault: str = ""
    broker_fault: str = ""
    waiting: Waiting = NOTHING_WAITS
    unread: Mapping[SourceId, str] = field(default_factory=dict)
    alarms: Sequence[Alarm] = ()
    landed_s: float | None = None
    position: int = 0
    stopping: bool = False

    def faults(self, now_s: float) -> list[str]:
        """Why the process does not work; empty: it does."""
        found = [fault for fault in (self.log_fault, self.broker_fault) if fault]
        if self.turned_s is None:
            found.append("starting: what the log holds is being read")
        elif now_s - self.turned_s > SILENT_S:
            found.append(f"the loop did not go round for {now_s - self.turned_s:.0f} s")
        return found

    def troubles(self, now_s: float) -> list[str]:
        """What a person has to see to although the process works; empty: nothing."""
        unread = [f"{source}: {why}" for source, why in sorted(self.unread.items())]
        return [*unread, *self.waiting.stalled(now_s), *summary(self.alarms)]

    def report(self, now_s: float) -> dict[str, Any]:
        """The state as one JSON document."""
        faults, troubles = self.faults(now_s), self.troubles(now_s)
        return {
            "status": "failing" if faults else "degraded" if troubles else "ok",
            "reasons": faults + troubles,
            "alarms": len(self.alarms),
            "log": "unreachable" if self.log_fault else "reachable",
            "broker": "unreachable" if self.broker_fault else "reachable",
            "lag": sum(self.waiting.lags.values()),
            "lags": dict(sorted(self.waiting.lags.items())),
            "position": self.position,
            "last_landed_s_ago": None if self.landed_s is None else round(now_s - self.landed_s, 1),
            "stopping": self.stopping,
        }


class Heartbeat:
    """The present Health, kept by the loop that it watches (a Watch)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._health = clock, Health()

    def healthz(self) -> tuple[bool, dict[str, Any]]:
        """Whether the process works and nothing waits for a person, and how it is."""
        told = self._health.report(self._clock())
        return told["status"] == "ok", told

    def readyz(self) -> tuple[bool, dict[str, Any]]:
        """Whether it has begun to work, and is not about to end."""
        health = self._health
        ready = health.turned_s is not None and not health.stopping
        return ready, {"ready": ready, "stopping": health.stopping}

    def landed(self, poll: Poll, landed: Landed, seconds: float) -> None:
        """The log took a poll."""
        now_s, waiting = self._clock(), self._health.waiting
        self._set(landed_s=now_s, position=landed.position, log_fault="", waiting=waiting.landed(poll.source, now_s))

    def turned(self, waiting: int) -> None:
        """The loop went round."""
        self._set(turned_s=self._clock())

    def looked(self, lags: Mapping[SourceId, int]) -> None:
        """Broker and log answered: how much is left."""
        waiting = self._health.waiting.looked(lags, self._clock())
        self._set(waiting=waiting, broker_fault="", log_fault="")

    def unread(self, sources: Mapping[SourceId, str]) -> None:
        """These partitions cannot be read, and no others."""
        self._set(unread=sources)

    def alarmed(self, alarms: Sequence[Alarm]) -> None:
        """These alarms are open, and no others."""
        self._set(alarms=alarms)

    def away(self, error: TwinError) -> None:
        """Something did not answer; a conflict with another ingester is no fault."""
        if not isinstance(error, ConflictError):
            fault = "log_fault" if isinstance(error, LogError) else "broker_fault"
            waiting = Waiting({}, self._health.waiting.lags)  # nobody can tell meanwhile what stands still
            self._set(turned_s=self._clock(), waiting=waiting, **{fault: str(error)})

    def stopping(self) -> None:
        """The process is about to end."""
        self._set(stopping=True)

    @property
    def alarms(self) -> Sequence[Alarm]:
        """Alarms that nobody has acknowledged, as of the last look."""
        return self._health.alarms

    @property
    def is_stopping(self) -> bool:
        """Whether it is."""
        return self._health.stopping

    def _set(self, **changes: Any) -> None:
        self._health = replace(self._health, **changes)  # without a lock: a signal's handler comes here too
