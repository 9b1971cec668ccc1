"""The parsing process as a resource: started once, given jobs one after the other, replaced when it dies or hangs."""

from __future__ import annotations

import contextlib
import math
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from bim.job import Job, Reply
from bim.lifeline import Lifeline

_ROOT = Path(__file__).resolve().parent.parent
_LOOK_S = 0.25
"""How often a silent process is looked after."""

_KEPT_BYTES = 256 << 20
"""A process that grew beyond this is not kept while the loader reads its facts, which needs memory too."""

_JOBS_PER_PROCESS = 200
"""A process is renewed after these: parsers are known to keep memory of earlier files."""


class WorkerDiedError(Exception):
    """The process ended in the middle of a job; `returncode` as subprocess has it."""

    def __init__(self, returncode: int) -> None:
        super().__init__(f"the parsing process died with {returncode}")
        self.returncode = returncode


class WorkerSilentError(Exception):
    """The process said and drew nothing within its time; it was killed."""


class Worker:
    """One parsing process. Use as a context manager; it starts with the first job."""

    def __init__(self, *, jobs: int = _JOBS_PER_PROCESS) -> None:
        """`jobs`: how many a process does before it is ended or renewed."""
        self._most_jobs = jobs
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: Lifeline | None = None
        self._jobs = 0
        self._peak_bytes = 0
        self._pending = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def run(self, job: Job, *, deadline: float, silence_s: float) -> Iterator[Reply]:
        """The replies to a job, up to its last. `deadline` on time.monotonic; `silence_s` without a shape drawn is a
        hang, but before the first reply, when a large file is parsed, only the deadline counts.

        Raises WorkerDiedError or WorkerSilentError; the next job gets a new process.
        """
        process = self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(msgspec.json.encode(job) + b"\n")
            process.stdin.flush()
        except BrokenPipeError as error:
            raise WorkerDiedError(self._ended()) from error
        patience_s = math.inf
        while True:
            reply = self._next(Path(job.folder), deadline, patience_s)
            patience_s = silence_s
            self._peak_bytes = max(self._peak_bytes, reply.peak_bytes)
            yield reply
            if reply.stage in ("done", "failed"):
                return

    @property
    def fresh(self) -> bool:
        """Whether the last job was its process's first: then nothing before it can have harmed it."""
        return self._jobs <= 1

    def rest(self) -> None:
        """Between two jobs: a process that has done its share, or that a large file made large, is ended; the next job
        starts another."""
        if self._peak_bytes > _KEPT_BYTES or self._jobs >= self._most_jobs:
            self.stop()

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._ended()

    def _started(self) -> subprocess.Popen[bytes]:
        self._jobs += 1
        if self._process is not None and self._jobs > self._most_jobs:
            self.stop()
        if self._process is None:
            self._jobs, self._pending, self._peak_bytes = 1, b"", 0
            self._lifeline = Lifeline.made()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bim.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**self._lifeline.environment(), "PYTHONPATH": str(_ROOT)},
                pass_fds=(self._lifeline.child_end,),
            )
            self._lifeline.started()
        return self._process

    def _ended(self) -> int:
        process, self._process = self._process, None
        assert process is not None and process.stdin is not None and process.stdout is not None
        returncode = process.wait()
        if self._lifeline is not None:
            self._lifeline.cut()
            self._lifeline = None
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        return returncode

    def _next(self, folder: Path, deadline: float, silence_s: float) -> Reply:
        assert self._process is not None and self._process.stdout is not None
        out = self._process.stdout.fileno()
        size, heard = _size(folder), time.monotonic()
        while b"\n" not in self._pending:
            if select.select([out], [], [], min(_LOOK_S, max(0.0, deadline - time.monotonic())))[0]:
                said = os.read(out, 65_536)
                if not said:
                    raise WorkerDiedError(self._ended())
                self._pending += said
                continue
            now = time.monotonic()
            if _size(folder) != size:
                size, heard = _size(folder), now
            if now >= deadline or now - heard > silence_s:
                self.stop()
                raise WorkerSilentError
        line, _, self._pending = self._pending.partition(b"\n")
        return msgspec.json.decode(line, type=Reply)


def _size(folder: Path) -> int:
    """Bytes drawn so far; a mark of a product tried one by one counts as progress too."""
    return sum(each.stat().st_size + each.stat().st_mtime_ns for each in folder.glob("*.bin"))
