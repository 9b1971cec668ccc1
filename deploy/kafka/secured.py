"""A second listener that asks who is there: SASL_SSL on loopback, beside the plain one that the broker itself uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MECHANISMS = ("PLAIN", "SCRAM-SHA-512")
_LOGIN = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class Secured:
    """Port, the broker's certificate and key (PKCS 12 and its password), and the users with their passwords."""

    port: int
    keystore: Path
    keystore_password: str
    users: Mapping[str, str]

    def listener(self, host: str) -> str:
        """As the broker's `listeners` takes it."""
        return f"SASL_SSL://{host}:{self.port}"

    def properties(self) -> str:
        """Lines of `server.properties`: TLS, and PLAIN and SCRAM-SHA-512 for the same users."""
        users = " ".join(f'user_{name}="{password}"' for name, password in self.users.items())
        own = "listener.name.sasl_ssl"
        return (
            f"sasl.enabled.mechanisms={','.join(MECHANISMS)}\n"
            f"{own}.ssl.keystore.type=PKCS12\n"
            f"{own}.ssl.keystore.location={self.keystore}\n"
            f"{own}.ssl.keystore.password={self.keystore_password}\n"
            f"{own}.plain.sasl.jaas.config={_LOGIN}.plain.PlainLoginModule required {users};\n"
            f"{own}.scram-sha-512.sasl.jaas.config={_LOGIN}.scram.ScramLoginModule required;\n"
        )

    def format_words(self) -> list[str]:
        """Words for `StorageTool format`: SCRAM passwords are part of the new storage."""
        return [f"--add-scram=SCRAM-SHA-512=[name={name},password={password}]" for name, password in self.users.items()]
