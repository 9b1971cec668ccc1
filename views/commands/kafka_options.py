"""Options of every command that talks to Kafka."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from events.errors import UsageError
from events.ids import SourceId
from events.kafka.security import Security, security

if TYPE_CHECKING:
    from events.feeds.registry import Registry
    from events.kafka.source import KafkaSource

KafkaConfig = Annotated[
    Path | None,
    typer.Option(
        "--kafka-config",
        envvar="TWIN_KAFKA_CONFIG",
        metavar="FILE.toml",
        help="TLS and SASL settings by Kafka's names; the environment (TWIN_KAFKA_…) overrides 安全設定檔.",
    ),
]
Adapter = Annotated[
    str, typer.Option("--adapter", metavar="python|confluent", help="The client library; confluent is faster 用戶端.")
]
Share = Annotated[
    str, typer.Option("--share", metavar="K/N", help="Read as the K-th of N ingesters 第 K 個收錄程序，共 N 個.")
]


@dataclass(frozen=True)
class Reading:
    """How a broker is read: its address, what the options said, the formats there are (None: those built in), and
    topics beside theirs."""

    servers: str
    config: Path | None
    adapter: str
    share: str
    registry: Registry | None = None
    further_topics: tuple[str, ...] = ()

    def source(self, tracked: Callable[[SourceId], int | None]) -> KafkaSource:
        """The records behind what `tracked` says was landed; UsageError when an option is off."""
        from events.feeds.registry import BUILT_IN  # every decoder: only who reads pays for them
        from events.kafka.source import Adapter, KafkaSource, Share

        if self.adapter not in list(Adapter):
            raise UsageError(f"no adapter {self.adapter!r}; there are {', '.join(Adapter)}")
        registry = self.registry or BUILT_IN
        return KafkaSource(
            self.servers,
            tracked,
            topics=(*registry.by_topic, *self.further_topics),
            adapter=Adapter(self.adapter),
            security=security_of(self.config),
            share=Share.parse(self.share),
            registry=registry,
        )


def security_of(config: Path | None) -> Security:
    """What `--kafka-config` and the environment say."""
    return security(config)
