"""The sources page: what is late stands first, what was refused has its reason, and single homes stay unseen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from tests.views.test_pages import WAIT_S
from views.cli import app as twin
from views.roles import ROLE, Role

YOUBIKE = "youbike/youbike_immediate_2026_sample_01.json.gz"


@pytest.fixture(scope="module")
def fed(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city with a snapshot of YouBike from August, a meter's reading of now, and one that makes no sense."""
    directory = tmp_path_factory.mktemp("fed")
    city, good, bad = directory / "city", directory / "good.json", directory / "bad.json"
    good.write_text('[{"n": "urn:dev:ser:E2", "u": "kWh", "v": 1}]')
    bad.write_text('[{"n": "urn:dev:ser:E1", "u": "kWh", "v": 1, "t": "soon"}]')
    files = [f"youbike:{shared_data / YOUBIKE}", f"senml:{good}", f"senml:{bad}"]
    run = CliRunner().invoke
    assert run(twin, ["init", "--city", str(city)]).exit_code == 0
    assert run(twin, ["ingest", "--city", str(city), "--files", *files]).exit_code == 1
    return city


@pytest.fixture
def page(fed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("TWIN_CITY", str(fed))
    yield monkeypatch
    st.cache_resource.clear()


def _sources() -> None:
    from views.screens import sources

    sources.page()


def drawn(**query: str) -> AppTest:
    app = AppTest.from_function(_sources)
    for key, value in query.items():
        app.query_params[key] = value
    app = app.run(timeout=WAIT_S)
    assert not app.exception
    return app


def frames(app: AppTest) -> list[pl.DataFrame]:
    return [pl.DataFrame(one.value) for one in app.dataframe]


def test_a_late_source_stands_first_and_says_so(page: pytest.MonkeyPatch) -> None:
    told = frames(drawn())[0].select("狀態", "來源").rows()
    assert told == [("▲ 逾時", "file:youbike"), ("● 正常", "file:senml")]


def test_what_was_refused_is_told_with_its_reason_and_how_to_try_again(page: pytest.MonkeyPatch) -> None:
    app = drawn(lang="en")
    metrics = {m.label: m.value for m in app.metric}
    assert metrics["In quarantine"] == "1 rows"
    (entry,) = frames(app)[2].to_dicts()
    assert "$.t" in entry["Reason"]
    assert "urn:dev:ser:E1" in entry["Begins"]
    assert app.code[0].value.splitlines()[1] == "twin quarantine retry --source file:senml"


def test_a_planner_sees_no_message_that_may_name_a_home(page: pytest.MonkeyPatch) -> None:
    page.setenv(ROLE, Role.PLANNER)
    app = drawn()
    assert len(frames(app)) == 2
    assert "urn:dev" not in str([frame.to_dicts() for frame in frames(app)]) + str([c.value for c in app.code])
