"""OAuth 2.0 client credentials (RFC 6749, section 4.4), as TDX asks for: a token is fetched, sent, renewed in time.

The secret goes to the token endpoint only, in the body of a request that follows no redirect, and the token to the
feed's own origin only. Neither is in any message, log line or file.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from events.connectors.address import checked, origin, public
from events.connectors.transport import Answer, Transport
from events.errors import FetchError, UsageError

MARGIN = 0.1
"""Share of a token's life that is left when it is fetched anew: a request may be on its way for a while."""

LIFE_S = 300.0
"""Of a token whose endpoint does not say (`expires_in` is only recommended)."""

UNAUTHORIZED = 401


@dataclass(frozen=True)
class Credentials:
    """Where tokens are to be had, and for whom."""

    token_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        """UsageError where the secret would go over the network in the clear."""
        parts = urlsplit(checked(self.token_url))
        if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
            raise UsageError(f"{public(self.token_url)}: a secret goes over https only; give https://…")


class Poster(Protocol):
    """Whoever can send a form to a server."""

    def post(self, url: str, fields: Mapping[str, str]) -> Answer:
        """The answer, whatever its status, following no redirect; FetchError when there is none."""


class Authorized:
    """A Transport that sends a token along with what is asked of the feed's own origin."""

    def __init__(
        self,
        transport: Transport,
        poster: Poster,
        credentials: Credentials,
        feed_url: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport, self._poster, self._credentials = transport, poster, credentials
        self._origin, self._clock = origin(feed_url), clock
        self._token, self._until_s = "", 0.0
        self._lock = threading.Lock()

    def get(self, url: str, headers: Mapping[str, str], named_at: str = "") -> Answer:
        """The answer; where the server does not know the token any more (401), that with a new one.

        FetchError when there is none, or no token: `refused` for a wrong id or secret.
        """
        if origin(url) != self._origin:
            return self._transport.get(url, headers, named_at)
        answer = self._transport.get(url, {**headers, **self._bearer()}, named_at)
        if answer.status != UNAUTHORIZED:
            return answer
        self._until_s = 0.0
        return self._transport.get(url, {**headers, **self._bearer()}, named_at)

    def _bearer(self) -> dict[str, str]:
        with self._lock:
            if self._clock() >= self._until_s:
                asked_s, granted = self._clock(), self._granted()
                self._token = granted.access_token
                self._until_s = asked_s + (1 - MARGIN) * granted.expires_in
        return {"Authorization": f"Bearer {self._token}"}

    def _granted(self) -> _Granted:
        told = self._credentials
        fields = {"grant_type": "client_credentials", "client_id": told.client_id, "client_secret": told.client_secret}
        answer = self._poster.post(told.token_url, fields)
        if answer.status != 200:
            raise FetchError(*_refusal(answer.status))
        try:
            granted = msgspec.json.decode(answer.body, type=_Granted, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # its message may quote the answer
            raise FetchError("incomplete", "the token endpoint's answer holds no access_token") from None
        if granted.token_type.lower() != "bearer" or not _TOKEN.issuperset(granted.access_token):
            raise FetchError("refused", "the token endpoint gives no Bearer token")
        return granted


class _Granted(msgspec.Struct):
    """What a token endpoint answers; life in seconds."""

    access_token: str
    expires_in: float = LIFE_S
    token_type: str = "Bearer"


_TOKEN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=")
"""Characters of a Bearer token (RFC 6750): anything else could break out of the header."""


def _refusal(status: int) -> tuple[str, str]:
    """Kind and reason for a token endpoint's status."""
    if status in (400, 401, 403):
        return "refused", f"the token endpoint answers {status}: the client id or secret is not accepted"
    kind = "busy" if status in (408, 429, 503) else "server" if status >= 500 else "refused"
    return kind, f"the token endpoint answers {status}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
