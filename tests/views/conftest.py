"""A small demo city, built once, and the app served on it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from views import demo, serve
from views.demo.size import SMALL

END = datetime(2026, 11, 20, 13, tzinfo=UTC)
"""The small city's last instant: nine in the evening in Taipei."""


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page under test runs as `__main__`; after it the tests' own is there again, which new processes begin with."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One building, twelve stations, four buses, two days. Read it; whoever writes copies it."""
    directory = tmp_path_factory.mktemp("demo") / "city"
    demo.build(directory, lambda step, share: None, end=END, size=SMALL)
    return directory


@pytest.fixture(scope="module")
def app(small_city: Path) -> Iterator[str]:
    """Address of the app, served on the small city."""
    with serving(small_city) as address:
        yield address


@contextmanager
def serving(city: Path) -> Iterator[str]:
    """Address of the app, served on a city as `twin ui` serves it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command, environment = serve.command(city, port)
    server = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            assert server.poll() is None, "the app's server ended by itself"
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")
