"""Domain events as stored bytes: JSON by tag. Pure functions lift old forms to today's, one version at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from events.clock import EPOCH
from events.errors import CorruptEventError
from twin.aggregates.access import AccessEvent
from twin.aggregates.building import BuildingEvent
from twin.aggregates.community import CommunityChanged, CommunityEvent, CommunityRegistered
from twin.aggregates.compliance import ComplianceEvent
from twin.aggregates.devices import DevicesEvent
from twin.aggregates.household import HouseholdEvent
from twin.aggregates.meter import RegisterEvent
from twin.aggregates.scenario import ScenarioEvent

DomainEvent = (
    AccessEvent
    | BuildingEvent
    | CommunityEvent
    | ComplianceEvent
    | DevicesEvent
    | HouseholdEvent
    | RegisterEvent
    | ScenarioEvent
)
"""Every domain event; each carries `time` (when it held, UTC) and `recorded_at` (when the twin wrote it, UTC)."""

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""(event name, stored version) -> the function to the next version. `tests/aggregates/golden` keeps every old form."""


def tag_of(event: DomainEvent) -> str:
    """The event's stored type name, such as `community.registered.v1`."""
    return str(type(event).__struct_config__.tag)


@cache
def tags() -> tuple[str, ...]:
    """Stored type names of every domain event of today."""
    return tuple(str(kind.__struct_config__.tag) for kind in DomainEvent.__args__)


def encode(event: DomainEvent) -> bytes:
    """The stored form."""
    return msgspec.json.encode(event)


def decode(tag: str, state: bytes, upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS) -> DomainEvent | None:
    """The event as it is understood today, None for a tag that is not a domain event (kept in the log, passed over)."""
    name, _, number = tag.rpartition(".v")
    if tag not in tags() and (name, int(number or 0) if number.isdigit() else 0) not in upcasters:
        return None
    try:
        if tag in tags():
            return _dated(_decoder().decode(state))
        return _lifted(name, int(number), msgspec.json.decode(state), upcasters)
    except (msgspec.MsgspecError, KeyError) as error:
        raise CorruptEventError(f"a stored {tag} cannot be read ({error}); run `twin log verify`") from error


def _dated(event: DomainEvent) -> DomainEvent:
    """Lists of sites told before 2026-11 without a date stand at 1970: they hold from when they were told, as today."""
    if isinstance(event, CommunityRegistered | CommunityChanged) and event.time == EPOCH:
        holds: datetime = event.recorded_at
        return msgspec.structs.replace(event, time=holds)
    return event


def _lifted(
    name: str, version: int, stored: dict[str, Any], upcasters: Mapping[tuple[str, int], Upcaster]
) -> DomainEvent:
    while (name, version) in upcasters:
        stored, version = upcasters[name, version](stored), version + 1
    event: DomainEvent = msgspec.convert(stored | {"event": f"{name}.v{version}"}, DomainEvent)
    return event


@cache
def _decoder() -> msgspec.json.Decoder[DomainEvent]:
    return msgspec.json.Decoder(DomainEvent)
