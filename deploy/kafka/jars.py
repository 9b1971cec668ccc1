"""Kafka's jars: fetched once by Maven into the checkout's cache, one directory for each version of `pom.xml`.

Standard library only: any Python 3.9+ runs it before an environment exists.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "kafka"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
JAVA_NEEDED = 17  # the oldest release that Kafka 4 brokers run on


class BrokerError(RuntimeError):
    """The broker cannot be started: what is missing, and how to get it."""


def java() -> str:
    """The path of a Java 17+ launcher: `JAVA_HOME`'s, else the one on PATH. Raises `BrokerError`."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if found is None:
        raise BrokerError("java is missing: install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless)")
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    release = re.search(r'version "(?:1\.)?(\d+)', told)
    if release is None or int(release[1]) < JAVA_NEEDED:
        first = told.strip().partition("\n")[0]
        raise BrokerError(f"{found} says {first!r}: Kafka needs Java {JAVA_NEEDED} or newer; set JAVA_HOME to one")
    return found


def jars() -> Path:
    """The directory that holds the broker's jars; fetched on first use. Raises `BrokerError`."""
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()
    there = CACHE / f"jars-{digest[:12]}"
    return there if there.is_dir() else _fetch(there)


def _fetch(there: Path) -> Path:
    """Into a directory of its own, then renamed: a half-fetched cache is never taken for a whole one."""
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerError("mvn is missing: install Maven (Debian: apt-get install maven), it fetches Kafka's jars once")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as draft:
        wanted = Path(draft) / "jars"
        options = ["-q", "-B", "-f", str(POM), "-DincludeScope=runtime", f"-DoutputDirectory={wanted}"]
        ran = subprocess.run([maven, *options, COPY], capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise BrokerError(f"Maven could not fetch Kafka's jars ({POM.name}):\n{(ran.stdout + ran.stderr).strip()}")
        if not there.is_dir():
            wanted.rename(there)
    return there
