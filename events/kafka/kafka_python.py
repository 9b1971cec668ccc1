"""The kafka-python client: the adapter that is always there."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka import errors as vendor
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.consumer.fetcher import RecordTooLargeError

from events.errors import BrokerRefusedError, BrokerUnavailableError, OffsetGapError, SourceError, UnreadableError
from events.kafka.port import FETCH_BYTES, POLL_RECORDS, Fetched, Partition, Topic
from events.kafka.security import LOOPBACK, Security
from events.kafka.tls import explained

PATIENCE: dict[str, Any] = {"bootstrap_timeout_ms": 10_000}
"""How long a broker that does not answer is waited for at the start."""

_AWAY = (
    vendor.KafkaTimeoutError, vendor.KafkaConnectionError, vendor.BrokerNotAvailableError, vendor.NodeNotReadyError,
    vendor.RetriableError, OSError,
)  # fmt: skip
_REFUSED = (vendor.SaslAuthenticationFailedError, vendor.UnsupportedSaslMechanismError, vendor.AuthorizationError)
_DAMAGED = (vendor.CorruptRecordError, vendor.UnsupportedCodecError, RecordTooLargeError, gzip.BadGzipFile)
_GONE = (vendor.OffsetOutOfRangeError, vendor.NoOffsetForPartitionError)


class PythonClient:
    """A `kafka_port.Client` over kafka-python."""

    def __init__(self, servers: str, security: Security = LOOPBACK, settings: Mapping[str, Any] | None = None) -> None:
        """`settings` are kafka-python's own, over ours."""
        self._servers, self._security = servers, security
        common = PATIENCE | arguments(security) | dict(settings or {})
        with vendor_errors(servers, security), first_contact(security):
            self._admin = KafkaAdminClient(bootstrap_servers=servers, **common)
            self._consumer = KafkaConsumer(
                bootstrap_servers=servers,
                enable_auto_commit=False,
                auto_offset_reset="none",
                isolation_level="read_committed",
                max_poll_records=POLL_RECORDS,
                max_partition_fetch_bytes=FETCH_BYTES,
                fetch_max_bytes=4 * FETCH_BYTES,
                fetch_max_wait_ms=100,
                allow_auto_create_topics=False,
                metadata_max_age_ms=10_000,
                **common,
            )

    def topics(self, wanted: Collection[str]) -> Mapping[str, Topic]:
        """Those of the wanted topics that are there, by name."""
        with vendor_errors(self._servers, self._security):
            names = sorted(set(self._admin.list_topics()) & set(wanted))
            described = self._admin.describe_topics(names) if names else []
            compacted = self._compacted(names)
        return {
            t["name"]: Topic(str(t["topic_id"]).replace("-", ""), len(t["partitions"]), t["name"] in compacted)
            for t in described
        }

    def reach(self, partitions: Collection[Partition]) -> Mapping[Partition, tuple[int, int]]:
        """First offset that is there, and the one that the next record will get."""
        asked = [TopicPartition(*p) for p in partitions]
        with vendor_errors(self._servers, self._security):
            first, end = self._consumer.beginning_offsets(asked), self._consumer.end_offsets(asked)
        return {Partition(*p): (first[p], end[p]) for p in asked}

    def assign(self, starts: Mapping[Partition, int]) -> None:
        """Hold exactly these partitions, and go on reading at these offsets."""
        with vendor_errors(self._servers, self._security):
            self._consumer.assign([TopicPartition(*p) for p in sorted(starts)])
            for partition, offset in starts.items():
                self._consumer.seek(TopicPartition(*partition), offset)

    def positions(self) -> Mapping[Partition, int]:
        """Offset that each partition held is read at next."""
        with vendor_errors(self._servers, self._security):
            return {Partition(*p): self._consumer.position(p) for p in self._consumer.assignment()}

    def poll(self, timeout_s: float) -> Sequence[Fetched]:
        """The next records, a column at a time.

        After an UnreadableError this client is done for: kafka-python 3.0.12 keeps the batch that it could not read in
        hand, and its next poll never comes back. Drop this when it lets go of such a batch.
        """
        with vendor_errors(self._servers, self._security), _readable(self._servers):
            found = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        return [_columns(Partition(*p), records) for p, records in found.items()]

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close(autocommit=False)
        self._admin.close()

    def _compacted(self, names: Sequence[str]) -> set[str]:
        """Topics whose records may vanish one by one; all of them where we may not ask: a hole is told then, too."""
        asked = [ConfigResource(ConfigResourceType.TOPIC, name, ["cleanup.policy"]) for name in names]
        try:
            told = self._admin.describe_configs(asked, config_filter="all") if asked else {}
        except vendor.AuthorizationError:
            return set(names)
        return {
            n for n, c in told.get("topic", {}).items() if "compact" in str(c.get("cleanup.policy", {}).get("value"))
        }


@contextmanager
def _readable(servers: str) -> Iterator[None]:
    """Whatever a batch does to the library, as ours: codecs and parsers raise errors of many kinds."""
    try:
        yield
    except _DAMAGED as error:
        raise UnreadableError(f"{servers}: kafka-python cannot read a batch ({error})") from error
    except (vendor.KafkaError, OSError):
        raise
    except Exception as error:  # a codec's own errors have no common root
        raise UnreadableError(
            f"{servers}: kafka-python cannot read a batch ({type(error).__name__}: {error})"
        ) from error


def arguments(security: Security) -> dict[str, Any]:
    """`security` in kafka-python's words."""
    told = {
        "security_protocol": security.protocol,
        "sasl_mechanism": security.mechanism,
        "sasl_plain_username": security.username,
        "sasl_plain_password": security.password,
        "ssl_cafile": security.ca_file,
        "ssl_certfile": security.certificate_file,
        "ssl_keyfile": security.key_file,
        "ssl_password": security.key_password,
        "ssl_check_hostname": security.identification == "https",
    }
    return {name: value for name, value in told.items() if value is not None}


_HUNG_UP = "socket disconnected"


@contextmanager
def first_contact(security: Security) -> Iterator[None]:
    """A refused password raises, instead of a time-out.

    kafka-python 3.0.12 tells of it in its log only, and goes on trying: drop this when its bootstrap raises. Where
    the refusal and the end of the connection are read at once, as on a busy machine, it keeps the latter: a broker that
    hangs up at every login, each time after its TLS handshake, has refused us.
    """
    heard = _Heard()
    log = logging.getLogger("kafka.net.manager")
    before = log.level, log.propagate
    log.addHandler(heard)
    log.setLevel(logging.WARNING)
    log.propagate = False
    try:
        yield
    except _AWAY as error:
        raise _refusal(heard.errors, security) or error from error
    finally:
        log.removeHandler(heard)
        log.level, log.propagate = before


def _refusal(heard: Sequence[BaseException], security: Security) -> BaseException | None:
    """What among the errors of a first contact says that we were refused."""
    told = next((error for error in heard if isinstance(error, _REFUSED)), None)
    hung_up = sum(_HUNG_UP in str(error) for error in heard)
    if told or not (security.is_sasl and security.is_tls) or hung_up < max(2, len(heard) - 1):
        return told
    refused: BaseException = vendor.SaslAuthenticationFailedError("it hung up at every login")
    return refused  # at every one but the last, perhaps, which our own time-out ended


class _Heard(logging.Handler):
    """Keeps the errors that are logged."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record's errors."""
        self.errors += [word for word in record.args or () if isinstance(word, BaseException)]


@contextmanager
def vendor_errors(servers: str, security: Security = LOOPBACK) -> Iterator[None]:
    """kafka-python's errors as ours."""
    try:
        yield
    except _GONE as error:
        raise OffsetGapError(
            f"{servers}: an offset asked for is gone ({error}); looking where the topic begins"
        ) from error
    except _REFUSED as error:
        raise BrokerRefusedError(f"{servers}: {explained(servers, security, str(error))}") from error
    except _AWAY as error:
        if (reason := explained(servers, security)) is not None:
            raise BrokerRefusedError(f"{servers}: {reason}") from error
        raise BrokerUnavailableError(f"{servers}: no Kafka broker answers ({error}); {security.to_check}") from error
    except vendor.KafkaError as error:
        raise SourceError(f"{servers}: Kafka refused: {error}") from error


def _columns(partition: Partition, records: Sequence[Any]) -> Fetched:
    columns = list(zip(*records, strict=True))  # a record is a named tuple: its fields are the columns
    at = {name: index for index, name in enumerate(records[0]._fields)}
    return Fetched(
        partition, columns[at["offset"]], columns[at["timestamp"]], columns[at["value"]], columns[at["headers"]]
    )
