"""Whatever is done to a file, it ends in a model with a report or in a typed error, in time and in a live process."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bim.author import author_building
from bim.errors import BimError
from bim.housing import HousingSpec
from bim.load import load
from bim.process import Worker

BUDGET_S = 4.0
SEEDS = 12
SLOW_SEEDS = 3
_NUMBER = re.compile(rb"(?<=[(,])-?\d+\.\d*(?:E[-+]?\d+)?(?=[,)])")
_REFERENCE = re.compile(rb"(?<=[(,])#\d+(?=[,)])")
_ABSURD = (b"1.E308", b"-1.E300", b"0.", b"1.E-300", b"123456789012.", b"$", b"'text'", b".T.", b"NAN")


def _truncated(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _truncated_and_closed(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) // 8, len(data))] + b"\nENDSEC;\nEND-ISO-10303-21;\n"


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 5, 40))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _without_lines(data: bytes, chance: random.Random) -> bytes:
    share = chance.choice((0.01, 0.1, 0.4))
    return b"\n".join(line for line in data.split(b"\n") if not line.startswith(b"#") or chance.random() > share)


def _absurd_numbers(data: bytes, chance: random.Random) -> bytes:
    share = chance.choice((0.002, 0.05))
    return _NUMBER.sub(lambda found: chance.choice(_ABSURD) if chance.random() < share else found[0], data)


def _far_away(data: bytes, chance: random.Random) -> bytes:
    factor = chance.choice((b"E5", b"E12", b"E200"))
    return re.sub(rb"(IFCCARTESIANPOINT\(\(-?\d+\.\d*)(?=,)", rb"\g<1>" + factor, data)


def _crossed_references(data: bytes, chance: random.Random) -> bytes:
    steps = _REFERENCE.findall(data)
    share = chance.choice((0.002, 0.03))
    return _REFERENCE.sub(lambda found: chance.choice(steps) if chance.random() < share else found[0], data)


def _circles(data: bytes, chance: random.Random) -> bytes:
    """Make some instances refer to themselves: kernels recurse until they die, so few of these are tried."""

    def own(line: bytes) -> bytes:
        step = line.split(b"=")[0].strip()
        return _REFERENCE.sub(step, line, count=1) if step.startswith(b"#") and chance.random() < 0.05 else line

    return b"\n".join(own(line) for line in data.split(b"\n"))


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _truncated,
    _truncated_and_closed,
    _flipped,
    _without_lines,
    _absurd_numbers,
    _far_away,
    _crossed_references,
    _circles,
)
REAL = ("SimpleWall.ifc", "Ifc4DesignTransfer.ifc", "building-architecture.ifc")


@pytest.fixture(scope="module")
def originals(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    small = tmp_path_factory.mktemp("fuzz") / "authored.ifc"
    author_building(HousingSpec("0" * 16, "測試", "小棟", 2, 0, 3, 121.5, 25.05), small)
    return {name: (shared_data / "ifc" / name).read_bytes() for name in REAL} | {"authored.ifc": small.read_bytes()}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.__name__.strip("_"))
@pytest.mark.parametrize("name", [*REAL, "authored.ifc"])
def test_a_damaged_file_ends_in_a_report_or_a_typed_error(
    name: str,
    mutation: Callable[[bytes, random.Random], bytes],
    originals: dict[str, bytes],
    tmp_path: Path,
    worker: Worker,
) -> None:
    for seed in range(SLOW_SEEDS if mutation is _circles else SEEDS):
        path = tmp_path / f"{seed}.ifc"
        path.write_bytes(mutation(originals[name], random.Random(f"{name}/{mutation.__name__}/{seed}")))
        try:
            model = load(path, worker=worker, budget_s=BUDGET_S)
        except BimError as error:
            assert str(path) in str(error)
            assert type(error) is not BimError
        else:
            assert 0 <= model.coverage.got <= model.coverage.wanted
            assert model.meshes.placement.shape[0] == model.coverage.got


def test_at_least_three_hundred_variants_are_tried() -> None:
    assert (len(REAL) + 1) * ((len(MUTATIONS) - 1) * SEEDS + SLOW_SEEDS) >= 300
