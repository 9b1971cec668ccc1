"""The city's list of sites."""

from __future__ import annotations

from pathlib import Path

import pytest

from events.errors import PayloadError
from twin.sites import read_sites

HEADER = "id\tname\tdistrict\taddress\tlatitude\tlongitude\thouseholds\n"


def test_all_79_sites_of_the_city_are_read(shared_data: Path) -> None:
    sites = read_sites(shared_data / "housing" / "taipei_social_housing_sites.tsv")
    assert len(sites) == 79
    assert sum(s.households or 0 for s in sites) == 19_611
    dongming = next(s for s in sites if s.community_id == "84e67c87923337da")
    assert (dongming.name, dongming.households, dongming.latitude) == ("東明社會住宅", 700, 25.05435)


def test_comments_and_other_columns_are_passed_over_and_an_empty_cell_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "sites.tsv"
    path.write_text("# source: data.taipei\n" + HEADER + "a\t東明\t南港區\t南港路\t25\t121.6\t\n", "utf-8")
    (site,) = read_sites(path)
    assert (site.households, site.source) == (None, "sites.tsv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id\tname\n", "no column district, address"),
        (HEADER + "a\t東明\t南港區\t南港路\tnorth\t121.6\t7\n", r"sites.tsv, site 1 \(東明\).*'north'"),
        (HEADER + "a\t東明\t南港區\t南港路\t25\t121.6\tmany\n", "'many'"),
        (HEADER + "a\t\t南港區\t南港路\t25\t121.6\t7\n", "no name is given"),
        (HEADER + "a\t東明\n", "no district is given"),
        (HEADER + "a\t東明\t南港區\t南港路\t121.6\t25\t7\n", "swapped"),
        (HEADER + 2 * "a\t東明\t南港區\t南港路\t25\t121.6\t7\n", "site 2 .*'a' is site 1's already"),
    ],
)
def test_a_list_that_is_off_is_refused_with_file_site_and_cell(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "sites.tsv"
    path.write_text(text, "utf-8")
    with pytest.raises(PayloadError, match=message):
        read_sites(path)


def test_a_list_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big5.tsv").write_bytes("編號\t名稱\n".encode("big5"))
    for name in ("none.tsv", "big5.tsv"):
        with pytest.raises(PayloadError, match=f"{name}: cannot be read"):
            read_sites(tmp_path / name)
