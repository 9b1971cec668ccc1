"""A flood of refused input does not fill the disk: beyond an allowance refusals are counted, no longer kept.

Every refusal stays accounted for: how many, why, at which offsets, and the digest of what came. Kafka has the bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from events.quarantine import CLASH, GAP, Refusal

ALLOWED_BYTES = 32 * 1024 * 1024
"""Bytes of quarantine that one source may add to the log within an hour before payloads are no longer kept."""

HOUR_US = 3_600_000_000
KINDS = 32
"""Groups of alike reasons told apart within one poll; the others are summed up."""

KIND_CHARS = 100
OTHER = "other reasons"

_VARIABLE = re.compile(
    r"""'[^']*'|"[^"]*"|`[^`]*`|[{\[(].*[)\]}]|urn:\S+|[\w.:+-]*\d{3,}[\w.:+-]*|(?<!\w)[-+]?\d[\w.:+-]*"""
)


@dataclass
class Allowance:
    """Bytes of quarantine events by source within the running hour, as noted from the log."""

    used: dict[str, tuple[int, int]] = field(default_factory=dict)

    def note(self, source: str, recorded_at_us: int, size_bytes: int) -> None:
        """Take a quarantine event of the log into account."""
        hour, before = self.used.get(source, (0, 0))
        now = recorded_at_us // HOUR_US
        self.used[source] = (now, size_bytes + (before if hour == now else 0))

    def left_bytes(self, source: str, recorded_at_us: int, limit_bytes: int) -> int:
        """What `source` may still add within the hour of `recorded_at_us` (UTC microseconds)."""
        hour, used = self.used.get(source, (0, 0))
        return max(0, limit_bytes - (used if hour == recorded_at_us // HOUR_US else 0))


def within(refusals: Sequence[Refusal], left_bytes: int, *, grouped: bool) -> list[Refusal]:
    """`refusals` with as many payloads as the allowance has room for; the others are counted.

    Counted ones are `grouped` by format and kind of reason where offsets tell them apart, else stand one by one.
    """
    kept: list[Refusal] = []
    counted: list[Refusal] = []
    for refusal in refusals:
        size = len(refusal.payload) + len(refusal.reason)
        fits = refusal.format in (GAP, CLASH) or size <= left_bytes
        left_bytes -= size if fits else 0
        (kept if fits else counted).append(refusal)
    if not grouped:
        return kept + [replace(r, payload=b"", sha256=r.digest) for r in counted]
    return kept + _groups(counted)


def kind(reason: str) -> str:
    """A reason without what differs from one message to the next, to count by.

    >>> kind("aqi: pm2_5 'x7' at row 12 is no number")
    'aqi: pm2_5 … at row … is no number'
    """
    return _VARIABLE.sub("…", reason)[:KIND_CHARS]


def kinds(refusals: Iterable[Refusal]) -> Mapping[str, int]:
    """How many were refused by kind of reason."""
    counts: Counter[str] = Counter()
    for refusal in refusals:
        counts[kind(refusal.reason)] += refusal.count
    return counts


def _groups(refusals: Sequence[Refusal]) -> list[Refusal]:
    groups: dict[tuple[str, str], list[Refusal]] = {}
    for refusal in refusals:
        key = (refusal.format, kind(refusal.reason))
        if key not in groups and len(groups) >= KINDS:
            key = (refusal.format, OTHER)
        groups.setdefault(key, []).append(refusal)
    return [_group(reason, members) for (_, reason), members in groups.items()]


def _group(reason: str, members: Sequence[Refusal]) -> Refusal:
    """Members as one; its digest is of their SHA-256 digests (32 bytes each) one after the other."""
    if len(members) == 1:
        return replace(members[0], payload=b"", sha256=members[0].digest)
    digests = b"".join(bytes.fromhex(one.digest) for one in members)
    offsets = [one.offset for one in members] + [one.last_offset or one.offset for one in members]
    return Refusal(
        min(offsets),
        members[0].format,
        reason,
        b"",
        last_offset=max(offsets),
        count=sum(one.count for one in members),
        sha256=hashlib.sha256(digests).hexdigest(),
    )
