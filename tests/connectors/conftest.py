"""A web server on loopback that follows a script: answers, stalls, half documents, garbage."""

from __future__ import annotations

import gzip
import http.server
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

GZIP = {"Content-Encoding": "gzip"}
Reply = Callable[[http.server.BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """A running server: what each path answers in turn (the last answer repeats), and what was asked of it."""

    address: str = ""
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)

    def at(self, path: str, *replies: Reply) -> str:
        """Let `path` answer so; its address."""
        self.replies[path] = list(replies)
        return f"{self.address}{path}"

    def headers(self, path: str) -> list[dict[str, str]]:
        """Headers of each request for `path`."""
        return [headers for asked, headers in self.asked if asked.split("?")[0] == path]

    def _take(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self.asked.append((handler.path, {name.lower(): value for name, value in handler.headers.items()}))
        left = self.replies.get(handler.path.split("?")[0], [status(404)])
        (left.pop(0) if len(left) > 1 else left[0])(handler)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers 404 until it is told otherwise."""
    running = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                running._take(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def do_POST(self) -> None:
            running.posted.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Web(http.server.ThreadingHTTPServer):
        daemon_threads, block_on_close = True, False

        def handle_error(self, *_: Any) -> None:
            """Whoever was served has gone: that is what is tested."""

    with Web(("127.0.0.1", 0), Handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        running.address = f"http://127.0.0.1:{web.server_address[1]}"
        yield running
        web.shutdown()


def whole(body: bytes, headers: Mapping[str, str] | None = None, code: int = 200) -> Reply:
    """The whole body, with its length."""

    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        _head(to, code, {"Content-Length": str(len(body)), **(headers or {})})
        to.wfile.write(body)

    return reply


def status(code: int, **headers: str) -> Reply:
    """A status with an empty body."""
    return whole(b"", headers, code)


def zipped(body: bytes) -> Reply:
    """The body under the content coding gzip."""
    return whole(gzip.compress(body), GZIP)


def half(body: bytes) -> Reply:
    """The length of all of it, and half of it."""

    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        _head(to, 200, {"Content-Length": str(len(body))})
        to.wfile.write(body[: len(body) // 2])
        to.close_connection = True

    return reply


def unlengthed(body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
    """The body without a length, ended by closing: nothing in HTTP tells whether it is whole."""

    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        _head(to, 200, {"Connection": "close", **(headers or {})})
        to.wfile.write(body)
        to.close_connection = True

    return reply


def chunked(body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
    """The body in chunks of seven bytes, as a server sends what it is still making."""

    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        _head(to, 200, {"Transfer-Encoding": "chunked", **(headers or {})})
        for at in range(0, len(body), 7):
            part = body[at : at + 7]
            to.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        to.wfile.write(b"0\r\n\r\n")

    return reply


def broken_chunks(body: bytes) -> Reply:
    """Chunks without the last one."""

    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        _head(to, 200, {"Transfer-Encoding": "chunked"})
        to.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        to.close_connection = True

    return reply


def drip(body: bytes, pause_s: float = 0.05) -> Reply:
    """One byte at a time."""

    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        _head(to, 200, {"Content-Length": str(len(body))})
        for at in range(len(body)):
            to.wfile.write(body[at : at + 1])
            to.wfile.flush()
            time.sleep(pause_s)

    return reply


def dripped_headers(pause_s: float = 0.05) -> Reply:
    """Headers without end, one byte at a time."""

    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        to.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            to.wfile.write(b"a")
            to.wfile.flush()
            time.sleep(pause_s)

    return reply


def silence(seconds: float) -> Reply:
    """Nothing at all for a while."""

    def reply(to: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        to.close_connection = True

    return reply


def _head(to: http.server.BaseHTTPRequestHandler, code: int, headers: dict[str, str]) -> None:
    to.send_response_only(code)  # no Date but the one a test gives
    for name, value in headers.items():
        to.send_header(name.replace("_", "-"), value)
    to.end_headers()
