"""A real MQTT broker, Debian's mosquitto, on a loopback port of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.kafka.broker import follow_this_process, free_port
from tests.parts.required import need

HOW = "apt-get install mosquitto"


@contextmanager
def running_mosquitto(directory: Path, *settings: str) -> Iterator[int]:
    """The port of a running broker with these further lines of configuration."""
    program = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    port = free_port()
    file = directory / f"mosquitto-{port}.conf"
    file.write_text("\n".join([f"listener {port} 127.0.0.1", "persistence false", *settings, ""]))
    command = [need(program, "the MQTT broker", HOW), "-c", str(file)]
    with (directory / f"mosquitto-{port}.log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log)
        watch = follow_this_process(running.pid)
        try:
            _wait_for(port, running)
            yield port
        finally:
            watch.kill()
            watch.communicate()
            running.terminate()
            running.wait(10)


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and running.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"mosquitto does not listen on {port}")


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """One running broker's port for the whole session: give topics names of your own."""
    with running_mosquitto(tmp_path_factory.mktemp("mosquitto"), "allow_anonymous true") as port:
        yield port
