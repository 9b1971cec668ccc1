"""The composed city: three brokers, a database, two ingesters that share everything, nothing open, no secret told."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.house.checkout import CHECKOUT

COMPOSE = CHECKOUT / "deploy" / "compose.yaml"
BROKERS = ("kafka-1", "kafka-2", "kafka-3")


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return found


def test_every_part_of_the_city_is_a_service(composed: dict[str, Any]) -> None:
    assert set(composed["services"]) == {
        *BROKERS, "postgres", "city", "ingester-1", "ingester-2", "projector", "app"
    }  # fmt: skip


def test_what_is_published_is_published_on_loopback(composed: dict[str, Any]) -> None:
    ports = [port for service in composed["services"].values() for port in service.get("ports", ())]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)


def test_every_secret_comes_from_the_environment_and_its_example_has_no_value(composed: dict[str, Any]) -> None:
    wanted = set(re.findall(r"\$\{([A-Z_]+):\?", COMPOSE.read_text("utf-8")))
    example = (CHECKOUT / "deploy" / ".env.example").read_text("utf-8")
    assert set(re.findall(r"^([A-Z_]+)=$", example, re.M)) == wanted == {"KAFKA_CLUSTER_ID", "POSTGRES_PASSWORD"}
    for name, service in composed["services"].items():
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or str(value).startswith("${"), (name, variable)


@pytest.mark.parametrize("name", BROKERS)
def test_a_record_is_on_three_disks_two_of_which_are_enough(composed: dict[str, Any], name: str) -> None:
    settings = composed["services"][name]["environment"]
    assert (settings["KAFKA_DEFAULT_REPLICATION_FACTOR"], settings["KAFKA_MIN_INSYNC_REPLICAS"]) == (3, 2)
    assert settings["KAFKA_NODE_ID"] == int(name[-1])
    assert f"//{name}:" in settings["KAFKA_ADVERTISED_LISTENERS"]


def test_the_ingesters_share_all_partitions_between_them(composed: dict[str, Any]) -> None:
    commands = [composed["services"][f"ingester-{number}"]["command"] for number in (1, 2)]
    assert [words[words.index("--share") + 1] for words in commands] == ["1/2", "2/2"]


@pytest.mark.parametrize("name", [*BROKERS, "postgres", "ingester-1", "ingester-2", "app"])
def test_what_runs_for_long_is_watched_and_started_again(composed: dict[str, Any], name: str) -> None:
    service = composed["services"][name]
    assert service["healthcheck"]["test"] and service["restart"] == "unless-stopped"


def test_every_volume_and_network_that_is_used_is_declared(composed: dict[str, Any]) -> None:
    used = {volume.split(":")[0] for s in composed["services"].values() for volume in s.get("volumes", ())}
    assert used == set(composed["volumes"])
    assert {n for s in composed["services"].values() for n in s["networks"]} == set(composed["networks"])
