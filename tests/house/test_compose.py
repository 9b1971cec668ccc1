"""The composed city: three brokers, a database, two ingesters that share everything, nothing open, no secret told."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from tests.house.checkout import CHECKOUT
from views import cli

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


OURS = ("city", "ingester-1", "ingester-2", "projector", "app")


@pytest.mark.parametrize("name", OURS)
def test_every_word_of_a_command_is_one_that_the_command_line_takes(composed: dict[str, Any], name: str) -> None:
    group = get_command(cli.app)
    assert isinstance(group, TyperGroup)
    command, *words = composed["services"][name]["command"]
    known = group.get_command(group.make_context("twin", [], resilient_parsing=True), command)
    assert known is not None
    taken = known.make_context(command, list(words), resilient_parsing=True)
    assert not taken.args, "words that nobody takes"
    assert {word for word in words if word.startswith("--")} <= {
        option for parameter in known.params for option in (*parameter.opts, *parameter.secondary_opts)
    }


def test_a_database_that_is_still_being_made_is_not_healthy(composed: dict[str, Any]) -> None:
    asked = composed["services"]["postgres"]["healthcheck"]["test"]
    assert asked[asked.index("-h") + 1] == "127.0.0.1", "the server that makes the database listens on the socket only"


@pytest.mark.parametrize("name", ["ingester-1", "ingester-2"])
def test_health_is_asked_for_where_it_is_served(composed: dict[str, Any], name: str) -> None:
    service = composed["services"][name]
    served = service["command"][service["command"].index("--metrics") + 1]
    assert f"http://{served}/healthz" in service["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", OURS)
def test_what_writes_to_the_city_starts_when_there_is_one_and_gets_time_to_end(
    composed: dict[str, Any], name: str
) -> None:
    service = composed["services"][name]
    assert service["volumes"] == ["city:/city"]
    assert (service["stop_grace_period"], service["init"]) == ("60s", True)
    waits = service["depends_on"]
    assert waits == {"postgres": {"condition": "service_healthy"}} or waits["city"] == {
        "condition": "service_completed_successfully"
    }


def test_the_image_runs_as_nobody_special_who_owns_the_city() -> None:
    lines = (CHECKOUT / "deploy" / "Dockerfile").read_text("utf-8").splitlines()
    last = lines[max(at for at, line in enumerate(lines) if line.startswith("FROM ")) :]
    made = next(line for line in last if line.startswith("RUN useradd"))
    assert "install -d -o twin -g twin /city" in made
    user, volume = last.index("USER twin"), last.index("VOLUME /city")
    assert last.index(made) < user < volume, "a volume takes over the owner that its folder has by then"
    assert 'ENTRYPOINT ["twin"]' in last


def test_the_image_copies_what_the_context_lets_through_and_all_packages() -> None:
    told = (CHECKOUT / "deploy" / "Dockerfile").read_text("utf-8")
    copied = {word for line in re.findall(r"^COPY (?!--from)(.*)$", told, re.M) for word in line.split()[:-1]}
    let_through = set(re.findall(r"^!(.+)$", (CHECKOUT / ".dockerignore").read_text("utf-8"), re.M))
    assert copied == let_through
    assert copied >= {"bim", "events", "replay", "twin", "views", "requirements.lock"}
    assert all((CHECKOUT / name).exists() for name in copied)
