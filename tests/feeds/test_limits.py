"""A small payload that unpacks to millions of things meets a limit with a reason, soon and in little memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import tracemalloc

import pytest

from events import poison
from events.errors import PayloadError
from events.feeds import limits
from events.feeds.decoded import Payload
from events.feeds.limits import check_values
from events.feeds.packed import text_of, unpacked
from events.feeds.registry import FORMATS
from tests.feeds.offering import ARRIVAL

MIB = 2**20
OBJECTS = b"[" + b"{}," * 1_000_000 + b"{}]"
PACKED = gzip.compress(b"[" + b"{}," * 4_000_000 + b"{}]", mtime=0)
BOMBS = {"packed": PACKED, "objects": OBJECTS, "numbers": b"[" + b"0," * 1_000_000 + b"0]"}
OWN = {
    "ocpp": b"0\n" * 1_000_000,
    "dsmr": b"/\n" * 50_000,
    "sparkplug": b'{"topic":"spBv1.0/a/NDATA/b","payload":"' + b"1200" * 60_000 + b'"}\n',
    "dlms-push": b"0\n" * 1_000_000,
    "green-button": b"<feed>" + b"<entry/>" * 1_000_000 + b"</feed>",
    "nem12": b"200,N,E1,E1,E1,,M1,KWH,30,\n" + b"300,1\n" * 30_000,
    "meter-table": b"meter,time,kwh\n" + b"a,b,c\n" * 30_000,
    "sensorthings": b"[" + b"{}," * 30_000 + b"{}]",
}
"""Bombs that a format takes for its own: each part is a fault."""

BY_FORMAT = [(name, bomb) for name in FORMATS for bomb in BOMBS.values()] + list(OWN.items())


@pytest.mark.parametrize(("name", "bomb"), BY_FORMAT)
def test_millions_of_faults_in_one_payload_are_one_refusal(name: str, bomb: bytes) -> None:
    start = time.process_time()
    found = poison.decoded(FORMATS[name], [Payload(bomb, ARRIVAL)])
    assert time.process_time() - start < 3  # a second where the machine is not shared
    assert found.refused.height == 1


def test_a_push_of_millions_of_empty_values_takes_little_memory() -> None:
    push = b"\x0f\x00\x00\x00\x01\x00\x01\x84\x00\x3d\x09\x00" + b"\x00" * 4_000_000
    tracemalloc.start()
    try:
        found = poison.decoded(FORMATS["dlms-push"], [Payload(gzip.compress(push, mtime=0), ARRIVAL)])
        assert tracemalloc.get_traced_memory()[1] < 100 * MIB
    finally:
        tracemalloc.stop()
    assert found.refused.height == 1


@pytest.mark.parametrize("bomb", list(BOMBS))
def test_a_bomb_takes_little_memory(bomb: str) -> None:
    tracemalloc.start()
    try:
        poison.decoded(FORMATS["sensorthings"], [Payload(BOMBS[bomb], ARRIVAL)])
        assert tracemalloc.get_traced_memory()[1] < 100 * MIB
    finally:
        tracemalloc.stop()


def test_a_text_of_many_values_is_measured_before_anything_is_made_of_them() -> None:
    with pytest.raises(PayloadError, match="2000002 values in 3000004 bytes of JSON, where 1000000 are allowed"):
        check_values(OBJECTS)
    real = b"[" + b'{"n":"urn:dev:ser:1","v":1.5},' * 100_000 + b"{}]"
    assert check_values(real) is real


def test_what_unpacks_to_a_thousand_times_its_length_is_refused_and_a_twentieth_is_not() -> None:
    with pytest.raises(PayloadError, match="gzip holds more than the 4194304 bytes that it may"):
        unpacked(PACKED)
    lines = b"".join(b"M%d,2026-01-01 00:%02d,%d.%d\n" % (n % 97, n % 60, n, n % 7) for n in range(300_000))
    assert unpacked(gzip.compress(lines, mtime=0)) == lines


def test_a_payload_of_faults_is_kept_once_and_what_is_sound_in_it_lands() -> None:
    sound = b'{"device_id":"a","timestamp":"2026-01-01T00:00:00Z","s_d0":1.0}'
    document = b'{"feeds":[' + sound + b",{}" * (limits.MOST_REFUSED + 1) + b"]}"
    found = poison.decoded(FORMATS["airbox"], [Payload(b"x", ARRIVAL), Payload(document, ARRIVAL)])
    assert found.frames["readings"].height == 1
    assert found.refused["record"].to_list() == [0, 1]
    assert found.refused["payload"][1] == document
    assert "10001 of its parts cannot be taken" in found.refused["reason"][1]
    assert found.offered == 3  # one payload each, and the sound row


def test_text_is_looked_through_without_a_copy() -> None:
    content = b"0," * 5_000_000
    tracemalloc.start()
    try:
        assert text_of(content) is content
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


def test_sixty_million_objects_are_one_refusal_in_every_format_and_are_copied_once() -> None:
    run = subprocess.run([sys.executable, "-m", "tests.feeds.too_long"], capture_output=True, text=True, check=True)
    costs = json.loads(run.stdout)
    assert set(costs) == set(FORMATS)
    assert not {
        name: cost for name, cost in costs.items() if cost[0] > 100 or cost[1] > 2 or cost[2] != 1
    }  # MiB, CPU seconds (one where the machine is not shared), refusals
