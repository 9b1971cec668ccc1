"""What a payload of 60 million objects costs each format, run as a process of its own.

One line of JSON: format -> MiB beside the payload and its one copy for quarantine, CPU seconds, refusals.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from events import poison
from events.feeds.decoded import Payload
from events.feeds.registry import FORMATS
from tests.feeds.offering import ARRIVAL

MIB = 2**20


def main() -> None:
    """Measure every format."""
    payload = b"[" + b"{}," * 60_000_000 + b"{}]"
    costs: dict[str, tuple[float, float, int]] = {}
    for form in FORMATS.values():
        poison.decoded(form, [Payload(bytes(2 * MIB), ARRIVAL)])  # what is loaded once is not the payload's
    before = _resident("VmRSS")
    for name, form in FORMATS.items():
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
        start = time.process_time()
        found = poison.decoded(form, [Payload(payload, ARRIVAL)])
        spent_s, room_mib = time.process_time() - start, _resident("VmHWM") - before - len(payload) / MIB
        costs[name] = (room_mib, spent_s, found.refused.height)
        del found
    print(json.dumps(costs))


def _resident(name: str) -> float:
    """MiB of this process: what it has (VmRSS), or had at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
