"""NotifyEvent of OCPP 2.0.1 and 2.1: what components of a station say of themselves, as states.

    Connector, EVSE, ChargingStation . AvailabilityState     `ocpp:<station>[:<evse>[.<connector>]]:status`
    any other component and variable                         `ocpp:<station>[:<evse>…]:<component>.<variable>`

In 2.1 (use case G01) the first takes the place of StatusNotification, so that it is the same point. A component or
variable that has an instance has it behind its name, `Fan[2].Active`. A token that was read is passed over: who charges
is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell
from events.feeds.charging.ocpp_places import evse_of, text_in, time_in
from events.feeds.refusals import quoted

AVAILABILITY = "AvailabilityState"
PLACES = ("ChargingStation", "EVSE", "Connector")
"""Components whose availability is a status."""

PERSONAL = ("token", "idtoken", "masterpassgroupid")
"""Variables that say who charges, in small letters."""


def state_of(event: Any, station: str, document: Callable[[], bytes]) -> Cell | None:
    """The state that one of `eventData` tells; None for a token. PayloadError when it is no such event."""
    component, variable = _named(event, "component"), _named(event, "variable")
    if text_in(variable, "name").casefold() in PERSONAL:
        return None
    evse = component.get("evse")
    place = f":{evse_of(evse)}" if isinstance(evse, dict) else ""
    whose, what = text_in(component, "name"), text_in(variable, "name")
    status = what == AVAILABILITY and whose in PLACES and "instance" not in component
    name = "status" if status else f"{_instance(component)}.{_instance(variable)}"
    return Cell(f"{station}{place}:{name}", STATE, time_in(event), text_in(event, "actualValue"), document)


def _named(event: Any, name: str) -> Mapping[str, Any]:
    found = event.get(name) if isinstance(event, dict) else None
    if not isinstance(found, dict):
        raise PayloadError(f"{name} {quoted(found)} is no object")
    return found


def _instance(named: Mapping[str, Any]) -> str:
    name = text_in(named, "name")
    return name if named.get("instance") is None else f"{name}[{text_in(named, 'instance')}]"
