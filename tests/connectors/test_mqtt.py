"""MQTT on a real mosquitto: what comes is handed on before it is acknowledged; Sparkplug's births are remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from paho.mqtt import publish

from events.connectors.mqtt import listener as loop
from events.connectors.mqtt.address import address_of
from events.connectors.mqtt.documents import Documents
from events.connectors.mqtt.listener import Feed, Listener
from events.connectors.mqtt.wire import Message, Wire
from events.connectors.parked import Parking
from events.connectors.poller import Asked, Document
from events.errors import BrokerRefusedError, LogUnavailableError, RecordRefusedError, UsageError
from events.feeds.declared_types.declaration_files import registry_of
from events.feeds.registry import format_named
from events.feeds.sparkplug.schema import payload_of
from tests.commands.test_commands import Twin, city, twin
from tests.feeds.captured.sparkplug import PYSPARKPLUG
from tests.feeds.offering import ARRIVAL, offer
from tests.parts.mosquitto import mosquitto, running_mosquitto

__all__ = ["city", "mosquitto", "twin"]

PACK = b'[{"n":"urn:dev:ser:m1:t","u":"Cel","v":21.5,"t":1777000000}]'


class Heard:
    """A listener's surroundings: what it delivered and reported, and what to do once it listens."""

    def __init__(self, then: Callable[[], None], faults: list[Exception] | None = None) -> None:
        self.documents: list[bytes] = []
        self.asked: list[Asked] = []
        self.faults = faults or []
        self.wire: Wire | None = None
        self._then: Callable[[], None] | None = then

    def deliver(self, document: Document) -> int:
        if self.faults:
            raise self.faults.pop(0)
        self.documents.append(document.body)
        return 1

    def wait(self, seconds: float) -> bool:
        if self._then and self.wire and self.wire.is_listening:
            self._then()
            self._then = None
        return False


def hear(
    port: int, topics: str, heard: Heard, form: str = "senml", parked: Path | None = None, **more: bool
) -> Listener:
    address = address_of(f"mqtt://127.0.0.1:{port}/{topics}", form)
    heard.wire = Wire(address, f"test-{form}-{topics}"[:60].replace("/", "-"), {})
    listener = Listener(
        Feed(format_named(form), address.shown),
        heard.wire,
        Documents(format_named(form), with_topic=more.get("with_topic", False)),
        deliver=heard.deliver,
        parking=Parking(parked),
        report=heard.asked.append,
        asks_for_births=more.get("asks_for_births", False),
    )
    listener.follow(heard.wait, once=True)
    return listener


def send(port: int, *messages: tuple[str, bytes]) -> None:
    publish.multiple([(topic, body, 1, False) for topic, body in messages], "127.0.0.1", port)


@pytest.fixture(autouse=True)
def soon_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "QUIET_S", 0.7)
    monkeypatch.setattr(loop, "BATCH_S", 0.3)


def test_a_message_is_a_document_and_its_topic_comes_along_where_asked(mosquitto: int) -> None:
    heard = Heard(lambda: send(mosquitto, ("a/1", PACK), ("b/1", PACK), ("a/2", b"on")))
    hear(mosquitto, "a/#", heard, with_topic=True)
    told = [json.loads(document) for document in heard.documents]
    assert [(one["topic"], one["payload"]) for one in told] == [("a/1", json.loads(PACK)), ("a/2", "on")]
    bare = Heard(lambda: send(mosquitto, ("c/1", PACK)))
    hear(mosquitto, "c/+", bare)
    assert bare.documents == [PACK]


def test_a_declared_type_reads_bodies_whose_topic_says_whose_they_are(tmp_path: Path) -> None:
    (tmp_path / "warmth.toml").write_text(
        'name = "warmth"\nformat = "json"\nsensor = "topic"\ntime = "received"\n'
        '[[value]]\npath = "payload"\nquantity = "t"\nunit = "Cel"\n'
    )
    form = format_named("warmth", registry_of(tmp_path))
    bodies = {"a": b"21.5", "b": b"19", "c": b"?"}
    sent = [Message(f"home/{room}/t", body, ARRIVAL, 0, 0) for room, body in bodies.items()]
    decoded = offer(form.decode, *(document for document, _ in Documents(form, with_topic=True).of(sent)))
    told = decoded.frames["readings"].select("point_id", "value", "time").rows()
    assert told == [("warmth:home/a/t:t", 21.5, ARRIVAL), ("warmth:home/b/t:t", 19.0, ARRIVAL)]
    assert decoded.refused.height == 1


def test_sparkplug_data_stand_for_themselves_after_a_birth_in_an_earlier_document(mosquitto: int) -> None:
    def say() -> None:
        for kind in ("NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH"):
            topic = f"spBv1.0/City/{kind}/N1" + ("/D1" if kind.startswith("D") else "")
            send(mosquitto, (topic, bytes.fromhex(PYSPARKPLUG[kind])))

    heard = Heard(say)
    hear(mosquitto, "", heard, "sparkplug")
    lines = [line for document in heard.documents for line in document.splitlines()]
    assert len(lines) == 5
    decoded = offer(format_named("sparkplug").decode, *lines)  # each a document of its own
    assert decoded.refused.is_empty()
    values = decoded.frames["readings"].filter(point_id="sparkplug:City/N1:Temperature")["value"].to_list()
    assert values == [-5.0, -7.0]
    states = decoded.frames["states"].select("point_id", "text").rows()
    assert states[-2:] == [("sparkplug:City/N1", "offline"), ("sparkplug:City/N1/D1", "offline")]
    assert ("sparkplug:City/N1::lost", "2") in states


def test_a_node_whose_birth_was_not_seen_is_asked_for_it(mosquitto: int) -> None:
    data = ("spBv1.0/Late/NDATA/N7", bytes.fromhex(PYSPARKPLUG["NDATA"]))
    commands = Wire(address_of(f"mqtt://127.0.0.1:{mosquitto}/spBv1.0/Late/NCMD/+", "senml"), "test-node", {})
    commands.open()
    while not commands.is_listening:
        commands.take(0.05)
    hear(mosquitto, "", Heard(lambda: send(mosquitto, data, data)), "sparkplug", asks_for_births=True)
    (command,) = commands.take(1.0)
    assert command.topic == "spBv1.0/Late/NCMD/N7"
    (metric,) = payload_of(command.body).metrics
    assert (metric.name, metric.boolean_value) == ("Node Control/Rebirth", True)
    commands.close()


def test_what_could_not_be_delivered_comes_again_and_in_order(mosquitto: int) -> None:
    heard = Heard(lambda: send(mosquitto, ("d/1", b"1"), ("d/2", b"2")), [LogUnavailableError("the disk is full")])
    listener = hear(mosquitto, "d/#", heard)
    assert heard.documents == [b"1", b"2"]
    assert [one.outcome for one in heard.asked] == ["delivery", "new", "new"]
    assert listener.failing() == []


def test_what_was_not_acknowledged_is_told_again_to_the_next_who_listens(mosquitto: int) -> None:
    class KilledError(Exception):
        pass

    with pytest.raises(KilledError):
        hear(mosquitto, "e/#", Heard(lambda: send(mosquitto, ("e/1", b"1")), [KilledError()]))
    after = Heard(lambda: None)
    hear(mosquitto, "e/#", after)
    assert after.documents == [b"1"]
    last = Heard(lambda: None)
    hear(mosquitto, "e/#", last)
    assert last.documents == []


def test_a_document_that_is_refused_for_what_it_is_is_parked_and_the_next_goes_on(
    mosquitto: int, tmp_path: Path
) -> None:
    heard = Heard(lambda: send(mosquitto, ("f/1", b"1"), ("f/2", b"2")), [RecordRefusedError("too long")])
    hear(mosquitto, "f/#", heard, parked=tmp_path)
    assert heard.documents == [b"2"]
    assert [one.outcome for one in heard.asked] == ["parked", "new"]


def test_a_broker_that_lets_nobody_in_is_not_asked_again(tmp_path: Path) -> None:
    with (
        running_mosquitto(tmp_path, "allow_anonymous false") as port,
        pytest.raises(BrokerRefusedError, match="the broker refuses us"),
    ):
        hear(port, "a", Heard(lambda: None))


def test_where_nobody_answers_a_single_round_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "ATTEMPTS", 2)
    heard = Heard(lambda: None)
    listener = hear(9, "a", heard)
    assert listener.failing() == ["mqtt://127.0.0.1:9/a"]
    assert [one.outcome for one in heard.asked] == ["connection"] * 2


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mqtt://127.0.0.1:1883", "which topics"),
        ("mqtt://me:pw@127.0.0.1/a", "--key-env"),
        ("mqtt:///a", "without a host"),
        ("mqtt://127.0.0.1:x/a", "is no broker"),
    ],
)
def test_an_address_that_is_none_says_what_to_write(url: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as told:
        address_of(url, "senml")
    assert "pw" not in str(told.value)


def test_a_broker_keeps_what_comes_while_nobody_listens_and_the_city_gets_it(
    twin: Twin, mosquitto: int, city: Path
) -> None:
    twin("init")
    url = f"mqtt://127.0.0.1:{mosquitto}/kept/+"
    code, answer, _ = twin("feed", "senml", url, "--city", city, "--once")
    assert (code, answer["documents"]) == (0, 0)
    send(mosquitto, ("kept/1", PACK), ("kept/2", b"noise"))
    code, answer, _ = twin("feed", "senml", url, "--city", city, "--once")
    assert (code, answer["documents"], answer["failing"]) == (0, 2, [])
    (source,) = twin("status")[1]["sources"]
    assert (source["source"], source["rows"], source["refused"]) == (f"feed:senml:{url}", 1, 1)
