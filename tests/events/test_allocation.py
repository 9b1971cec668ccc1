"""Threads that come and go leave no heaps behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from events.allocation import ARENAS

THREADS = """
import ctypes, sys, threading
from events.allocation import few_arenas
libc = ctypes.CDLL(None)
if sys.argv[1] == "few":
    few_arenas()
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(12)
def work():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for each in threads:
    each.start()
for each in threads:
    each.join()
libc.fopen.restype = ctypes.c_void_p
told = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
"""
"""A dozen threads at once take memory; then malloc tells of its heaps."""


@pytest.mark.parametrize("setting", ["few", "many"])
def test_a_dozen_threads_share_two_heaps(setting: str, tmp_path: Path) -> None:
    """And take more of their own accord."""
    told = tmp_path / "heaps.xml"
    subprocess.run([sys.executable, "-c", THREADS, setting, str(told)], check=True)

    heaps = told.read_text().count("<heap nr=")

    assert heaps <= ARENAS if setting == "few" else heaps > ARENAS
