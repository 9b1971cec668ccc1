"""Client credentials: a token is fetched, sent, fetched anew in time and after a 401, and never told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from events.connectors.token import LIFE_S, Authorized, Credentials
from events.connectors.transport import HttpTransport, Limits
from events.errors import FetchError, UsageError
from tests.commands.test_commands import Twin, city, twin
from tests.connectors.conftest import Reply, Server, status, whole
from tests.kafka.conftest import CLI

__all__ = ["city", "twin"]

ID, SECRET = "me-1234", "s3cret-client"
DOCUMENT = whole(b"{}")


def token(name: str, **told: object) -> Reply:
    """A token endpoint's answer, as TDX gives it."""
    return whole(json.dumps({"access_token": name, "token_type": "Bearer", "expires_in": 100, **told}).encode())


class Clock:
    """Seconds that are moved by hand."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def asking(server: Server, *grants: Reply, clock: Clock | None = None) -> Authorized:
    """Whoever asks for /a with tokens of /token, which grants so."""
    transport = HttpTransport(Limits(1, 1, 2))
    credentials = Credentials(server.at("/token", *grants), ID, SECRET)
    return Authorized(transport, transport, credentials, f"{server.address}/a", clock or Clock())


def sent(server: Server, path: str = "/a") -> list[str | None]:
    """Authorization of each request for a path."""
    return [headers.get("authorization") for headers in server.headers(path)]


def test_one_token_serves_until_a_tenth_of_its_life_is_left(server: Server) -> None:
    clock = Clock()
    asker, url = asking(server, token("one"), token("two"), clock=clock), server.at("/a", DOCUMENT)
    for seconds in (0, 89, 1, 1):
        clock.now_s += seconds
        assert asker.get(url, {}).status == 200
    assert sent(server) == ["Bearer one", "Bearer one", "Bearer two", "Bearer two"]
    assert [parse_qs(form) for form in server.posted] == 2 * [
        {"grant_type": ["client_credentials"], "client_id": [ID], "client_secret": [SECRET]}
    ]


def test_a_token_that_is_not_known_any_more_is_fetched_anew_once(server: Server) -> None:
    asker, url = asking(server, token("one"), token("two")), server.at("/a", status(401), DOCUMENT)
    assert asker.get(url, {"If-None-Match": "x"}).status == 200
    assert sent(server) == ["Bearer one", "Bearer two"]
    assert [headers["if-none-match"] for headers in server.headers("/a")] == ["x", "x"]


def test_who_is_not_let_in_with_a_new_token_either_is_told_so(server: Server) -> None:
    asker = asking(server, token("one"), token("two"))
    assert asker.get(server.at("/a", status(401)), {}).status == 401
    assert len(server.posted) == 2


def test_the_life_of_a_token_need_not_be_told_and_may_be_a_text(server: Server) -> None:
    clock = Clock()
    plain = whole(b'{"access_token": "plain"}')
    asker, url = (
        asking(server, token("text", expires_in="200"), plain, token("next"), clock=clock),
        server.at("/a", DOCUMENT),
    )
    for seconds in (0, 179, 2, LIFE_S * 0.9 - 1, 2):
        clock.now_s += seconds
        asker.get(url, {})
    assert sent(server) == ["Bearer text", "Bearer text", "Bearer plain", "Bearer plain", "Bearer next"]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (whole(f'{{"error":"invalid_client","id":"{SECRET}"}}'.encode(), code=401), "refused"),
        (status(400), "refused"),
        (status(429), "busy"),
        (status(500), "server"),
        (status(302, Location="/elsewhere"), "refused"),
        (whole(b"<html></html>"), "incomplete"),
        (whole(f'{{"access_token": 7, "x": "{SECRET}"}}'.encode()), "incomplete"),
        (whole(b""), "incomplete"),
        (token("a", token_type="mac"), "refused"),
        (token("a\r\nX-Evil: 1"), "refused"),
    ],
)
def test_no_token_is_a_failure_of_a_kind_that_tells_nothing_secret(server: Server, reply: Reply, kind: str) -> None:
    server.at("/elsewhere", token("stolen"))
    asker = asking(server, reply)
    with pytest.raises(FetchError) as caught:
        asker.get(server.at("/a", DOCUMENT), {})
    assert caught.value.kind == kind
    assert SECRET not in str(caught.value) and ID not in str(caught.value)
    assert (server.headers("/a"), len(server.posted)) == ([], 1), "the secret is sent once, and no document asked for"


def test_another_origin_sees_no_token(server: Server) -> None:
    asker, port = asking(server, token("one")), server.address.rpartition(":")[2]
    server.at("/a", DOCUMENT)
    server.at("/away", status(302, Location=f"http://localhost:{port}/a"))
    asker.get(f"http://localhost:{port}/a", {})
    asker.get(f"{server.address}/away", {})
    assert (sent(server), sent(server, "/away")) == ([None, None], ["Bearer one"])


@pytest.mark.parametrize("url", ["http://tokens.example/t", "ftp://127.0.0.1/t", "https://me:pw@tokens.example/t"])
def test_a_secret_is_sent_over_https_or_loopback_only(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Credentials(url, ID, SECRET)
    assert "pw" not in str(caught.value).replace("https", "")
    assert SECRET not in repr(Credentials("https://tokens.example/t", ID, SECRET))


def test_a_feed_with_a_token_lands_and_neither_secret_nor_token_is_told(server: Server, twin: Twin, city: Path) -> None:
    twin("init")
    granted = "tok3n-of-the-feed"
    server.at("/token", token(granted))
    url = server.at("/a", status(401), status(500), whole(b'[{"sno":"1"}]'))
    words = ("feed", "youbike", url, "--city", str(city), "--once", "--every", "1s", "--json")
    ran = subprocess.run(
        [*CLI, *words, "--token-url", f"{server.address}/token", "--log-format", "json", "--log-level", "debug"],
        env=os.environ | {"TDX_CLIENT_ID": ID, "TDX_CLIENT_SECRET": SECRET},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert sent(server) == [f"Bearer {granted}"] * 3
    assert len(server.posted) == 2
    told = ran.stdout + ran.stderr + "".join(str(p.read_bytes()) for p in city.rglob("*") if p.is_file())
    assert not [secret for secret in (SECRET, granted, ID) if secret in told]


def test_a_feed_without_the_secret_in_the_environment_says_what_to_set(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TDX_CLIENT_SECRET", raising=False)
    monkeypatch.setenv("TDX_CLIENT_ID", ID)
    words = ("feed", "youbike", "http://127.0.0.1/a", "--city", "c", "--token-url", "http://127.0.0.1/t")
    code, _, err = twin(*words)
    assert (code, "TDX_CLIENT_SECRET" in err, ID in err) == (2, True, False)
