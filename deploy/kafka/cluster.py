"""Three real brokers on loopback, each broker and controller: every record on three disks, two of which are enough.

with Cluster(directory) as cluster:
    cluster.brokers[0].kill()
    KafkaProducer(bootstrap_servers=cluster.addresses, acks="all")
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from deploy.kafka.broker import Broker, cluster_id, free_ports
from deploy.kafka.properties import Member

NODES = 3


class Cluster:
    """Brokers that know one another; each can be killed, stopped and started again alone."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing starts yet."""
        name, controllers = cluster_id(), free_ports(NODES)
        self.brokers = [
            Broker(data_dir / f"node-{node}", member=Member(node, tuple(controllers), name))
            for node in range(1, NODES + 1)
        ]
        self._open = ExitStack()

    @property
    def addresses(self) -> str:
        """All brokers, as clients' `bootstrap_servers` take them."""
        return ",".join(broker.address for broker in self.brokers)

    def __enter__(self) -> Cluster:
        """All started: the first answers only when a second votes for it, so none is waited for before all run."""
        for broker in self.brokers:
            self._open.callback(broker.stop)
            broker.launch()
        for broker in self.brokers:
            broker.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """All stopped."""
        self._open.close()
