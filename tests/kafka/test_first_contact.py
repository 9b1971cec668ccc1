"""What kafka-python only logs of a broker that refuses us, and what it does not know that it was."""

from __future__ import annotations

import logging

import kafka.errors as vendor
import pytest

from events.errors import BrokerRefusedError, BrokerUnavailableError
from events.kafka.kafka_python import first_contact, vendor_errors
from events.kafka.security import Security

NOWHERE = "127.0.0.1:1"
"""An address where nobody listens."""

HUNG_UP = vendor.KafkaConnectionError("socket disconnected")
NOT_THERE = vendor.KafkaConnectionError("Connection refused")
REFUSED = vendor.SaslAuthenticationFailedError("Authentication failed")
LATE = vendor.KafkaTimeoutError("timed out")

OVER_TLS = Security("SASL_SSL", "PLAIN", "ingester", "never-shown-9")
BARE = Security("SASL_PLAINTEXT", "PLAIN", "ingester", "never-shown-9")


def contact(security: Security, *errors: BaseException) -> None:
    """A start that ends in a time-out, after these errors in the library's log."""
    with vendor_errors(NOWHERE, security), first_contact(security):
        for error in errors:
            logging.getLogger("kafka.net.manager").warning("Bootstrap connection to %s failed: %s", NOWHERE, error)
        raise LATE


@pytest.mark.parametrize("errors", [(REFUSED,), (NOT_THERE, REFUSED, LATE), (HUNG_UP,) * 2, (HUNG_UP, HUNG_UP, LATE)])
def test_a_refusal_that_is_logged_or_hung_up_on_is_one(errors: tuple[BaseException, ...]) -> None:
    with pytest.raises(BrokerRefusedError, match=r"user 'ingester' .* check sasl.username") as refused:
        contact(OVER_TLS, *errors)
    assert "never-shown-9" not in str(refused.value)


@pytest.mark.parametrize(
    ("security", "errors"),
    [
        (OVER_TLS, ()),
        (OVER_TLS, (HUNG_UP,)),
        (OVER_TLS, (NOT_THERE,) * 5),
        (OVER_TLS, (HUNG_UP, HUNG_UP, NOT_THERE, NOT_THERE)),
        (BARE, (HUNG_UP,) * 5),
    ],
)
def test_a_broker_that_is_away_is_waited_for(security: Security, errors: tuple[BaseException, ...]) -> None:
    """Without TLS it may be a proxy whose broker is away that hangs up."""
    with pytest.raises(BrokerUnavailableError):
        contact(security, *errors)
