"""Documents that the broker refused: kept for a person to look at and to send again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from events.durable import put
from events.feeds.decoded import Format

KEPT = 50
"""Documents kept; the oldest go first."""


@dataclass(frozen=True)
class Parking:
    """A folder for refused documents; None: they are told of by their digest, and not kept."""

    folder: Path | None

    def park(self, form: Format, body: bytes, reason: str) -> str:
        """Keep a document with the reason beside it; where it is, or its digest, in words."""
        digest = hashlib.sha256(body).hexdigest()
        if self.folder is None:
            return f"it was not kept (give --state DIR); sha256 {digest}"
        file = self.folder / f"{form.name}-{digest[:24]}"
        put(file, body)
        put(file.with_suffix(".txt"), f"{reason}\n".encode())
        for old in sorted(self.folder.glob("*.txt"), key=lambda one: one.stat().st_mtime)[:-KEPT]:
            old.with_suffix("").unlink(missing_ok=True)
            old.unlink()
        return f"it is parked as {file}"
