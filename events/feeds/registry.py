"""Every declared input format, by name, and the one that an incoming message is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from events.errors import DeclarationError, UnknownFormatError
from events.feeds import (
    airbox,
    aqi,
    bus_estimate,
    gbfs,
    gtfs_rt,
    health,
    lifts,
    parking,
    senml,
    sensorthings,
    youbike,
    youbike_archive,
)  # fmt: skip
from events.feeds.alerts import cap, quakes
from events.feeds.buses import network, tdx
from events.feeds.charging import ocpi, ocpp
from events.feeds.context import ngsi_ld
from events.feeds.decoded import Format
from events.feeds.messages import split_array
from events.feeds.meters import dsmr, meter_table, nem12
from events.feeds.meters.dlms import push as dlms_push
from events.feeds.meters.green_button import reading as green_button
from events.feeds.metro import timetables
from events.feeds.sparkplug import messages as sparkplug
from events.feeds.weather import cwa

_TYPE = "tw.taipei.twin"
_JSON = "application/json"

FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format(
            "youbike", "city.youbike", f"{_TYPE}.bike.station.reported.v1", _JSON, youbike.decode, youbike.split,
            youbike.whole, lists=True
        ),
        Format(
            "youbike-archive", "city.youbike-archive", f"{_TYPE}.bike.station.archived.v1",
            "application/octet-stream", youbike_archive.decode, youbike_archive.split,
            youbike_archive.whole,
        ),
        Format(
            "gbfs", "city.gbfs", f"{_TYPE}.bike.station.status.v1", _JSON, gbfs.decode, gbfs.split, gbfs.whole,
            lists=True,
        ),
        Format(
            "gtfs-rt", "city.gtfs-rt", f"{_TYPE}.bus.position.v1", "application/x-protobuf", gtfs_rt.decode, lists=True
        ),
        Format(
            "senml", "city.senml", f"{_TYPE}.meter.reading_batch.v1", "application/senml+json",
            senml.decode, senml.split,
        ),
        Format(
            "bus-estimate", "city.bus-estimate", f"{_TYPE}.bus.estimate.v1", _JSON,
            bus_estimate.decode, bus_estimate.split,
        ),
        Format("tdx-bus", "city.tdx-bus", f"{_TYPE}.bus.tdx.v1", _JSON, tdx.decode, tdx.split, tdx.whole),
        Format(
            "bus-network", "city.bus-network", f"{_TYPE}.bus.network.v1", _JSON,
            network.decode, network.split, network.whole,
        ),
        Format("parking", "city.parking", f"{_TYPE}.parking.status.v1", _JSON, parking.decode, parking.split),
        Format("aqi", "city.aqi", f"{_TYPE}.air.station.observed.v1", _JSON, aqi.decode, aqi.split),
        Format("airbox", "city.airbox", f"{_TYPE}.air.sensor.observed.v1", _JSON, airbox.decode, airbox.split),
        Format(
            "sensorthings", "city.sensorthings", f"{_TYPE}.air.observed.v1", _JSON,
            sensorthings.decode, split_array,
        ),
        Format("ocpp", "city.ocpp", f"{_TYPE}.charging.call.v1", _JSON, ocpp.decode, ocpp.split),
        Format("ocpi", "city.ocpi", f"{_TYPE}.charging.record.v1", _JSON, ocpi.decode, split_array),
        Format("bacnet-lift", "city.bacnet-lift", f"{_TYPE}.lift.state.v1", _JSON, lifts.decode, split_array),
        Format(
            "health-station", "city.health-station", f"{_TYPE}.health.station.state.v1", _JSON,
            health.decode, health.split,
        ),
        Format("nem12", "city.nem12", f"{_TYPE}.meter.interval_file.v1", "text/plain", nem12.decode, nem12.split),
        Format(
            "meter-table", "city.meter-table", f"{_TYPE}.meter.table.v1", "application/octet-stream",
            meter_table.decode, meter_table.split,
        ),
        Format(
            "cwa-earthquake", "city.cwa-earthquake", f"{_TYPE}.seismic.shaking.v1", _JSON, quakes.decode, quakes.split
        ),
        Format(
            "cap", "city.cap", f"{_TYPE}.alert.cap.v1", "application/cap+xml", cap.decode, cap.split, lists=True
        ),
        Format("cwa-weather", "city.cwa-weather", f"{_TYPE}.weather.observed.v1", _JSON, cwa.decode, cwa.split),
        Format(
            "metro-timetable", "city.metro-timetable", f"{_TYPE}.metro.timetable.v1", _JSON,
            timetables.decode, timetables.split,
        ),
        Format(
            "ngsi-ld", "city.ngsi-ld", f"{_TYPE}.context.entity.v1", "application/ld+json",
            ngsi_ld.decode, ngsi_ld.split,
        ),
        Format("dsmr", "city.dsmr", f"{_TYPE}.meter.telegram.v1", "text/plain", dsmr.decode, dsmr.split),
        Format(
            "green-button", "city.green-button", f"{_TYPE}.meter.green_button.v1", "application/atom+xml",
            green_button.decode, green_button.split,
        ),
        Format(
            "dlms-push", "city.dlms-push", f"{_TYPE}.meter.push.v1", "application/octet-stream",
            dlms_push.decode, dlms_push.split,
        ),
        Format(
            "sparkplug", "city.sparkplug", f"{_TYPE}.sparkplug.message.v1", "application/x-ndjson",
            sparkplug.decode, sparkplug.split,
        ),
    )
}  # fmt: skip
"""Format by its name on the command line."""

_BY_CONTENT = {
    "application/cap+xml": FORMATS["cap"],
    "application/ld+json": FORMATS["ngsi-ld"],
    "application/senml+json": FORMATS["senml"],
    "application/x-protobuf": FORMATS["gtfs-rt"],
    "application/x-google-protobuf": FORMATS["gtfs-rt"],
    "application/protobuf": FORMATS["gtfs-rt"],
    "application/vnd.apache.parquet": FORMATS["youbike-archive"],
    "text/csv": FORMATS["youbike-archive"],
}
"""Content types that only one format has."""


@dataclass(frozen=True)
class Registry:
    """Formats by name, by CloudEvents type and by topic."""

    formats: Mapping[str, Format]
    by_type: Mapping[str, Format]
    by_topic: Mapping[str, Format]

    @classmethod
    def of(cls, formats: Mapping[str, Format]) -> Self:
        """The registry of these formats."""
        every = formats.values()
        return cls(formats, {f.ce_type: f for f in every}, {f.topic: f for f in every})

    def with_formats(self, declared: Mapping[str, Format]) -> Self:
        """This registry and further formats; DeclarationError when a name or a topic is taken."""
        known = dict(self.formats)
        for name, form in declared.items():
            taken = next((f.name for f in known.values() if f.topic == form.topic), None)
            if name in known:
                raise DeclarationError(f"declaration {name!r}: there is a format of that name; choose another name")
            if taken is not None:
                raise DeclarationError(f"declaration {name!r}: topic {form.topic!r} is that of {taken}; choose another")
            known[name] = form
        return self.of(known)


BUILT_IN = Registry.of(FORMATS)
"""The formats that need no declaration."""


def format_named(name: str, registry: Registry = BUILT_IN) -> Format:
    """The format called `name`; UnknownFormatError when none is."""
    try:
        return registry.formats[name]
    except KeyError:
        raise UnknownFormatError(f"no format {name!r}; there are {', '.join(registry.formats)}") from None


def format_of(
    topic: str, ce_type: str | None = None, content_type: str | None = None, registry: Registry = BUILT_IN
) -> Format | None:
    """The format of a message: by its CloudEvents type, else by its topic, else by its content type; None if none fits.

    A gateway of another maker has its own type names, so that an unknown type is no reason to refuse.
    """
    media = (content_type or "").split(";", 1)[0].strip().lower()
    return registry.by_type.get(ce_type or "") or registry.by_topic.get(topic) or _BY_CONTENT.get(media)
