"""Load many files side by side, each refusal beside the models: what a command line and a demo need."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bim.errors import BimError
from bim.load import load, refusal, summary
from bim.model import BuildingModel
from bim.process import Worker


@dataclass(frozen=True)
class Outcome:
    """One file's model, or the error that refuses it, and the wall seconds it took."""

    path: Path
    result: BuildingModel | BimError
    seconds: float

    @property
    def told(self) -> dict[str, Any]:
        """What `twin bim load --json` prints of it."""
        if isinstance(self.result, BimError):
            return refusal(self.path, self.result, self.seconds)
        return summary(self.result, self.seconds)


def load_each(paths: Sequence[Path], *, workers: int = 2, **stated: Any) -> Iterator[Outcome]:
    """The outcome of each file, in the order given; `stated` as for `bim.load.load` (archive_dir, budget_s …).

    Each of `workers` threads keeps one parsing process for all its files; a file from the archive starts none.
    """
    own = threading.local()
    with ExitStack() as processes, ThreadPoolExecutor(min(workers, max(1, len(paths)))) as pool:

        def outcome(path: Path) -> Outcome:
            if not hasattr(own, "worker"):
                own.worker = processes.enter_context(Worker())
            begun = time.monotonic()
            try:
                result: BuildingModel | BimError = load(path, worker=own.worker, **stated)
            except BimError as error:
                result = error
            return Outcome(path, result, time.monotonic() - begun)

        yield from pool.map(outcome, paths)
