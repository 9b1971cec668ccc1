"""A branch is a cut plus interventions; it never changes its parent."""

from __future__ import annotations

from polars.testing import assert_frame_equal

from replay.branch import branch
from replay.compare import KPIS
from replay.interventions import Battery, RooftopPv
from tests.scenarios.fake_city import DONGMING, city


def test_an_empty_branch_has_its_parents_devices() -> None:
    cut = city().cut()
    assert_frame_equal(branch(cut, (), DONGMING).devices(), cut.devices())


def test_a_branch_adds_its_devices_and_never_changes_its_parent() -> None:
    cut = city().cut()
    before = cut.devices()
    devices = branch(cut, (RooftopPv(kwp=5.0), Battery(kwh=5.0, kw=2.0)), DONGMING).devices()
    added = devices.tail(2).select("device_id", "kind", "community_id", "point_id").rows()
    assert added == [("branch:1", "pv", DONGMING, None), ("branch:2", "battery", DONGMING, None)]
    assert devices.schema == before.schema
    assert_frame_equal(cut.devices(), before)


def test_every_key_figure_has_a_unit_and_a_name_in_both_languages() -> None:
    assert all(k.unit and k.name_zh and k.name_en for k in KPIS)
    assert len({k.kpi for k in KPIS}) == len(KPIS)
