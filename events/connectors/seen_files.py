"""What was seen of each endpoint, on disk: a feed that is started anew does not hand on the same document again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

import msgspec

from events.connectors.judgement import Seen
from events.durable import put


class Recollection(Protocol):
    """Keeps what was seen of endpoints."""

    def recall(self, url: str) -> Seen:
        """What was kept; an empty Seen when nothing was."""

    def keep(self, url: str, seen: Seen) -> None:
        """Remember the document that was handed on last."""


class Forgetful:
    """Remembers nothing."""

    def recall(self, url: str) -> Seen:
        """Nothing."""
        return Seen()

    def keep(self, url: str, seen: Seen) -> None:
        """Nothing."""


class SeenFiles:
    """One small JSON file an endpoint, named by the digest of its address: an address may hold a key."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def recall(self, url: str) -> Seen:
        """What was kept; an empty Seen when nothing was, or the file is damaged."""
        try:
            return msgspec.json.decode(self._path(url).read_bytes(), type=Seen)
        except (OSError, msgspec.MsgspecError):
            return Seen()

    def keep(self, url: str, seen: Seen) -> None:
        """Write the file as a whole, or not at all."""
        put(self._path(url), msgspec.json.encode(seen))

    def _path(self, url: str) -> Path:
        return self._directory / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.json"
