"""One connection to an MQTT broker (paho-mqtt, MQTT 3.1.1): the only door to paho.

The session outlives the connection: what comes with QoS 1 while we are away is kept by the broker and comes later, and
what was handed on is acknowledged only then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from paho.mqtt.client import MQTT_ERR_SUCCESS, Client, MQTTMessage, MQTTv311, error_string
from paho.mqtt.enums import CallbackAPIVersion

from events.clock import now
from events.connectors.mqtt.address import Address
from events.errors import BrokerRefusedError, BrokerUnavailableError, SourceError

QOS = 1
KEEPALIVE_S = 60
PATIENCE_S = 10.0
"""How long a broker may take to answer."""


@dataclass(frozen=True)
class Message:
    """One message as it arrived (UTC); `mid` and `qos` are what its acknowledgement names."""

    topic: str
    body: bytes
    received_at: datetime
    mid: int
    qos: int


class Wire:
    """A connection that is made by `open` and pumped by `take`; nothing runs beside the caller."""

    def __init__(self, address: Address, client_id: str, key: Mapping[str, str]) -> None:
        self._address = address
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id, clean_session=False, protocol=MQTTv311, manual_ack=True
        )
        if key.get("username"):
            self._client.username_pw_set(key["username"], key.get("password"))
        if address.is_secure:
            self._client.tls_set()
        self._client.connect_timeout = PATIENCE_S
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._came
        self._messages: list[Message] = []
        self._fault: SourceError | None = None
        self.is_listening = False

    def open(self) -> None:
        """Connect; BrokerUnavailableError when nobody answers. Listening begins while messages are taken."""
        self._fault, self.is_listening = None, False
        try:
            self._client.connect(self._address.host, self._address.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise BrokerUnavailableError(f"{self._address.shown}: no MQTT broker answers ({error})") from error

    def take(self, wait_s: float) -> list[Message]:
        """What came within `wait_s`; BrokerRefusedError or BrokerUnavailableError once the connection ended."""
        ended = self._client.loop(wait_s)
        if self._fault is not None:
            raise self._fault
        if ended != MQTT_ERR_SUCCESS:
            raise BrokerUnavailableError(f"{self._address.shown}: the connection ended ({error_string(ended)})")
        taken, self._messages = self._messages, []
        return taken

    def acknowledge(self, message: Message) -> None:
        """Tell the broker that a message is kept here."""
        if message.qos:
            self._client.ack(message.mid, message.qos)

    def publish(self, topic: str, body: bytes) -> None:
        """Send one message, without waiting."""
        self._client.publish(topic, body)

    def close(self) -> None:
        """Leave in good order; the broker keeps the session."""
        self._client.disconnect()

    def _connected(self, client: Client, data: Any, flags: Any, code: Any, properties: Any) -> None:
        if code.is_failure:
            self._fault = BrokerRefusedError(f"{self._address.shown}: the broker refuses us ({code}); see --key-env")
        else:
            client.subscribe([(one, QOS) for one in self._address.filters])

    def _subscribed(self, client: Client, data: Any, mid: int, codes: list[Any], properties: Any) -> None:
        if any(code.is_failure for code in codes):
            self._fault = BrokerRefusedError(f"{self._address.shown}: the broker does not let us listen there")
        self.is_listening = True

    def _came(self, client: Client, data: Any, message: MQTTMessage) -> None:
        body = bytes(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._messages.append(Message(topic, body, now(), message.mid, message.qos))
