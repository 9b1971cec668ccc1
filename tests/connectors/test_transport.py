"""One exchange ends: with the whole document, or with a FetchError of one kind, in bounded time and memory."""

from __future__ import annotations

import gzip
import threading

import pytest

from events.connectors.address import leads_inward
from events.connectors.transport import HttpTransport, Limits
from events.errors import FetchError
from tests.connectors.conftest import (
    GZIP,
    Reply,
    Server,
    broken_chunks,
    chunked,
    drip,
    dripped_headers,
    half,
    silence,
    status,
    unlengthed,
    whole,
    zipped,
)

NOISE = bytes((at * at * 31) % 251 for at in range(9_000))
DOCUMENT = b'{"data": "' + b"x" * 5000 + b'"}'
SOON = Limits(connect_s=1, read_s=0.3, total_s=0.8, size_bytes=20_000)


@pytest.fixture
def transport() -> HttpTransport:
    return HttpTransport(SOON, ("X-Api-Key",))


@pytest.mark.parametrize(
    "reply",
    [
        whole(DOCUMENT),
        zipped(DOCUMENT),
        unlengthed(DOCUMENT),
        chunked(DOCUMENT),
        chunked(gzip.compress(DOCUMENT), GZIP),
    ],
    ids=["length", "gzip", "closed", "chunks", "gzip-chunks"],
)
def test_a_whole_document_comes_as_it_is(server: Server, transport: HttpTransport, reply: Reply) -> None:
    assert transport.get(server.at("/a", reply), {}).body == DOCUMENT


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (half(DOCUMENT), "incomplete"),
        (broken_chunks(DOCUMENT), "incomplete"),
        (whole(b"no gzip at all", GZIP), "incomplete"),
        (unlengthed(gzip.compress(NOISE)[:-9], GZIP), "incomplete"),
        (unlengthed(gzip.compress(NOISE)[:50], GZIP), "incomplete"),
        (whole(NOISE, {"Content-Encoding": "br"}), "incomplete"),
        (chunked(b"x" * 20_001), "too-large"),
        (drip(DOCUMENT), "timeout"),
        (dripped_headers(), "timeout"),
        (silence(1.5), "timeout"),
        (whole(b"x" * 20_001), "too-large"),
        (whole(gzip.compress(bytes(50_000_000)), GZIP), "too-large"),
        (status(302, Location="/a"), "redirect"),
        (status(302, Location="ftp://127.0.0.1/a"), "redirect"),
    ],
    ids=[
        "half",
        "chunks",
        "coding",
        "gzip-end",
        "gzip-half",
        "unasked-coding",
        "huge-chunks",
        "drip",
        "header-drip",
        "silence",
        "huge",
        "bomb",
        "loop",
        "no-web-address",
    ],
)
def test_anything_else_is_a_failure_of_a_kind_that_never_names_the_address(
    server: Server, transport: HttpTransport, reply: Reply, kind: str
) -> None:
    address = server.at("/a", reply)
    with pytest.raises(FetchError) as caught:
        transport.get(f"{address}?key=s3cret", {})
    assert caught.value.kind == kind
    assert "s3cret" not in str(caught.value) and server.address not in str(caught.value)


def test_no_server_is_a_failure_too(transport: HttpTransport, server: Server) -> None:
    with pytest.raises(FetchError) as caught:
        transport.get("http://127.0.0.1:9/a?key=s3cret", {})
    assert (caught.value.kind, "s3cret" in str(caught.value)) == ("connection", False)


def test_who_does_not_speak_tls_is_a_failure_too(transport: HttpTransport, server: Server) -> None:
    with pytest.raises(FetchError) as caught:
        transport.get(server.address.replace("http:", "https:") + "/a?key=s3cret", {})
    assert (caught.value.kind, "s3cret" in str(caught.value)) == ("tls", False)


def test_a_failure_leaves_the_next_exchange_whole(server: Server, transport: HttpTransport) -> None:
    address = server.at("/a", drip(DOCUMENT), whole(DOCUMENT))
    with pytest.raises(FetchError):
        transport.get(address, {})
    assert transport.get(address, {}).body == DOCUMENT


def test_an_exchange_is_cut_at_once_when_the_process_is_to_end(server: Server) -> None:
    patient = HttpTransport(Limits(read_s=60, total_s=60))
    threading.Timer(0.2, patient.cut).start()
    with pytest.raises(FetchError, match="cut off"):
        patient.get(server.at("/a", drip(DOCUMENT, 0.1)), {})


def test_a_redirect_is_followed_and_the_key_stays_with_its_own_server(server: Server, transport: HttpTransport) -> None:
    port = server.address.rpartition(":")[2]
    server.at("/there", whole(DOCUMENT))
    within = server.at("/within", status(301, Location="/there"))
    without = server.at("/without", status(301, Location=f"http://localhost:{port}/there"))
    for address in (within, without):
        assert transport.get(address, {"X-Api-Key": "s3cret"}).body == DOCUMENT
    assert [headers.get("x-api-key") for headers in server.headers("/there")] == ["s3cret", None]


@pytest.mark.parametrize(
    ("first", "then", "is_followed"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "1.1.1.1", True),
        ("1.1.1.1", "8.8.8.8", True),
        ("10.0.0.4", "127.0.0.1", True),
        ("1.1.1.1", "127.0.0.1", False),
        ("1.1.1.1", "10.0.0.4", False),
        ("2606:4700::1111", "::1", False),
        ("2606:4700::1111", "fe80::1%eth0", False),
        ("1.1.1.1", "::ffff:127.0.0.1", False),
        ("1.1.1.1", "169.254.169.254", False),
        ("1.1.1.1", "64:ff9b::10.0.0.1", False),
        ("1.1.1.1", "2002:7f00:1::1", False),
        ("1.1.1.1", "64:ff9b::8.8.8.8", True),
        ("::ffff:1.1.1.1", "10.0.0.1", False),
    ],
)
def test_the_internet_does_not_lead_into_a_network_of_ours(first: str, then: str, *, is_followed: bool) -> None:
    assert leads_inward(first, then) is not is_followed


def test_a_redirect_into_a_network_of_ours_is_not_asked_for(
    server: Server, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.connectors.transport.leads_inward", lambda first, then: len(server.asked) > 0)
    port = server.address.rpartition(":")[2]
    address = server.at("/a", status(302, Location=f"http://localhost:{port}/inner"))
    with pytest.raises(FetchError, match="network of ours") as caught:
        transport.get(address, {})
    assert (caught.value.kind, server.headers("/inner")) == ("redirect", [])


def test_what_a_document_of_the_internet_names_is_not_asked_for_within_a_network_of_ours(
    server: Server, transport: HttpTransport
) -> None:
    """Given a name that resolves to loopback, then who named it decides, whatever the name looks like."""
    port = server.address.rpartition(":")[2]
    server.at("/inner", whole(DOCUMENT))
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(FetchError, match="network of ours") as caught:
            transport.get(f"http://{host}:{port}/inner", {}, "1.1.1.1")
        assert (caught.value.kind, server.headers("/inner")) == ("redirect", [])
    answer = transport.get(f"http://localhost:{port}/inner", {}, "127.0.0.1")
    assert (answer.body, answer.peer) == (DOCUMENT, "127.0.0.1")


def test_a_form_follows_no_redirect(server: Server, transport: HttpTransport) -> None:
    server.at("/there", whole(DOCUMENT))
    answer = transport.post(server.at("/form", status(307, Location="/there")), {"secret": "s3cret"})
    assert (answer.status, server.posted, server.headers("/there")) == (307, ["secret=s3cret"], [])
