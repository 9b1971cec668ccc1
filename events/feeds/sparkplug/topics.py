"""Topics of Sparkplug B: spBv1.0/<group>/<type>/<node>[/<device>]."""

from __future__ import annotations

from dataclasses import dataclass

from events.errors import PayloadError

NAMESPACE = "spBv1.0"
OF_NODES = ("NBIRTH", "NDATA", "NDEATH")
OF_DEVICES = ("DBIRTH", "DDATA", "DDEATH")

FILTERS = (*(f"{NAMESPACE}/+/{kind}/+" for kind in OF_NODES), *(f"{NAMESPACE}/+/{kind}/+/+" for kind in OF_DEVICES))
"""Filters of all that tells something of the world; commands and hosts' states do not."""


@dataclass(frozen=True)
class Topic:
    """Who a message is of: `device` is "" of a node's own messages."""

    group: str
    kind: str
    node: str
    device: str = ""

    @property
    def edge(self) -> str:
        """The node's identity."""
        return f"{self.group}/{self.node}"

    @property
    def point(self) -> str:
        """What points of the node, or of its device, begin with."""
        return f"sparkplug:{self.edge}/{self.device}" if self.device else f"sparkplug:{self.edge}"

    def data(self) -> str:
        """The topic on which data of the same node or device come."""
        words = [NAMESPACE, self.group, "DDATA" if self.device else "NDATA", self.node]
        return "/".join([*words, self.device] if self.device else words)


def topic_of(text: str) -> Topic:
    """The topic; PayloadError for any that tells nothing of a node or a device."""
    space, *words = text.split("/")
    if space == NAMESPACE and all(words):
        if len(words) == 3 and words[1] in OF_NODES:
            return Topic(*words)
        if len(words) == 4 and words[1] in OF_DEVICES:
            return Topic(*words)
    raise PayloadError(f"topic {text[:120]!r} is none of {NAMESPACE}/group/NBIRTH, NDATA, NDEATH/node, DBIRTH …/device")
