"""One mutant against the tests that should kill it, in a copy of the checkout: the checkout itself is never changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from tests.mutation.sample import Mutant
from tests.parts.data import CHECKOUT

SLOWER = 4
"""A mutant that takes so many times as long as the tests take without it never ends: it is killed."""


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    ENDLESS = "killed (never ended)"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"


@dataclass
class Bench:
    """A copy of the checkout in which one mutant at a time is tried."""

    root: Path
    _usual: dict[tuple[str, ...], float] = field(default_factory=dict)

    @classmethod
    def made(cls, root: Path) -> Bench:
        """Every file that git knows or would take, copied; and a link to the environment."""
        asked = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
        listed = subprocess.run(asked, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
        for name in filter(None, listed.split("\0")):
            if (CHECKOUT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(CHECKOUT / name, root / name)
        (root / ".venv").symlink_to(CHECKOUT / ".venv")
        return cls(root)

    def passes(self, tests: Sequence[str], limit_s: float) -> bool | None:
        """Whether the tests pass; None when they had not ended after `limit_s`."""
        assert self._warm.stdin is not None and self._warm.stdout is not None
        self._warm.stdin.write(json.dumps({"tests": list(tests), "limit_s": limit_s}) + "\n")
        self._warm.stdin.flush()
        code = int(self._warm.stdout.readline())
        return None if code == -1 else code == 0

    @cached_property
    def _warm(self) -> subprocess.Popen[str]:
        """The process that forks the runs; it ends with its input."""
        data = os.environ.get("TWIN_SHARED_DATA", str(CHECKOUT.parent / "shared" / "data"))
        settings = os.environ | {"PYTHONPATH": str(self.root), "TWIN_SHARED_DATA": data}
        command = [sys.executable, "-m", "tests.mutation.warm"]
        pipe = subprocess.PIPE
        running = subprocess.Popen(command, cwd=self.root, env=settings, stdin=pipe, stdout=pipe, text=True)
        assert running.stdout is not None and running.stdout.readline() == "ready\n"
        return running

    def fate(self, mutant: Mutant, tests: Sequence[str]) -> Fate:
        """What becomes of a mutant by its tests."""
        usual_s = self.usual_s(tests)
        file = self.root / mutant.module
        original = file.read_text("utf-8")
        try:
            self._write(file, mutant.source)
            passed = self.passes(tests, SLOWER * usual_s + 20)
        finally:
            self._write(file, original)
        return Fate.ENDLESS if passed is None else Fate.SURVIVED if passed else Fate.KILLED

    def usual_s(self, tests: Sequence[str]) -> float:
        """Seconds that the tests take on unchanged code, which they must pass; measured once."""
        if tuple(tests) not in self._usual:
            begun = time.monotonic()
            if not self.passes(tests, 600):
                raise SystemExit(f"make mutants: {' '.join(tests)} fail on unchanged code: mend that first")
            self._usual[tuple(tests)] = time.monotonic() - begun
        return self._usual[tuple(tests)]

    @staticmethod
    def _write(file: Path, source: str) -> None:
        """With its bytecode gone: it is found by the second and the size, which a mutant may share with another."""
        file.write_text(source, "utf-8")
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()
