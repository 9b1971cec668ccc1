"""`twin feed FORMAT mqtt://…`: a broker's topics listened to, onto Kafka or straight into a city's log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from events.connectors.mqtt.address import Address
from events.connectors.parked import Parking
from events.feeds.decoded import Format
from views.commands.deliveries import Delivery
from views.commands.options import tell
from views.logs import in_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from events.connectors.mqtt.listener import Listener
    from events.connectors.poller import Asked


@dataclass(frozen=True)
class Listening:
    """How to listen: whose session it is, user and password, whether topics come along and births are asked for."""

    client_id: str
    key: Mapping[str, str]
    with_topic: bool = False
    asks_for_births: bool = False


def client_id_of(address: Address, form: Format, where: str) -> str:
    """A name that stays the same from start to start, so that the broker keeps what comes in between."""
    digest = hashlib.sha256(f"{address.shown} {form.name} {where}".encode()).hexdigest()
    return f"twin-{form.name[:20]}-{digest[:16]}"


def listener_of(
    address: Address,
    form: Format,
    how: Listening,
    delivery: Delivery,
    state: Path | None,
    report: Callable[[Asked], None],
) -> Listener:
    """A listener that hands on to `delivery`."""
    from events.connectors.mqtt.documents import Documents
    from events.connectors.mqtt.listener import Feed, Listener
    from events.connectors.mqtt.wire import Wire

    if not in_json():
        tell(f"{form.name}: listening to {', '.join(address.filters)} 接收中")
    return Listener(
        Feed(form, address.shown),
        Wire(address, how.client_id, how.key),
        Documents(form, with_topic=how.with_topic),
        deliver=delivery.deliver,
        parking=Parking(state / "parked" if state else None),
        report=report,
        asks_for_births=how.asks_for_births,
    )
