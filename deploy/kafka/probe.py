"""Does a Kafka broker answer, and is it ready for work? One Metadata request, by hand."""

from __future__ import annotations

import socket
import struct

# Kafka protocol guide: Request header v1 (api_key 3 = Metadata, api_version 1, correlation_id, client_id), body v1:
# an empty array of topics. Response v1: correlation_id, then an array of the brokers that are ready.
_BODY = struct.pack(">hhih5si", 3, 1, 42, 5, b"probe", 0)
_REQUEST = struct.pack(">i", len(_BODY)) + _BODY


def answers(host: str, port: int, timeout_s: float = 2) -> bool:
    """Whether a broker at `host:port` lists itself as ready (while starting up, a KRaft broker lists none)."""
    try:
        with socket.create_connection((host, port), timeout_s) as connection:
            connection.sendall(_REQUEST)
            with connection.makefile("rb") as reply:
                head = reply.read(12)
    except OSError:
        return False
    if len(head) < 12:
        return False
    _, correlation_id, brokers = struct.unpack(">iii", head)
    return bool(correlation_id == 42 and brokers > 0)
