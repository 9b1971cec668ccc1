"""`twin feed`: a real endpoint polled, onto Kafka or straight into a city's log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from events.connectors.address import checked
from events.connectors.mqtt.address import address_of, is_mqtt
from events.connectors.parked import Parking
from events.connectors.patience import duration_s
from events.connectors.poller import Asked, Key, Poller, follow
from events.connectors.seen_files import Forgetful, Recollection, SeenFiles
from events.connectors.token import Authorized, Credentials
from events.connectors.transport import HttpTransport, Limits
from events.errors import UsageError
from events.feeds.decoded import Format
from events.feeds.registry import format_named
from events.monitoring.monitor import Page, health_page
from twin.place import Place
from views.commands.declaring import Declarations, declared
from views.commands.deliveries import Delivery, ToCity, ToKafka
from views.commands.kafka_options import KafkaConfig, security_of
from views.commands.mqtt_feed import Listening, client_id_of, listener_of
from views.commands.options import REFUSED, Json, show, tell
from views.commands.running import LogForm, LogLevel, configure_logs, stop_on_signals
from views.commands.watching import MetricsAt, Watching, metrics_page, served
from views.logs import LogFormat, in_json

if TYPE_CHECKING:
    from events.connectors.mqtt.listener import Listener
    from events.monitoring.metrics import Metrics

SHORT_NAMES = {"bus": "bus-estimate", "bike": "youbike", "air": "aqi"}
"""What people call a feed, where the format has another name."""

SECRET_WORDS = ("authorization", "cookie", "key", "token", "secret")

Pairs = list[str] | None
Name = Annotated[
    str,
    typer.Argument(metavar="FEED", help="youbike, bus, parking, aqi, airbox, gbfs, gtfs-rt … or any format 資料格式."),
]


def feed(
    name: Name,
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL", help="The endpoint; for GBFS its gbfs.json; mqtt://HOST:1883/TOPICS of a broker 網址."
        ),
    ],
    kafka: Annotated[
        str | None, typer.Option("--kafka", metavar="HOST:PORT", help="Publish on this broker 發布到訊息伺服器.")
    ] = None,
    kafka_config: KafkaConfig = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Another topic than the format's own 主題.")] = None,
    city: Annotated[
        Path | None, typer.Option("--city", metavar="DIR", help="Instead of Kafka: into this city's log 城市資料夾.")
    ] = None,
    every: Annotated[str, typer.Option("--every", metavar="60s|5m|1h", help="Time between two requests 間隔.")] = "60s",
    once: Annotated[bool, typer.Option("--once", help="One round, then end 只抓取一次.")] = False,
    header: Annotated[
        Pairs, typer.Option("--header", metavar="NAME:VALUE", help="A header for every request 標頭.")
    ] = None,
    key_env: Annotated[
        Pairs,
        typer.Option(
            "--key-env", metavar="HEADER=VARIABLE", help="A key from the environment, as a header 金鑰（標頭）."
        ),
    ] = None,
    query_key_env: Annotated[
        Pairs,
        typer.Option("--query-key-env", metavar="FIELD=VARIABLE", help="A key, as a query field 金鑰（網址參數）."),
    ] = None,
    token_url: Annotated[
        str | None,
        typer.Option("--token-url", metavar="URL", help="Get OAuth2 tokens there, as for TDX 存取權杖網址."),
    ] = None,
    client_id_env: Annotated[
        str, typer.Option("--client-id-env", metavar="VARIABLE", help="Holds the client id 用戶端識別碼變數.")
    ] = "TDX_CLIENT_ID",
    client_secret_env: Annotated[
        str, typer.Option("--client-secret-env", metavar="VARIABLE", help="Holds its secret 用戶端密鑰變數.")
    ] = "TDX_CLIENT_SECRET",
    with_topic: Annotated[
        bool, typer.Option("--with-topic", help="MQTT: the topic comes along, as JSON with topic and payload 附主題.")
    ] = False,
    rebirth: Annotated[
        bool, typer.Option("--rebirth", help="Sparkplug: ask nodes for a birth that was not seen 要求重新登錄.")
    ] = False,
    declarations: Declarations = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state",
            metavar="DIR",
            help="Keep here what was handed on, for the next start (a city keeps it) 狀態資料夾.",
        ),
    ] = None,
    timeout: Annotated[str, typer.Option("--timeout", metavar="60s", help="For one whole document 逾時.")] = "60s",
    max_mb: Annotated[int, typer.Option("--max-mb", min=1, help="Largest document, megabytes 檔案上限.")] = 64,
    metrics: MetricsAt = None,
    log_format: LogForm = LogFormat.HUMAN,
    log_level: LogLevel = None,
    json: Json = False,
) -> None:
    """Fetch a feed again and again, and hand on each document once. 定時抓取即時資料。

    Example: twin feed youbike https://example.org/youbike_immediate.json --kafka 127.0.0.1:9092 --every 60s

    Example: twin feed gbfs https://example.org/gbfs.json --city city --once

    Example: twin feed youbike https://example.org/Bike/Taipei --token-url https://example.org/token --city city

    Example: twin feed sparkplug mqtt://127.0.0.1:1883 --city city --key-env username=U --key-env password=P
    """
    form = format_named(SHORT_NAMES.get(name, name), declared(declarations, city))
    broker = address_of(url, form.name) if is_mqtt(url) else None
    address = broker.shown if broker else checked(url)
    if bool(kafka) == bool(city):
        raise UsageError("give either --kafka HOST:PORT or --city DIR")
    every_s, total_s = duration_s(every), duration_s(timeout)
    key = Key(_headers(header) | _secrets(key_env), _secrets(query_key_env))
    limits = Limits(min(10.0, total_s), min(20.0, total_s), total_s, max_mb * 1024 * 1024)
    configure_logs(log_format, log_level)
    credentials = _credentials(token_url, client_id_env, client_secret_env, key)
    transport = HttpTransport(limits, tuple(key.headers))
    stop = stop_on_signals(transport.cut)
    watching = Watching()
    delivery: Delivery = (
        ToKafka(kafka, topic, security_of(kafka_config)) if kafka else ToCity(Place(city or Path("city")), watching)
    )
    tally = _Tally()

    def report(asked: Asked) -> None:
        tally.take(asked)
        watching.metrics.asked(asked)

    if broker:
        how = Listening(client_id_of(broker, form, str(state or city or kafka)), key.headers, with_topic, rebirth)
        source: Poller | Listener = listener_of(broker, form, how, delivery, _kept(state, city), report)
    else:
        source = Poller(
            address,
            form,
            every_s,
            transport=Authorized(transport, transport, credentials, address) if credentials else transport,
            deliver=delivery.deliver,
            key=key,
            report=report,
            recollection=_recollection(state, city),
            parking=Parking(state / "parked" if state else None),
        )
        if not in_json():
            tell(f"{form.name}: asking every {every_s:g} s 抓取中")
    try:
        with served(metrics, _pages(watching.metrics, source, tally)):
            if isinstance(source, Poller):
                follow(source, stop.wait, once=once)
            else:
                source.follow(stop.wait, once=once)
    finally:
        delivery.close()
    _end(source, tally, form, stopped=stop.is_set(), as_json=json)


class Failing(Protocol):
    """What is asked or listened to."""

    def failing(self) -> list[str]:
        """Addresses, without secrets, that fail."""


def _kept(state: Path | None, city: Path | None) -> Path | None:
    """Where a feed keeps what it must not forget: `state`, else the city's own place for it."""
    return state or (city / "checkpoints" / "feeds" if city else None)


def _recollection(state: Path | None, city: Path | None) -> Recollection:
    """What was handed on before, where something is kept at all."""
    kept = _kept(state, city)
    return SeenFiles(kept) if kept else Forgetful()


def _pages(metrics: Metrics, poller: Failing, tally: _Tally) -> dict[str, Page]:
    """Well is a feed that was asked for and whose endpoints all answered last time."""

    def health() -> tuple[bool, dict[str, Any]]:
        failing = poller.failing()
        asked = bool(tally.counts["requests"])
        return asked and not failing, {"failing": failing, **tally.counts}

    page = health_page(health)
    return {"/metrics": metrics_page(metrics), "/healthz": page, "/readyz": page}


def _end(poller: Failing, tally: _Tally, form: Format, *, stopped: bool, as_json: bool) -> None:
    failing = poller.failing()
    show({"feed": form.name, **tally.counts, "failing": failing}, as_json=as_json)
    if (failing or tally.counts["parked"]) and not stopped:
        raise typer.Exit(REFUSED)


class _Tally:
    """What became of all requests."""

    def __init__(self) -> None:
        self.counts = {"requests": 0, "documents": 0, "same": 0, "parked": 0, "failures": 0, "messages": 0, "bytes": 0}

    def take(self, asked: Asked) -> None:
        outcome = asked.outcome if asked.outcome in ("same", "parked") else "failures" if asked.failed else "documents"
        for name, count in (("requests", 1), (outcome, 1), ("messages", asked.messages), ("bytes", asked.size_bytes)):
            self.counts[name] += count


def _headers(words: Pairs) -> dict[str, str]:
    pairs = [word.partition(":") for word in words or ()]
    for name, colon, value in pairs:
        if not (name.strip() and colon and value.strip()):
            raise UsageError(f"--header {name!r}… is not NAME:VALUE")
        if any(word in name.lower() for word in SECRET_WORDS):
            raise UsageError(f"--header {name}: a key on the command line is seen by everyone; use --key-env")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _secrets(words: Pairs) -> dict[str, str]:
    """Fields whose values stand in the environment; a bare Authorization token becomes a Bearer's."""
    found: dict[str, str] = {}
    for word in words or ():
        name, equals, variable = word.partition("=")
        if not (name and equals and variable):
            raise UsageError(f"{word!r} is not NAME=VARIABLE; write for example X-Api-Key=MOENV_KEY")
        value = _from_environment(variable, f"the key for {name}")
        is_bare = name.lower() == "authorization" and " " not in value
        found[name] = f"Bearer {value}" if is_bare else value
    return found


def _credentials(token_url: str | None, id_variable: str, secret_variable: str, key: Key) -> Credentials | None:
    """Who asks for tokens, where a token endpoint is given."""
    if token_url is None:
        return None
    if any(name.lower() == "authorization" for name in key.headers):
        raise UsageError("--token-url sends an Authorization of its own; leave --key-env Authorization=… out")
    client_id = _from_environment(id_variable, "the client id for --token-url")
    return Credentials(token_url, client_id, _from_environment(secret_variable, "the client secret for --token-url"))


def _from_environment(variable: str, what: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        raise UsageError(f"the environment has no {variable}; set it to {what}")
    return value
