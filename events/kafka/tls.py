"""Why a broker does not let us in: what the client libraries only log, asked of the broker itself."""

from __future__ import annotations

import socket
import ssl

from events.kafka.security import Security

TIMEOUT_S = 3.0


def explained(servers: str, security: Security, refusal: str = "") -> str | None:
    """What to check, when the broker's certificate, our name or our protocol is the matter; None: it is something else.

    `refusal` is what the broker said about our name or our rights, if it did.
    """
    for server in servers.split(","):
        if (reason := _handshake(server.strip(), security)) is not None:
            return reason
    if not refusal:
        return None
    who = f"user {security.username!r} ({security.mechanism})" if security.is_sasl else "we, without a name,"
    return f"{who} may not: {refusal}; check sasl.username, sasl.password and sasl.mechanism, and the user's rights"


def _handshake(server: str, security: Security) -> str | None:
    """What is wrong with TLS between this server and us."""
    host, _, port = server.rpartition(":")
    try:
        with (
            socket.create_connection((host.strip("[]"), int(port)), TIMEOUT_S) as plain,
            _context(security).wrap_socket(plain, server_hostname=host.strip("[]")),
        ):
            return None if security.is_tls else f"it speaks TLS; set security.protocol to {_with_tls(security)}"
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message or "not verified"
        return (
            f"its certificate is not trusted ({why}); check ssl.ca.location and the name or address in the certificate"
        )
    except ssl.SSLError as error:
        return f"no TLS with it ({error.reason}); check security.protocol and the port" if security.is_tls else None
    except (OSError, ValueError):  # not there, or no address: nothing to say about TLS
        return None


def _context(security: Security) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=security.ca_file)
    if security.is_tls and security.certificate_file:
        context.load_cert_chain(security.certificate_file, security.key_file, security.key_password)
    if not security.is_tls or security.identification == "none":
        context.check_hostname = False
    if not security.is_tls:
        context.verify_mode = ssl.CERT_NONE
    return context


def _with_tls(security: Security) -> str:
    return "SASL_SSL" if security.is_sasl else "SSL"
