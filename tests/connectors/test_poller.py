"""What is handed on is every whole, new document once, in order; who is asked is asked politely."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.connectors.parked import Parking
from events.connectors.patience import backoff_s, retry_after_s
from events.connectors.poller import Asked, Clocks, Document, Key, Poller, follow
from events.connectors.seen_files import Forgetful, Recollection, SeenFiles
from events.connectors.transport import Answer, HttpTransport, Limits
from events.errors import BrokerUnavailableError, FetchError, RecordRefusedError
from events.feeds.registry import format_named
from tests.connectors.conftest import Server, half, status, unlengthed, whole

YOUBIKE = format_named("youbike")
START = datetime(2026, 8, 1, tzinfo=UTC)


@dataclass
class Bench:
    """A poller on a clock that is moved by hand, and all that it handed on and reported."""

    url: str
    name: str = "youbike"
    every_s: float = 60.0
    key: Key = field(default_factory=Key)
    now_s: float = 0.0
    broken_sinks: int = 0
    recollection: Recollection = field(default_factory=Forgetful)
    parking: Parking = field(default_factory=lambda: Parking(None))
    limit_bytes: int = 1_000_000
    taken: list[Document] = field(default_factory=list)
    told: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        clocks = Clocks(lambda: self.now_s, lambda: START + timedelta(seconds=self.now_s), lambda: 1.0)
        self.poller = Poller(
            self.url,
            format_named(self.name),
            self.every_s,
            transport=HttpTransport(Limits(1, 1, 2, 5_000_000), tuple(self.key.headers)),
            deliver=self._deliver,
            key=self.key,
            clocks=clocks,
            report=self.told.append,
            recollection=self.recollection,
            parking=self.parking,
        )

    def turn(self) -> list[str]:
        """One turn at the moment when something is due: what became of it."""
        self.now_s += self.poller.wait_s()
        before = len(self.told)
        self.poller.turn()
        return [asked.outcome for asked in self.told[before:]]

    def _deliver(self, document: Document) -> int:
        if self.broken_sinks:
            self.broken_sinks -= 1
            raise BrokerUnavailableError("127.0.0.1:1: no Kafka broker answers")
        if len(document.body) > self.limit_bytes:
            raise RecordRefusedError(f"topic t: a message of {len(document.body)} bytes", self.limit_bytes)
        self.taken.append(document)
        return 1


def stations(count: int) -> bytes:
    return json.dumps([{"sno": "1", "mday": "2026-01-01 00:00:00", "tot": count}]).encode()


def test_a_document_that_the_broker_refuses_is_parked_and_the_next_ones_go_on(server: Server, tmp_path: Path) -> None:
    small, large = stations(1), stations(10**60)
    url = server.at("/a", whole(large), whole(large), whole(small), whole(large))
    bench = Bench(url, limit_bytes=len(small), parking=Parking(tmp_path), recollection=SeenFiles(tmp_path / "seen"))
    assert [bench.turn() for _ in range(4)] == [["parked"], ["same"], ["new"], ["parked"]]
    assert [document.body for document in bench.taken] == [small]
    assert bench.poller.failing() == []
    (parked,) = (one for one in tmp_path.iterdir() if one.is_file() and not one.suffix)
    assert parked.read_bytes() == large
    assert f"a message of {len(large)} bytes" in parked.with_suffix(".txt").read_text("utf-8")
    again = Bench(url, parking=Parking(tmp_path), recollection=SeenFiles(tmp_path / "seen"))
    assert again.turn() == ["new"], "once the limit is raised, a feed started anew sends it"


def test_a_document_is_handed_on_once_however_often_it_is_served(server: Server) -> None:
    one, other = stations(1), stations(2)
    bench = Bench(server.at("/a", whole(one), whole(one), unlengthed(one), whole(other), whole(one)))
    assert [bench.turn() for _ in range(5)] == [["new"], ["same"], ["same"], ["new"], ["new"]]
    assert [document.body for document in bench.taken] == [one, other, one]
    assert bench.now_s == 4 * 60


def test_a_server_that_knows_versions_is_asked_for_newer_ones_only(server: Server) -> None:
    dated = {"ETag": '"v1"', "Last-Modified": "Sat, 01 Aug 2026 00:00:00 GMT"}
    bench = Bench(server.at("/a", whole(stations(1), dated), status(304)))
    assert [bench.turn(), bench.turn()] == [["new"], ["same"]]
    first, second = server.headers("/a")
    assert "if-none-match" not in first
    assert (second["if-none-match"], second["if-modified-since"]) == ('"v1"', dated["Last-Modified"])


def test_what_could_not_be_handed_on_is_fetched_again_whole(server: Server) -> None:
    bench = Bench(server.at("/a", whole(stations(1), {"ETag": '"v1"'})), broken_sinks=2)
    assert [bench.turn() for _ in range(3)] == [["delivery"], ["delivery"], ["new"]]
    assert all("if-none-match" not in headers for headers in server.headers("/a"))
    assert len(bench.taken) == 1


@pytest.mark.parametrize(
    "bad",
    [half(stations(1)), unlengthed(stations(1)[:20]), whole(b"<html>busy</html>"), whole(b""), status(500)],
    ids=["half", "cut", "page", "empty", "500"],
)
def test_what_is_not_whole_is_never_handed_on_and_asked_for_again_soon(server: Server, bad: object) -> None:
    bench = Bench(server.at("/a", bad, bad, whole(stations(1))))  # type: ignore[arg-type]
    failures = bench.turn() + bench.turn()
    assert not bench.taken
    assert bench.turn() == ["new"]
    assert len(failures) == 2
    assert set(failures) <= {"incomplete", "server"}
    assert bench.now_s == 1 + 2, "the pause doubles"


def test_patience_is_doubled_bounded_and_forgotten_after_a_success(server: Server) -> None:
    bench = Bench(server.at("/a", *[status(500)] * 12, whole(stations(1)), status(500), whole(stations(2))))
    for _ in range(13):
        bench.turn()
    waits = [asked.wait_s for asked in bench.told]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 60]
    bench.turn()
    assert bench.told[-1].wait_s == 1


@pytest.mark.parametrize("said", ["120", "Sat, 01 Aug 2026 00:02:00 GMT"])
@pytest.mark.parametrize("code", [429, 503])
def test_a_server_that_asks_for_patience_gets_it(server: Server, said: str, code: int) -> None:
    bench = Bench(server.at("/a", status(code, Retry_After=said), whole(stations(1))))
    assert bench.turn() == ["busy"]
    assert bench.poller.wait_s() == 120
    assert bench.turn() == ["new"]


@pytest.mark.parametrize(("theirs", "wait_s"), [("01:00:00", 120), ("00:00:00", 3720), ("not a date", 3720)])
def test_patience_until_a_date_is_meant_by_the_clock_of_the_server(server: Server, theirs: str, wait_s: int) -> None:
    date = f"Sat, 01 Aug 2026 {theirs} GMT"  # by our own clock it is midnight
    bench = Bench(server.at("/a", status(503, Retry_After="Sat, 01 Aug 2026 01:02:00 GMT", Date=date)))
    bench.turn()
    assert bench.poller.wait_s() == wait_s


def test_a_server_that_dates_its_documents_without_naming_versions_is_asked_for_later_ones(server: Server) -> None:
    dated = {"Last-Modified": "Sat, 01 Aug 2036 00:00:00 GMT"}  # its clock is ten years ahead: that is its own affair
    bench = Bench(server.at("/a", whole(stations(1), dated), status(304), whole(stations(2))))
    assert [bench.turn() for _ in range(3)] == [["new"], ["same"], ["new"]]
    asked = [headers.get("if-modified-since") for headers in server.headers("/a")]
    assert asked == [None, dated["Last-Modified"], dated["Last-Modified"]]
    assert all("if-none-match" not in headers for headers in server.headers("/a"))


def test_who_has_no_document_yet_is_not_content_with_unchanged(server: Server) -> None:
    bench = Bench(server.at("/a", status(304), whole(stations(1)), status(304)))
    assert [bench.turn() for _ in range(3)] == [["incomplete"], ["new"], ["same"]]


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refusal_is_not_asked_again_before_the_interval_is_over(server: Server, code: int) -> None:
    bench = Bench(server.at("/a", status(code)))
    assert bench.turn() == ["refused"]
    assert bench.poller.wait_s() == 60
    assert str(code) in bench.told[0].reason


@given(st.text(max_size=40))
def test_any_retry_after_is_some_patience_up_to_a_day(text: str) -> None:
    assert 0 <= retry_after_s(text, START) <= 24 * 3600


@given(st.integers(1, 10_000), st.floats(1, 100_000), st.floats(0, 1))
def test_no_pause_is_longer_than_the_longest_or_shorter_than_half(failures: int, every_s: float, chance: float) -> None:
    assert 0.5 <= backoff_s(failures, every_s, chance) <= max(300, every_s)


class Script:
    """A transport that brings what a list says: bytes, a status, or a failure."""

    def __init__(self, lines: list[bytes | int | None]) -> None:
        self._lines = iter(lines)

    def get(self, url: str, headers: Mapping[str, str], named_at: str = "") -> Answer:
        line = next(self._lines)
        if line is None:
            raise FetchError("timeout", "the server fell silent")
        return Answer(200, line, {}) if isinstance(line, bytes) else Answer(line, b"", {})


WHOLE = st.sampled_from([stations(n) for n in range(3)])
ANYTHING = st.one_of(WHOLE, WHOLE.map(lambda body: body[:-1]), st.sampled_from([304, 429, 500, 404]), st.none())


@given(st.lists(ANYTHING, max_size=30), st.sets(st.integers(0, 30)))
def test_whatever_the_server_does_every_change_is_handed_on_once_in_order(
    lines: list[bytes | int | None], broken: set[int]
) -> None:
    taken: list[bytes] = []
    offered = itertools.count()

    def deliver(document: Document) -> int:
        if next(offered) in broken:
            raise BrokerUnavailableError("away")
        taken.append(document.body)
        return 1

    clock = itertools.count(step=10**6)
    poller = Poller(
        "http://127.0.0.1/a", YOUBIKE, 1, transport=Script(lines), deliver=deliver,
        clocks=Clocks(lambda: float(next(clock)), lambda: START, lambda: 1.0),
    )  # fmt: skip
    for _ in lines:
        poller.turn()
    expected: list[bytes] = []
    offers = 0
    for line in lines:
        if isinstance(line, bytes) and line.endswith(b"]") and line != (expected[-1] if expected else None):
            expected += [] if offers in broken else [line]
            offers += 1
    assert taken == expected


class Web:
    """A transport of documents by address, each on a server with an IP address; tells who named what was asked."""

    def __init__(self, documents: Mapping[str, tuple[bytes, str]]) -> None:
        self._documents = documents
        self.named: dict[str, str] = {}

    def get(self, url: str, headers: Mapping[str, str], named_at: str = "") -> Answer:
        self.named[url] = named_at
        body, peer = self._documents[url]
        return Answer(200, body, {}, peer)


@pytest.mark.parametrize("language", [True, False])
def test_every_address_that_a_discovery_document_names_is_judged_from_where_the_document_came(
    *, language: bool
) -> None:
    names = {"station_status": "http://10.0.0.1/status", "station_information": "http://intranet/information"}
    listed = {"feeds": [{"name": name, "url": url} for name, url in names.items()]}
    body = json.dumps({"data": {"en": listed} if language else listed}).encode()
    empty = b'{"data":{}}'
    web = Web({"https://h/gbfs.json": (body, "1.1.1.1"), **dict.fromkeys(names.values(), (empty, "10.0.0.1"))})
    poller = Poller("https://h/gbfs.json", format_named("gbfs"), 60, transport=web, deliver=lambda document: 1)
    poller.turn()
    assert web.named == {"https://h/gbfs.json": "", **dict.fromkeys(names.values(), "1.1.1.1")}


@pytest.mark.parametrize("version", ["v2.3", "v3.0"])
def test_a_gbfs_discovery_leads_to_its_documents(server: Server, shared_data: Path, version: str) -> None:
    fixtures = shared_data / "gbfs" / "fixtures" / "testFixtures" / version
    names = ("station_information", "station_status", "vehicle_status" if version == "v3.0" else "free_bike_status")
    feeds = [{"name": name, "url": f"{server.address}/{name}"} for name in (*names, "system_alerts")]
    at = {"feeds": feeds} if version == "v3.0" else {"fr": {"feeds": []}, "en": {"feeds": feeds}}
    url = server.at("/gbfs.json", whole(json.dumps({"ttl": 0, "data": at}).encode()))
    for name in names:
        server.at(f"/{name}", whole((fixtures / f"{name}.json").read_bytes()))
    bench = Bench(url, "gbfs")
    assert bench.turn() == ["listed", "new", "new", "new"]
    assert [document.source.rpartition("/")[2] for document in bench.taken] == list(names)
    assert server.headers("/system_alerts") == [], "nobody here reads them"


def test_a_gbfs_document_is_not_asked_for_before_its_ttl_is_over(server: Server) -> None:
    listed = {"ttl": 600, "data": {"feeds": [{"name": "station_status", "url": "station_status"}]}}
    status_body = {"ttl": 120, "version": "3.0", "data": {"stations": []}}
    url = server.at("/gbfs.json", whole(json.dumps(listed).encode()))
    server.at("/station_status", whole(json.dumps(status_body).encode()))
    bench = Bench(url, "gbfs")
    bench.turn()
    assert {asked.source.rpartition("/")[2]: asked.wait_s for asked in bench.told} == {
        "gbfs.json": 600,
        "station_status": 120,
    }
    for _ in range(5):
        bench.turn()
    assert (len(server.headers("/gbfs.json")), len(server.headers("/station_status"))) == (2, 6)


def test_a_feed_that_goes_from_the_list_is_no_longer_asked(server: Server) -> None:
    def listing(*names: str) -> bytes:
        return json.dumps({"data": {"feeds": [{"name": name, "url": f"/{name}"} for name in names]}}).encode()

    url = server.at("/gbfs.json", whole(listing("station_status", "vehicle_status")), whole(listing("station_status")))
    for name in ("station_status", "vehicle_status"):
        server.at(f"/{name}", whole(b'{"data":{}}'))
    bench = Bench(url, "gbfs")
    for _ in range(3):
        bench.turn()
    assert (len(server.headers("/station_status")), len(server.headers("/vehicle_status"))) == (3, 1)


def test_a_list_that_names_nothing_we_read_is_a_failure_that_says_so(server: Server) -> None:
    bench = Bench(server.at("/gbfs.json", whole(b'{"data":{"feeds":[]}}')), "gbfs")
    assert bench.turn() == ["incomplete"]
    assert "station_status" in bench.told[0].reason


def test_a_key_goes_to_its_own_server_only_and_is_never_told(server: Server) -> None:
    elsewhere = server.address.replace("127.0.0.1", "localhost")
    listed = {"data": {"feeds": [{"name": "station_status", "url": f"{elsewhere}/station_status?key=theirs"}]}}
    url = server.at("/gbfs.json", whole(json.dumps(listed).encode()))
    server.at("/station_status", whole(b'{"data":{}}'))
    bench = Bench(f"{url}?lang=en", "gbfs", key=Key({"X-Api-Key": "s3cret"}, {"api_key": "s3cret"}))
    bench.turn()
    assert server.asked[0][0] == "/gbfs.json?lang=en&api_key=s3cret"
    assert [headers.get("x-api-key") for _, headers in server.asked] == ["s3cret", None]
    assert "s3cret" not in f"{bench.told} {bench.taken} {bench.key}" and "theirs" not in f"{bench.told} {bench.taken}"


def test_captures_come_through_as_they_are(server: Server, shared_data: Path) -> None:
    capture = (shared_data / "youbike" / "youbike_immediate_2026_sample_01.json.gz").read_bytes()
    plain = gzip.decompress(capture)
    bench = Bench(server.at("/a", whole(capture), whole(plain, {"Content-Type": "application/json"})))
    assert bench.turn() + bench.turn() == ["new", "new"]
    assert [document.body for document in bench.taken] == [capture, plain]


def test_a_feed_that_starts_anew_asks_for_what_is_new_only(server: Server, tmp_path: Path) -> None:
    listed = whole(b'{"data":{"feeds":[{"name":"station_status","url":"/station_status"}]}}')
    url = server.at("/gbfs.json", listed)
    server.at("/station_status", whole(b'{"data":{}}', {"ETag": '"v1"'}), status(304), whole(b'{"data":{"a":1}}'))
    starts = [Bench(url, "gbfs", recollection=SeenFiles(tmp_path)) for _ in range(3)]
    assert [bench.turn() for bench in starts] == [["listed", "new"], ["listed", "same"], ["listed", "new"]]
    assert server.headers("/station_status")[1]["if-none-match"] == '"v1"'
    next(tmp_path.iterdir()).write_bytes(b"damaged")
    assert Bench(url, "gbfs", recollection=SeenFiles(tmp_path)).turn() == ["listed", "new"]


def test_what_could_not_be_handed_on_is_not_remembered(server: Server, tmp_path: Path) -> None:
    url = f"{server.at('/a', whole(stations(1)))}?key=s3cret"
    assert Bench(url, broken_sinks=1, recollection=SeenFiles(tmp_path)).turn() == ["delivery"]
    assert Bench(url, recollection=SeenFiles(tmp_path)).turn() == ["new"]
    assert [file.read_text() for file in tmp_path.iterdir() if "s3cret" not in file.name + file.read_text()]


def test_a_round_ends_when_everything_was_answered_or_failed_too_often(server: Server) -> None:
    bench = Bench(server.at("/a", status(500)))

    def wait(seconds: float) -> bool:
        bench.now_s += seconds
        return False

    follow(bench.poller, wait, once=True)
    assert [asked.outcome for asked in bench.told] == ["server"] * 3
    assert bench.poller.failing() == [f"{server.address}/a"]


def test_a_stop_ends_the_loop_before_the_next_request(server: Server) -> None:
    bench = Bench(server.at("/a", whole(stations(1))))
    follow(bench.poller, lambda seconds: True, once=False)
    assert bench.told == []
