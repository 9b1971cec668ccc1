"""A real Apache Kafka as a child process: one KRaft node on loopback, broker and controller in one.

    with Broker(directory) as broker:
        KafkaProducer(bootstrap_servers=broker.address)

`python deploy/kafka/broker.py --port 9092 --data-dir DIR` runs it in the foreground. Standard library only.
The data directory keeps `server.properties`, `broker.log` and the topics; started again on it, the topics are there.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import NoReturn

if __package__:
    from deploy.kafka.jars import BrokerError, jars, java
    from deploy.kafka.probe import answers
    from deploy.kafka.properties import Member, properties
    from deploy.kafka.secured import Secured
else:  # run as a script, before any environment exists
    from jars import BrokerError, jars, java  # type: ignore[import-not-found,no-redef]
    from probe import answers  # type: ignore[import-not-found,no-redef]
    from properties import Member, properties  # type: ignore[import-not-found,no-redef]
    from secured import Secured  # type: ignore[import-not-found,no-redef]

HOST = "127.0.0.1"
HEAP = "-Xms256m -Xmx512m"  # Kafka's own variable KAFKA_HEAP_OPTS overrides it
LOGGING = Path(__file__).with_name("log4j2.properties")


class Broker:
    """One broker over one data directory. Port 0 takes a free one, and keeps it over restarts."""

    def __init__(
        self, data_dir: Path, port: int = 0, *, member: Member | None = None, secured: Secured | None = None
    ) -> None:
        """Nothing starts yet; `data_dir` is created by `start`. Without `member` it is a cluster of its own."""
        self.data_dir = data_dir.resolve()
        self.port = port or free_port()
        self._member = member
        self._secured = secured
        self._java: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """`host:port`, as clients' `bootstrap_servers` take it."""
        return f"{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        """What the broker printed, all starts after one another."""
        return self.data_dir / "broker.log"

    @property
    def pid(self) -> int | None:
        """The process id of the running broker, None when it does not run."""
        return None if self._java is None or self._java.poll() is not None else self._java.pid

    def start(self, timeout_s: float = 60) -> None:
        """Format the storage if it is new, start, and return once the broker answers. Raises `BrokerError`."""
        self.launch()
        self.wait(timeout_s)

    def launch(self) -> None:
        """Start without waiting for an answer."""
        if self.pid is not None:
            return
        if answers(HOST, self.port) or not port_is_free(self.port):
            raise BrokerError(f"port {self.port} on {HOST} is taken: stop what listens there, or choose another --port")
        self._configure()
        self._java = self._spawn("kafka.Kafka", str(self._properties))
        self._watch = follow_this_process(self._java.pid)

    def wait(self, timeout_s: float = 60) -> None:
        """Return once the broker answers; one that does not is killed. Raises `BrokerError`."""
        try:
            self._wait_until_it_answers(timeout_s)
        except BaseException:
            self.kill()
            raise

    def stop(self, timeout_s: float = 30) -> None:
        """Stop in good order: the broker closes its files. Killed when it takes longer than `timeout_s`."""
        if self._java is not None and self.pid is not None:
            self._java.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):  # killed below
                self._java.wait(timeout_s)
        self.kill()

    def kill(self) -> None:
        """As a power cut would: SIGKILL."""
        for process in (self._watch, self._java):
            if process is not None:
                process.kill()
                process.wait()
                if process.stdin is not None:
                    process.stdin.close()
        self._java = self._watch = None

    def restart(self) -> None:
        """Stop in good order and start on the same port and data."""
        self.stop()
        self.start()

    def __enter__(self) -> Broker:
        """Started."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stopped."""
        self.stop()

    @property
    def _properties(self) -> Path:
        return self.data_dir / "server.properties"

    def _configure(self) -> None:
        topics = self.data_dir / "topics"
        topics.mkdir(parents=True, exist_ok=True)
        member = self._member or Member(1, (self._controller_port(),), cluster_id())
        text = properties(HOST, self.port, member, topics, self._secured)
        self._properties.write_text(text, encoding="utf-8")
        if not (topics / "meta.properties").exists():
            self._format(member.cluster_id)

    def _controller_port(self) -> int:
        """The voters are part of the stored quorum: a data directory keeps the controller port of its first start."""
        if self._properties.exists():
            kept = re.search(r"^controller\.quorum\.voters=1@[^:]+:(\d+)", self._properties.read_text("utf-8"), re.M)
            if kept:
                return int(kept[1])
        return free_port()

    def _format(self, cluster: str) -> None:
        named = f"--cluster-id={cluster}"  # one word with `=`: an id may begin with a dash
        users = self._secured.format_words() if self._secured else []
        formatter = self._spawn("kafka.tools.StorageTool", "format", named, "-c", str(self._properties), *users)
        if formatter.wait() != 0:
            raise BrokerError(f"{self.data_dir}: the storage cannot be formatted\n{self._last_words()}")

    def _spawn(self, main: str, *words: str) -> subprocess.Popen[bytes]:
        """A JVM in a session of its own, so that the terminal's Ctrl-C reaches only us and we stop it in order."""
        heap = os.environ.get("KAFKA_HEAP_OPTS", HEAP).split()
        command = [java(), *heap, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", f"{jars()}/*", main, *words]
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.data_dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _wait_until_it_answers(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not answers(HOST, self.port):
            if self.pid is None:
                raise BrokerError(f"the broker ended while starting; {self.log_file} ends with\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise BrokerError(f"no answer on {self.address} in {timeout_s:g} s; see {self.log_file}")
            time.sleep(0.1)

    def _last_words(self) -> str:
        return "\n".join(self.log_file.read_text("utf-8", "replace").splitlines()[-15:])


def cluster_id() -> str:
    """A new cluster's id: 22 letters."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def free_port() -> int:
    """A TCP port that nothing listens on now."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different ports, all free."""
    with contextlib.ExitStack() as held:
        servers = [held.enter_context(socket.create_server((HOST, 0))) for _ in range(count)]
        return [int(server.getsockname()[1]) for server in servers]


def port_is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    try:
        with socket.create_server((HOST, port)):
            return True
    except OSError:
        return False


def follow_this_process(pid: int) -> subprocess.Popen[bytes]:
    """Ends `pid` when this process is gone, however it went: the pipe closes, and `read` returns. Kill it first."""
    script = f"read gone; kill {pid}"
    return subprocess.Popen(["/bin/sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True)


def main() -> int:
    """The command line: exit 0 when stopped by a signal, 1 when the broker cannot run."""
    words = argparse.ArgumentParser(description="Run a real Apache Kafka on loopback until interrupted.")
    words.add_argument("--port", type=int, default=9092, help="port of the broker; 0 takes a free one")
    words.add_argument("--data-dir", type=Path, default=Path(".cache/kafka/data"), help="kept between runs")
    words.add_argument("--jars-only", action="store_true", help="fetch the jars and exit")
    given = words.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _fetch_jars() if given.jars_only else _run(Broker(given.data_dir, given.port))
    except BrokerError as error:
        print(f"kafka: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _fetch_jars() -> int:
    print(f"kafka: {len(list(jars().glob('*.jar')))} jars in {jars()}")
    return 0


def _run(broker: Broker) -> int:
    print("kafka: starting …", flush=True)
    with broker:
        print(f"kafka: answers on {broker.address} (data and log in {broker.data_dir}; Ctrl-C stops it)", flush=True)
        while broker.pid is not None:
            time.sleep(0.5)
    print(f"kafka: the broker ended by itself; see {broker.log_file}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
