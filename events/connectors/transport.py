"""One HTTP exchange: the only door to urllib3, bounded in time and in bytes.

Every failure becomes a FetchError without the address: urllib3 writes whole addresses into its messages, and these may
hold a key.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import urllib3
from urllib3 import exceptions as vendor
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from events.connectors.address import leads_inward
from events.connectors.coding import plain
from events.errors import FetchError

CHUNK_BYTES = 64 * 1024
REDIRECTS = 5
NO_HEADERS: Mapping[str, str] = {}
AGENT = {"User-Agent": "taipei-twin", "Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Limits:
    """How long one exchange may take, in seconds, and how large its document may be once unpacked."""

    connect_s: float = 10.0
    read_s: float = 20.0
    total_s: float = 60.0
    size_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What a server said: status, body without its content coding, headers (names in lower case), its IP address."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    peer: str = ""


class Transport(Protocol):
    """Whoever can ask a server for a document."""

    def get(self, url: str, headers: Mapping[str, str], named_at: str = "") -> Answer:
        """The answer, whatever its status; FetchError when there is none, or it is not whole.

        `named_at`: the IP address of the server whose document names `url`; empty where a person gave it.
        """


class HttpTransport:
    """HTTP and HTTPS. `secrets` are names of headers that no other origin may see after a redirect."""

    def __init__(self, limits: Limits | None = None, secrets: tuple[str, ...] = ()) -> None:
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)  # it logs whole addresses
        self._limits = limits or Limits()
        self._wire = _Wire()
        self._pool = urllib3.PoolManager(
            num_pools=4,
            timeout=urllib3.Timeout(connect=self._limits.connect_s, read=self._limits.read_s),
            retries=urllib3.Retry(
                total=REDIRECTS,
                connect=0,
                read=0,
                status=0,
                other=0,
                respect_retry_after_header=False,
                remove_headers_on_redirect={*urllib3.Retry.DEFAULT_REMOVE_HEADERS_ON_REDIRECT, *secrets},
            ),
        )
        self._pool.pool_classes_by_scheme = _pool_classes(self._wire)

    def get(self, url: str, headers: Mapping[str, str], named_at: str = "") -> Answer:
        """The answer, whatever its status; FetchError when there is none, or it is not whole.

        What the internet names, by a redirect or in a document (`named_at`), is not asked for where its name resolves
        into a network of ours (loopback, private).
        """
        return self._within_limits("GET", url, headers=dict(headers), named_at=named_at)

    def post(self, url: str, fields: Mapping[str, str]) -> Answer:
        """The answer to a form, whatever its status; a redirect is not followed: its fields are for this address."""
        return self._within_limits("POST", url, fields=dict(fields), encode_multipart=False, redirect=False)

    def cut(self) -> None:
        """End the exchange that is under way, from another thread or a signal: it fails at once."""
        self._wire.cut()

    def _within_limits(
        self, method: str, url: str, headers: Mapping[str, str] = NO_HEADERS, named_at: str = "", **asked: Any
    ) -> Answer:
        watch = threading.Timer(self._limits.total_s, self._wire.cut)
        watch.daemon = True
        self._wire.whole(named_at)
        watch.start()
        try:
            with self._vendor_errors():
                return self._exchange(method, url, headers={**AGENT, **headers}, **asked)
        finally:
            watch.cancel()
            self._pool.clear()  # a connection that idles for a minute is no longer one

    def _exchange(self, method: str, url: str, **asked: Any) -> Answer:
        response = self._pool.request(method, url, preload_content=False, **asked)
        try:
            body = bytearray()
            raw = iter(lambda: response.read1(CHUNK_BYTES, decode_content=False), b"")
            for piece in plain(raw, response.headers.get("content-encoding", "")):
                body += piece
                if len(body) > self._limits.size_bytes:
                    raise FetchError("too-large", f"the document is larger than {self._limits.size_bytes} bytes")
        finally:
            response.close()
        if self._wire.is_cut:
            raise FetchError("timeout", self._late())
        told = {name.lower(): text for name, text in response.headers.items()}
        return Answer(response.status, bytes(body), told, self._wire.peer)

    def _late(self) -> str:
        return f"cut off: not complete within {self._limits.total_s:g} s, or stopped"

    @contextmanager
    def _vendor_errors(self) -> Iterator[None]:
        try:
            yield
        except (vendor.HTTPError, OSError, ValueError) as error:
            if self._wire.is_cut:
                raise FetchError("timeout", self._late()) from None
            raise _fetch_error(error) from None  # the cause names the address


class _Wire:
    """The sockets of one exchange, so that a deadline can cut them whatever the exchange is waiting for."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._way: list[str] = []
        self.is_cut = False

    @property
    def peer(self) -> str:
        """IP address of the server that was reached last, empty before the first."""
        return self._way[-1] if self._way else ""

    def whole(self, named_at: str = "") -> None:
        self._sockets, self.is_cut = [], False
        self._way = [named_at] if named_at else []

    def take(self, opened: socket.socket) -> None:
        self._sockets.append(opened)
        self._way.append(opened.getpeername()[0])
        if any(leads_inward(before, self.peer) for before in self._way):
            raise FetchError("redirect", "the internet leads here into a network of ours, which is not followed")
        if self.is_cut:
            self.cut()

    def cut(self) -> None:
        self.is_cut = True
        for one in self._sockets:
            with suppress(OSError):  # closed meanwhile
                socket.socket.shutdown(one, socket.SHUT_RDWR)


def _pool_classes(wire: _Wire) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            wire.take(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            wire.take(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _fetch_error(error: Exception) -> FetchError:
    cause = error.reason if isinstance(error, vendor.MaxRetryError) and error.reason else error
    match cause:
        case vendor.NameResolutionError():
            return FetchError("connection", "the server's name is not known")
        case vendor.NewConnectionError():
            return FetchError("connection", "no server answers there")
        case vendor.ConnectTimeoutError():
            return FetchError("timeout", "the server does not take the connection in time")
        case vendor.ReadTimeoutError():
            return FetchError("timeout", "the server fell silent")
        case vendor.SSLError():
            return FetchError("tls", "the server's certificate or TLS is not accepted")
        case vendor.DecodeError():
            return FetchError("incomplete", "the content coding (gzip) is damaged")
        case vendor.ResponseError():
            return FetchError("redirect", f"more than {REDIRECTS} redirects")
        case vendor.ProtocolError():
            return FetchError("incomplete", "the connection broke before the document was whole")
        case vendor.LocationValueError() | vendor.URLSchemeUnknown():
            return FetchError("redirect", "redirected to what is no web address")
        case _:
            return FetchError("connection", f"the exchange failed ({type(cause).__name__})")
