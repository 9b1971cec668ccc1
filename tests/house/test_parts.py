"""The real parts are real."""

from __future__ import annotations

import http.server
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer
from playwright.sync_api import Page

from deploy.kafka.broker import HOST, Broker, port_is_free
from deploy.kafka.probe import answers
from tests.parts.browser import leaves_the_machine


def publish(broker: Broker, topic: str, payload: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.address)
    producer.send(topic, payload).get(30)
    producer.close()


def consumed(broker: Broker, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=broker.address, auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    payloads = [record.value for record in itertools.islice(consumer, count)]
    consumer.close()
    return payloads


def test_what_is_published_to_the_broker_is_consumed_from_it(broker: Broker) -> None:
    publish(broker, "house", "社宅".encode())
    assert consumed(broker, "house", 1) == ["社宅".encode()]


def test_a_broker_keeps_what_it_acknowledged_through_a_stop_and_a_power_cut(
    broker_factory: Callable[[], Broker],
) -> None:
    broker = broker_factory()
    broker.start()
    publish(broker, "kept", b"before the stop")
    broker.restart()
    publish(broker, "kept", b"before the power cut")
    broker.kill()
    broker.start()
    assert consumed(broker, "kept", 2) == [b"before the stop", b"before the power cut"]


def test_a_stopped_broker_leaves_no_process_and_frees_its_port(broker_factory: Callable[[], Broker]) -> None:
    broker = broker_factory()
    broker.start()
    pid = broker.pid
    broker.stop()
    assert broker.pid is None
    assert not Path(f"/proc/{pid}").exists()
    assert port_is_free(broker.port)
    assert (broker.data_dir / "topics" / ".kafka_cleanshutdown").exists()
    assert not answers(HOST, broker.port)


@pytest.fixture
def loopback_site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text(
        "<meta charset=utf-8><title>社宅</title><canvas id=c></canvas>", encoding="utf-8"
    )
    handler = type(
        "Quiet",
        (http.server.SimpleHTTPRequestHandler,),
        {
            "log_message": lambda *_: None,
            "__init__": lambda self, *words: http.server.SimpleHTTPRequestHandler.__init__(
                self, *words, directory=str(tmp_path)
            ),
        },
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_browser_opens_a_page_of_this_machine_and_draws_webgl2(page: Page, loopback_site: str) -> None:
    page.goto(f"{loopback_site}/index.html")
    assert page.title() == "社宅"
    assert page.evaluate("document.getElementById('c').getContext('webgl2') !== null")


@pytest.mark.parametrize("url", ["https://example.org/a.js", "ws://192.0.2.1/stream", "http://127.0.0.1.example.org/"])
def test_a_request_that_leaves_the_machine_is_recognised(url: str) -> None:
    assert leaves_the_machine(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8501/a.js", "ws://localhost:8501/s", "data:text/plain,x", "blob:x"])
def test_a_request_that_stays_is_let_through(url: str) -> None:
    assert not leaves_the_machine(url)


def test_every_test_gets_an_empty_database_of_its_own(postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("CREATE TABLE mark (n int)")
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert found == (1,)
