"""`twin feed` as an operator runs it: counts, exit codes, keys that are never seen, an end in good order."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from events.connectors.poller import Document
from events.feeds.registry import format_named
from replay.city import City
from tests.commands.test_commands import Twin, city, twin
from tests.connectors.conftest import Server, drip, half, status, whole
from tests.kafka.conftest import CLI
from twin.place import Place
from views.commands.deliveries import ToCity
from views.commands.watching import Watching

__all__ = ["city", "twin"]

SECRET = "s3cret-key-of-the-city"


def test_a_feed_lands_in_a_city_and_again_is_nothing_new(
    twin: Twin, server: Server, shared_data: Path, city: Path
) -> None:
    body = gzip.decompress((shared_data / "youbike" / "youbike_immediate_2026_sample_01.json.gz").read_bytes())
    url = server.at("/youbike.json", half(body), whole(body))
    twin("init")
    code, answer, _ = twin("feed", "youbike", url, "--city", city, "--once")
    assert (code, answer["documents"], answer["failures"], answer["failing"]) == (0, 1, 1, [])
    (source,) = twin("status")[1]["sources"]
    assert (source["source"], source["rows"], source["refused"]) == (f"feed:youbike:{url}", len(json.loads(body)), 0)
    code, answer, _ = twin("feed", "youbike", url, "--city", city, "--once")
    assert (code, answer["documents"], answer["same"]) == (0, 0, 1), "the city remembers what it took"
    twin("feed", "youbike", url, "--city", city, "--once", "--state", city / "elsewhere")
    (again,) = twin("status")[1]["sources"]
    assert (again["rows"], again["duplicates"]) == (source["rows"], source["rows"])


def test_what_cannot_be_fetched_ends_with_one_and_names_the_endpoint(twin: Twin, server: Server, city: Path) -> None:
    twin("init")
    url = server.at("/a", status(404))
    code, answer, err = twin("feed", "bus", url, "--city", city, "--once", "--every", "1s")
    assert (code, answer["failing"], answer["feed"]) == (1, [url], "bus-estimate")
    assert "404" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("youbike", "ftp://127.0.0.1/a", "--city", "c"), "no web address"),
        (("youbike", "http://me:pw@127.0.0.1/a", "--city", "c"), "--key-env"),
        (("youbike", "http://127.0.0.1/a"), "either --kafka"),
        (("fax", "http://127.0.0.1/a", "--city", "c"), "fax"),
        (("youbike", "http://127.0.0.1/a", "--city", "c", "--every", "soon"), "60s"),
        (("youbike", "http://127.0.0.1/a", "--city", "c", "--key-env", "X=NO_SUCH_VARIABLE"), "NO_SUCH_VARIABLE"),
        (("youbike", "http://127.0.0.1/a", "--city", "c", "--header", f"Authorization:{SECRET}"), "--key-env"),
        (("youbike", "http://127.0.0.1/a", "--city", "c", "--log-level", "loud"), "warning"),
    ],
)
def test_wrong_words_end_with_two_and_say_what_to_write(twin: Twin, words: tuple[str, ...], said: str) -> None:
    code, answer, err = twin("feed", *words)
    assert (code, answer) == (2, None)
    assert said in err and SECRET not in err and "pw@" not in err


def test_a_key_reaches_its_server_and_nothing_else(server: Server, twin: Twin, city: Path) -> None:
    twin("init")
    url = server.at("/a", status(500), half(b"[{}]"), whole(b'[{"sno":"1"}]'))
    words = ("feed", "youbike", f"{url}?lang=zh", "--city", city, "--once", "--every", "1s", "--json")
    keys = ("--key-env", "Authorization=CITY_KEY", "--query-key-env", "api_key=CITY_KEY")
    logs = ("--log-format", "json", "--log-level", "debug")
    ran = subprocess.run(
        [*CLI, *map(str, words), *keys, *logs],
        env=os.environ | {"CITY_KEY": SECRET},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    path, headers = server.asked[-1]
    assert (path, headers["authorization"]) == (f"/a?lang=zh&api_key={SECRET}", f"Bearer {SECRET}")
    assert SECRET not in ran.stdout + ran.stderr
    assert all(SECRET.encode() not in file.read_bytes() for file in city.rglob("*") if file.is_file())
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert {line["outcome"] for line in lines if "outcome" in line} == {"server", "incomplete", "new"}
    assert any(line.get("refused") == 1 and line["source"].startswith("feed:youbike:") for line in lines)


@pytest.mark.parametrize("moment", ["between two requests", "in the midst of a document"])
def test_a_stop_ends_in_good_order_with_what_landed_saved(server: Server, twin: Twin, city: Path, moment: str) -> None:
    twin("init")
    body = b'[{"sno":"500101001","sna":"a","mday":"2026-01-01 00:00:00","tot":9,"sbi":3,"bemp":6,"act":"1"}]'
    url = server.at("/a", whole(body), drip(body, 0.5))
    every = "60s" if moment == "between two requests" else "1s"
    words = ("feed", "youbike", url, "--city", str(city), "--every", every, "--json")
    process = subprocess.Popen([*CLI, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    requests = 1 if moment == "between two requests" else 2
    end = time.monotonic() + 60
    with City.open(city) as opened:
        while (len(server.asked) < requests or opened.refresh() == 0) and time.monotonic() < end:
            time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err.decode()
    assert json.loads(out)["documents"] == 1
    assert (city / "checkpoints" / "ingester.npz").exists()
    assert re.search(rb"Traceback", err) is None


def test_what_a_feed_lands_in_a_city_is_measured(twin: Twin, city: Path, shared_data: Path) -> None:
    twin("init")
    body = (shared_data / "gbfs" / "station_status_001.json").read_bytes()
    watching = Watching()
    delivery = ToCity(Place(city), watching)
    delivery.deliver(Document(format_named("gbfs"), "http://127.0.0.1/a", body))
    delivery.close()
    page = watching.metrics.page().decode()
    labels = 'family="docks",source="feed:gbfs:http://127.0.0.1/a"'
    assert f"twin_rows_total{{{labels}}} 518.0" in page
    assert 'twin_staleness_allowed_seconds{source="feed:gbfs:http://127.0.0.1/a"} 300.0' in page
