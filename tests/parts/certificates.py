"""Certificates of a test's own, made by the JDK's keytool, which is wherever the broker is."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.kafka.jars import java

PASSWORD = "for-this-test"  # of a key that lives as long as the test


@dataclass(frozen=True)
class Certified:
    """A server's key and certificate (PKCS 12), and the certificate of who vouches for it (PEM)."""

    keystore: Path
    ca_file: Path


def certified(directory: Path, name: str = "broker") -> Certified:
    """A key pair for 127.0.0.1 that vouches for itself."""
    keystore, ca_file = directory / f"{name}.p12", directory / f"{name}.pem"
    words = ["-alias", name, "-keystore", str(keystore), "-storepass", PASSWORD]
    names = ["-ext", "bc:c=ca:true", "-ext", "san=ip:127.0.0.1", "-dname", f"CN={name}"]
    _keytool("-genkeypair", "-keyalg", "EC", "-validity", "2", "-storetype", "PKCS12", *names, *words)
    _keytool("-exportcert", "-rfc", "-file", str(ca_file), *words)
    return Certified(keystore, ca_file)


def _keytool(*words: str) -> None:
    subprocess.run([Path(java()).resolve().with_name("keytool"), *words], check=True, capture_output=True)
