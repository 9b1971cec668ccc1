"""`/metrics`, `/healthz` and `/readyz` over HTTP, on loopback unless another address is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import msgspec

from events.errors import SourceError, UsageError

LOOPBACK = "127.0.0.1"
JSON = "application/json"

Reply = tuple[int, str, bytes]
"""Status, content type, body."""

Page = Callable[[], Reply]


def address(text: str) -> tuple[str, int]:
    """`HOST:PORT`, `:PORT` or `PORT`; without a host it is loopback.

    >>> address("9464"), address("127.0.0.1:9464")
    (('127.0.0.1', 9464), ('127.0.0.1', 9464))
    """
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"{text!r} is no HOST:PORT; write for example {LOOPBACK}:9464")
    return host.strip("[]") or LOOPBACK, int(port)


def health_page(check: Callable[[], tuple[bool, Mapping[str, Any]]]) -> Page:
    """A page that answers 200 while `check` says that all is well, else 503 with the reasons."""

    def page() -> Reply:
        well, told = check()
        return (200 if well else 503), JSON, msgspec.json.encode(told) + b"\n"

    return page


class Monitor:
    """A running server of some pages; use it in a `with` statement."""

    def __init__(self, at: tuple[str, int], pages: Mapping[str, Page]) -> None:
        """SourceError when the address cannot be taken."""
        try:
            self._server = ThreadingHTTPServer(at, _handler(pages))
        except OSError as error:
            raise SourceError(
                f"{at[0]}:{at[1]}: cannot be listened on ({error.strerror}); give another port"
            ) from error
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="monitor", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(pages: Mapping[str, Page]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            page = pages.get(self.path.split("?", 1)[0])
            code, kind, body = page() if page else (404, "text/plain", b"there is " + " ".join(pages).encode() + b"\n")
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Requests of a monitor are no news."""

    return Handler
