"""A broker that asks who is there, over TLS, with a certificate of the test's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.kafka.broker import Broker, free_port
from deploy.kafka.secured import MECHANISMS, Secured
from events.errors import BrokerRefusedError
from events.kafka.security import LOOPBACK, Security
from events.kafka.source import Adapter, KafkaSink, KafkaSource
from tests.kafka.conftest import CLI
from tests.parts.certificates import PASSWORD, Certified, certified
from twin.place import Place

pytestmark = pytest.mark.kafka

SECRET = "open-sesame-7"


@dataclass(frozen=True)
class Guarded:
    """A running broker's secured address, who vouches for it, and a certificate that has nothing to do with it."""

    address: str
    own: Certified
    stranger: Certified

    def login(self, mechanism: str = "SCRAM-SHA-512", password: str = SECRET, ca_file: Path | None = None) -> Security:
        return Security("SASL_SSL", mechanism, "ingester", password, str(ca_file or self.own.ca_file))


@pytest.fixture(scope="module")
def guarded(broker_parts: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    directory = tmp_path_factory.mktemp("guarded")
    own, stranger = certified(directory), certified(directory, "stranger")
    secured = Secured(free_port(), own.keystore, PASSWORD, {"ingester": SECRET})
    with Broker(directory / "broker", secured=secured):
        yield Guarded(f"127.0.0.1:{secured.port}", own, stranger)


def source(guarded: Guarded, adapter: Adapter, security: Security) -> KafkaSource:
    return KafkaSource(guarded.address, lambda _: None, adapter=adapter, security=security)


def words(guarded: Guarded, place: Place, config: Path, command: str, *more: str) -> list[str]:
    where = ["--kafka", guarded.address, "--kafka-config", str(config)]
    return [*CLI, command, *where, *(["--city", str(place.directory), *more] if command == "ingest" else more)]


@pytest.mark.parametrize("adapter", Adapter)
def test_a_city_is_fed_over_tls_with_its_password_from_the_environment_and_shows_it_nowhere(
    guarded: Guarded, place: Place, shared_data: Path, tmp_path: Path, adapter: Adapter
) -> None:
    config = tmp_path / "kafka.toml"
    config.write_text(
        'security.protocol = "SASL_SSL"\nsasl.mechanism = "SCRAM-SHA-512"\nsasl.username = "ingester"\n'
        f'ssl.ca.location = "{guarded.own.ca_file}"\n',
        encoding="utf-8",
    )
    environment = {**os.environ, "TWIN_KAFKA_SASL_PASSWORD": SECRET}
    pack = f"senml:{shared_data}/events/senml/ex4.json"
    for command, more in (("publish", [pack]), ("ingest", ["--until-idle", "--adapter", adapter.value])):
        ran = subprocess.run(
            words(guarded, place, config, command, *more), env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        assert SECRET not in ran.stdout + ran.stderr
    kept = (path.read_bytes() for path in place.directory.rglob("*") if path.is_file())
    assert not any(SECRET.encode() in content for content in kept)
    with place.log() as log:
        assert log.head() > 0


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("adapter", Adapter)
def test_either_adapter_logs_in_by_either_mechanism(guarded: Guarded, adapter: Adapter, mechanism: str) -> None:
    opened = source(guarded, adapter, guarded.login(mechanism))
    assert opened.lag() >= 0
    opened.close()


@pytest.mark.parametrize("adapter", Adapter)
def test_a_wrong_password_is_refused_and_named_without_being_shown(guarded: Guarded, adapter: Adapter) -> None:
    with pytest.raises(BrokerRefusedError, match=r"user 'ingester' .* check sasl.username, sasl.password") as refused:
        source(guarded, adapter, guarded.login(password="never-shown-9"))
    assert "never-shown-9" not in str(refused.value)


@pytest.mark.parametrize("adapter", Adapter)
def test_a_broker_that_nobody_vouches_for_is_not_trusted(guarded: Guarded, adapter: Adapter) -> None:
    with pytest.raises(BrokerRefusedError, match=r"certificate is not trusted .* check ssl.ca.location"):
        source(guarded, adapter, guarded.login(ca_file=guarded.stranger.ca_file))


def test_a_sink_says_the_same(guarded: Guarded) -> None:
    with pytest.raises(BrokerRefusedError, match=r"check sasl\.username"):
        KafkaSink(guarded.address, security=guarded.login("PLAIN", "never-shown-9"))


def test_who_comes_without_tls_is_told_to_use_it(guarded: Guarded) -> None:
    with pytest.raises(BrokerRefusedError, match=r"it speaks TLS; set security.protocol"):
        source(guarded, Adapter.PYTHON, LOOPBACK)
