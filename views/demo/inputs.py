"""Sample inputs to try the command line with: a list of sites, a building model, bike stations twice, a meter's day.

sites.tsv                the city's 79 sites: facts
dongming-a.ifc           東明 A棟, authored: a sample, not as built
youbike_immediate.json   synthetic stations at 19:41:52 on 2026-08-20, Taipei's clock
youbike_later.json       the same stations 20 minutes later
pack.json                a synthetic electricity meter's registers over that day, SenML
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from bim.housing import HousingSpec
from bim.phase_one import phase_one
from events.clock import TAIPEI
from events.durable import make_folder
from twin.sites import read_sites
from views.demo.noise import stream
from views.demo.places import Station, stations

SITES = Path(__file__).parent.parent / "assets" / "social_housing_sites.tsv"
DONGMING = "84e67c87923337da"
METER = "urn:dev:ser:E1234567890:1-0:1.8.0"
MOMENT = datetime(2026, 8, 20, 19, 41, 52, tzinfo=TAIPEI)
LATER = timedelta(minutes=20)
STATIONS = 24
QUARTER = timedelta(minutes=15)


def write_inputs(folder: Path) -> list[Path]:
    """Write the inputs into `folder`; their paths. The same bytes every time, but the model's own time stamp."""
    make_folder(folder)
    near = stations(read_sites(SITES), STATIONS)
    shutil.copyfile(SITES, folder / "sites.tsv")
    _author(next(spec for spec in phase_one() if spec.community_id == DONGMING), folder / "dongming-a.ifc")
    _write(folder / "youbike_immediate.json", [_report(station, MOMENT) for station in near])
    _write(folder / "youbike_later.json", [_report(station, MOMENT + LATER) for station in near])
    _write(folder / "pack.json", _registers(MOMENT.replace(hour=0, minute=0, second=0)))
    return sorted(folder.iterdir())


def _author(spec: HousingSpec, path: Path) -> None:
    """In a process of its own, so that this one never holds ifcopenshell."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(_authored, spec, path).result()


def _authored(spec: HousingSpec, path: Path) -> None:
    from bim.author import author_building

    author_building(spec, path)


def _report(station: Station, moment: datetime) -> dict[str, object]:
    """A station's report as YouBike 2.0 publishes it."""
    bikes = int(stream("inputs", station.station_id, moment.isoformat()).integers(0, station.capacity + 1))
    clock = f"{moment:%Y-%m-%d %H:%M:%S}"
    return {
        "sno": f"5001019{station.station_id[-2:]}", "sna": f"YouBike2.0_{station.name}", "snaen": station.name_en,
        "sarea": station.district, "lat": station.latitude, "lng": station.longitude, "tot": station.capacity,
        "sbi": bikes, "bemp": station.capacity - bikes, "act": "1", "mday": clock, "srcUpdateTime": clock,
        "updateTime": clock, "infoTime": clock, "infoDate": clock[:10],
    }  # fmt: skip


def _registers(midnight: datetime) -> list[dict[str, object]]:
    """A day of quarter-hourly registers, kWh."""
    used = stream("inputs", METER).gamma(3.0, 0.02, 96).cumsum()
    base = {"bn": METER, "bu": "kWh", "bt": int(midnight.timestamp())}
    rows = [
        {"n": "", "t": int((at + 1) * QUARTER / timedelta(seconds=1)), "v": round(1234 + float(kwh), 3)}
        for at, kwh in enumerate(used)
    ]
    return [{**base, **rows[0]}, *rows[1:]]


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
