"""The error tree. Every message says what, where, which value, and what to do.

    TwinError
    ├── UsageError (ValueError)            a caller's words are off: a naive time, an unknown format
    │   ├── NaiveTimeError
    │   ├── UnknownFormatError
    │   ├── DeclarationError           a declared sensor type says something that is not allowed
    │   └── MissingExtraError (ImportError)  a library of an optional extra is not installed
    ├── PayloadError (ValueError)          bytes that no decoder takes: they go to quarantine
    ├── LogError
    │   ├── LogUnavailableError (OSError)  locked, full disk, no permission, server gone
    │   │   ├── LogReplacedError           another log lies where this one lay: open files of it are behind
    │   │   └── ClockAheadError            this writer's clock is ahead of the log and of its store
    │   ├── ConflictError                  another writer was first: reload and retry
    │   ├── CorruptEventError (ValueError) a stored event does not match its digest
    │   └── DamagedBackupError (ValueError) a file of a backup is absent or not what was backed up
    ├── SourceError
    │   ├── BrokerUnavailableError (ConnectionError)
    │   ├── BrokerRefusedError (PermissionError) wrong password, untrusted certificate, no right
    │   ├── OffsetGapError                 tracked offsets are gone from the topic
    │   ├── UnreadableError (ValueError)   records that the client library cannot read: their partition stands still
    │   ├── RecordRefusedError (ValueError) one document that the broker refuses, while it takes others
    │   └── FetchError                     a feed's server gave no whole document
    ├── DamagedLakeError (ValueError)      a file of the lake whose bytes are not what was written; the log has it all
    │   └── LakeMovedError                 a file of the lake that is gone: another process made the lake anew meanwhile
    ├── HistoryLetGoError (LookupError)    an instant that the lake's retention has let go; the log still has it
    └── DomainError (ValueError)           a command that a correct caller would not give

`bim` stands beside `events` and has its own root, `bim.errors.BimError`; the command line shows both alike.
"""

from __future__ import annotations


class TwinError(Exception):
    """Root of every error of ours that a user may see."""


class UsageError(TwinError, ValueError):
    """A caller's words are off."""


class NaiveTimeError(UsageError):
    """A time without a zone where RFC 3339 is asked for."""


class UnknownFormatError(UsageError):
    """A format name that the registry does not hold."""


class DeclarationError(UsageError):
    """A declaration of a sensor type; the message names the file, the key, the value and what is allowed."""


class MissingExtraError(UsageError, ImportError):
    """A library that comes with an optional extra is not installed."""


class PayloadError(TwinError, ValueError):
    """Bytes that a decoder cannot take; the message is the reason kept in quarantine."""


class LogError(TwinError):
    """The log cannot do what was asked."""


class LogUnavailableError(LogError, OSError):
    """The log's store cannot be reached or written."""


class LogReplacedError(LogUnavailableError):
    """The log's file was replaced (a restore) or taken away while it was open; what follows uses the one there now."""


class ClockAheadError(LogUnavailableError):
    """A writer's clock is more than a minute ahead of the log's last record and of its store; nothing was written."""


class ConflictError(LogError):
    """Another writer appended to the same stream or source first."""


class CorruptEventError(LogError, ValueError):
    """A stored event does not match its digest or its tag's schema."""


class DamagedBackupError(LogError, ValueError):
    """A file of a backup is absent, or is not what was backed up; the message names it."""


class SourceError(TwinError):
    """A source of records cannot be read."""


class BrokerUnavailableError(SourceError, ConnectionError):
    """No broker (Kafka, MQTT) answers at the given address."""


class BrokerRefusedError(SourceError, PermissionError):
    """The broker does not let us in, or we do not trust it: waiting does not help."""


class OffsetGapError(SourceError):
    """Offsets between the tracked one and the topic's first are gone."""


class UnreadableError(SourceError, ValueError):
    """Records that the client library cannot read: a codec it lacks, a batch that is damaged."""


class RecordRefusedError(SourceError, ValueError):
    """One document that the broker refuses for what it is; others are taken. `limit_bytes` where its size is why."""

    def __init__(self, reason: str, limit_bytes: int | None = None) -> None:
        super().__init__(reason)
        self.limit_bytes = limit_bytes


class FetchError(SourceError):
    """A feed's server gave no whole document; never names the address, which may hold a key.

    `kind` is one word to count by: timeout, connection, tls, redirect, too-large, incomplete, busy, server, refused.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class DamagedLakeError(TwinError, ValueError):
    """A file of the lake cannot be read; the message names it. The log has all that it held."""


class LakeMovedError(DamagedLakeError):
    """A file of the lake that a reader still counted on is gone; the lake that stands there now answers the same."""


class HistoryLetGoError(TwinError, LookupError):
    """An instant before what the lake keeps of a family; the log still has it."""


class DomainError(TwinError, ValueError):
    """A command that breaks an invariant of its aggregate."""
