"""Run one of our modules as a child process that has a budget, ends with its parent, and may die alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bim.errors import BudgetError
from bim.lifeline import Lifeline

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Done:
    """How the child ended, and the last line it wrote to standard error (`silently`: none)."""

    returncode: int
    last_words: str


def run(module: str, words: Sequence[Path | str], name: str, budget_s: float) -> Done:
    """Run `python -m module words…`. Raises BudgetError, which calls the work after the file `name`."""
    line = Lifeline.made()
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=budget_s,
            check=False,
            env={**line.environment(), "PYTHONPATH": str(_ROOT)},
            pass_fds=(line.child_end,),
        )
    except subprocess.TimeoutExpired as error:
        raise BudgetError(f"{name}: not done within {budget_s:g} s; give it more with --budget") from error
    finally:
        line.started()
        line.cut()
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return Done(done.returncode, said[-1] if said else "silently")
