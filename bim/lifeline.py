"""A child process that ends with its parent, however the parent ends, even in the middle of a kernel's C++.

The parent holds the writing end of a pipe that it never writes to. When it dies the pipe closes, and the system itself
sends the child SIGIO, which ends it: no Python needs to run there (kernels hold the interpreter for minutes), and
unlike PR_SET_PDEATHSIG it is the death of the process that counts, not of the thread that started the child.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
from dataclasses import dataclass
from typing import Self

VARIABLE = "BIM_LIFELINE"
"""Environment variable that tells a child the number of its end of the pipe."""


@dataclass(frozen=True)
class Lifeline:
    """The two ends in the parent: give `child_end` to the child (`pass_fds`), then `start`."""

    child_end: int
    parent_end: int

    @classmethod
    def made(cls) -> Self:
        """A new pipe."""
        return cls(*os.pipe())

    def environment(self) -> dict[str, str]:
        """The child's environment."""
        return {**os.environ, VARIABLE: str(self.child_end)}

    def started(self) -> None:
        """Let go of the child's end, once the child has it."""
        os.close(self.child_end)

    def cut(self) -> None:
        """Let go of the parent's end: a child that still lives ends."""
        os.close(self.parent_end)


def hold() -> None:
    """End this process when its parent does; without a lifeline in the environment it does nothing."""
    number = os.environ.pop(VARIABLE, None)
    if number is None:
        return
    end = int(number)
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(end, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([end], [], [], 0)[0]:  # it died before we listened
        raise SystemExit(1)
