"""Numbers of ESPI (espiDerived.xsd): units of measure, qualities, and the OBIS codes that its reading types are."""

from __future__ import annotations

from events.observations import Quality

CUBIC_FOOT_M3 = 0.028316846592
"""0.3048 cubed, exactly."""

UNITS: dict[str, tuple[str, float]] = {
    "0": ("", 1), "111": ("", 1), "5": ("A", 1), "23": ("Cel", 1), "29": ("V", 1), "31": ("J", 1), "33": ("Hz", 1),
    "38": ("W", 1), "39": ("Pa", 1), "42": ("m3", 1), "166": ("m3", 1), "167": ("m3", 1), "61": ("VA", 1),
    "63": ("var", 1), "71": ("kVAh", 1e-3), "72": ("Wh", 1), "73": ("varh", 1), "82": ("l/s", 1), "45": ("m3/s", 1),
    "119": ("m3", CUBIC_FOOT_M3), "120": ("m3", CUBIC_FOOT_M3), "125": ("m3/s", 1 / 3600),
    "128": ("m3", 0.003785411784), "130": ("m3", 0.00454609), "134": ("l", 1), "156": ("l", 1), "157": ("l", 1),
    "132": ("J", 1055.05585262), "169": ("J", 105_480_400.0),
}  # fmt: skip
"""uom -> SenML unit and factor; gallons are those of the United States (128) and imperial ones (130), the therm (169)
that of the United States (15 U.S.C. 205)."""

QUALITIES = {
    "7": Quality.MANUAL, "8": Quality.ESTIMATED, "9": Quality.ESTIMATED, "10": Quality.INVALID,
    "11": Quality.SUBSTITUTED, "12": Quality.ESTIMATED, "13": Quality.ESTIMATED,
}  # fmt: skip
"""quality of a reading -> ours; every other is measured (valid, raw, verified, fit for a bill)."""

REGISTERS = frozenset({"1", "2", "3", "9"})
"""accumulationBehaviour of a value that only grows: bulk quantity, continuous cumulative, cumulative, latching."""

INTERVALS = frozenset({"", "0", "4"})
"""accumulationBehaviour of what was used in the interval: delta data, and where nothing is told."""

ELECTRIC = {"1": "1-0:1", "19": "1-0:2", "": "1-0:1", "0": "1-0:1"}
"""flowDirection -> OBIS code of active energy, forward (import) and reverse (export)."""

VOLUMES = {"gas": "7-0:3.0.0", "water": "8-0:1.0.0"}


def code_of(uom: str, unit: str, behaviour: str, flow: str, service: str) -> str:
    """What follows the usage point in a point's name: an OBIS code where ESPI's numbers are one, else `uom-…`.

    A register of energy is 1.8.0, energy of an interval 1.29.0, as in NEM12: the one grows, the other does not.
    """
    if uom == "72" and flow in ELECTRIC:
        if behaviour in REGISTERS:
            return f"{ELECTRIC[flow]}.8.0"
        if behaviour in INTERVALS:
            return f"{ELECTRIC[flow]}.29.0"
    if unit in ("m3", "l") and behaviour in REGISTERS and service in VOLUMES:
        return VOLUMES[service]
    return "-".join(["uom", uom, *(f"{word}{told}" for word, told in (("a", behaviour), ("f", flow)) if told)])


SERVICES = {"0": "electricity", "1": "gas", "2": "water"}
"""kind of a ServiceCategory."""
