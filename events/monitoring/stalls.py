"""Partitions that have records waiting of which none lands: a poll that never comes back, a leader that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from events.ids import SourceId

STALLED_S = 300.0
"""Longer than a partition waits for its turn while others are caught up with."""


@dataclass(frozen=True)
class Waiting:
    """Partitions that have records waiting: how many, and since when (monotonic seconds) none of them came nearer."""

    since_s: Mapping[SourceId, float]
    lags: Mapping[SourceId, int]

    def landed(self, source: SourceId, now_s: float) -> Waiting:
        """Something of `source` landed."""
        return Waiting({**self.since_s, source: now_s} if source in self.since_s else self.since_s, self.lags)

    def looked(self, lags: Mapping[SourceId, int], now_s: float) -> Waiting:
        """The broker told how many wait: fewer than before is progress, too."""
        moved = {s for s, lag in lags.items() if lag < self.lags.get(s, lag)}
        since = {s: now_s if s in moved else self.since_s.get(s, now_s) for s, lag in lags.items() if lag}
        return Waiting(since, lags)

    def stalled(self, now_s: float) -> list[str]:
        """What stands still, in words."""
        return [
            f"{source}: {self.lags[source]} records wait, and none landed for {now_s - since:.0f} s"
            for source, since in sorted(self.since_s.items())
            if now_s - since > STALLED_S
        ]


NOTHING_WAITS = Waiting({}, {})
"""Before the first look, and after something was away."""
