"""What a rooftop array yields: sun, average cloud, PVWatts.

Taipei's clear sky promises twice what its roofs get, so cloud comes first. Irradiation is that of clear sky (Ineichen)
times a monthly factor after Angstrom (1924):

    k = a + (1 - a) n / N       n sunshine duration of the month, N daylight, a = 0.25

Every day of a month is the month's average day. Beam and diffuse after Erbs, sky isotropic, cells after Faiman,
power after PVWatts version 5. With the sunshine of the normals 1981-2010 an array facing south yields 800-1,000
kWh/kWp a year; the city's own (興隆, 6.24 kWp) is rated at 900.

pvlib takes seconds to import: import this module where an array is at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pvlib

from replay.parameters import ParameterSet

Floats = npt.NDArray[np.float64]

ZONE = "Asia/Taipei"

STC_W_M2 = 1000.0
"""Irradiance of the standard test conditions."""

FIRST_DAYS = np.array([1, 32, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366])
"""Day of the year that each month begins on, and the one after the last."""


@dataclass(frozen=True)
class Site:
    """Where the array stands: degrees, WGS84."""

    longitude: float
    latitude: float


def kwh_per_kwp(
    times: Sequence[datetime], step: timedelta, site: Site, plane: tuple[float, float], p: ParameterSet
) -> Floats:
    """Energy of one kWp in each interval, kWh; `times` are the intervals' beginnings, `plane` tilt from the horizontal
    and azimuth from north by east, degrees. The sun stands where it is in the interval's middle."""
    if not times:
        return np.zeros(0)
    middle = pd.DatetimeIndex(list(times)).tz_convert(ZONE) + step / 2
    sky = _sky(middle, site, p, times[0])
    tilt, azimuth = plane
    poa = pvlib.irradiance.get_total_irradiance(
        tilt, azimuth, sky["apparent_zenith"], sky["azimuth"], sky["dni"], sky["ghi"], sky["dhi"],
        albedo=p.value("ground_albedo", times[0]),
    )["poa_global"].fillna(0.0).clip(lower=0.0)  # fmt: skip
    air = np.asarray(p.monthly("air_temperature", times[0]))[middle.month - 1]
    cell = pvlib.temperature.faiman(poa, air, p.value("wind_speed", times[0]))
    kw = pvlib.pvsystem.pvwatts_dc(poa, cell, 1.0, p.value("pv_temperature_coefficient", times[0]))
    kept = (1 - p.value("pv_system_losses", times[0])) * p.value("inverter_efficiency", times[0])
    return np.asarray(np.clip(kw, 0.0, None) * kept * (step / timedelta(hours=1)), dtype=np.float64)


def annual_yield(year: int, site: Site, plane: tuple[float, float], p: ParameterSet) -> float:
    """Energy of one kWp in a calendar year of Taipei, kWh/kWp, from hourly intervals."""
    hour = timedelta(hours=1)
    first = datetime(year, 1, 1, tzinfo=UTC) - 8 * hour
    hours = (datetime(year + 1, 1, 1, tzinfo=UTC) - datetime(year, 1, 1, tzinfo=UTC)) // hour
    return float(kwh_per_kwp([first + i * hour for i in range(hours)], hour, site, plane, p).sum())


def cloud_factors(latitude: float, sunshine_h: Sequence[float], overcast_share: float) -> Floats:
    """Share of the clear sky's irradiation in each month, (12,)."""
    days = np.arange(1, 366)
    declination = pvlib.solarposition.declination_cooper69(days)
    sunset = np.arccos(np.clip(-np.tan(np.radians(latitude)) * np.tan(declination), -1.0, 1.0))
    daylight_h = np.add.reduceat(sunset * 24 / np.pi, FIRST_DAYS[:-1] - 1)
    share = np.clip(np.asarray(sunshine_h) / daylight_h, 0.0, 1.0)
    return np.asarray(overcast_share + (1 - overcast_share) * share, dtype=np.float64)


def _sky(middle: pd.DatetimeIndex, site: Site, p: ParameterSet, moment: datetime) -> pd.DataFrame:
    """Sun and average irradiance: apparent_zenith, azimuth (degrees), ghi, dni, dhi (W/m2)."""
    location = pvlib.location.Location(site.latitude, site.longitude, ZONE)
    sun = location.get_solarposition(middle)
    days = middle.day_of_year.to_numpy()
    extra = pd.Series(pvlib.irradiance.get_extra_radiation(days), index=middle)
    haze = pvlib.clearsky.lookup_linke_turbidity(middle, site.latitude, site.longitude, interp_turbidity=False)
    clear = location.get_clearsky(middle, "ineichen", sun, extra, linke_turbidity=haze)
    sunshine, overcast = p.monthly("sunshine_duration", moment), p.value("angstrom_overcast_share", moment)
    ghi = clear["ghi"] * cloud_factors(site.latitude, sunshine, overcast)[middle.month - 1]
    split = pvlib.irradiance.erbs(ghi, sun["zenith"], days)
    return sun.assign(ghi=ghi, dni=split["dni"], dhi=split["dhi"])
