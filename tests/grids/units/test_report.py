"""A plan's quality report as values and as a page."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["shengli", "wangcun"])
def test_the_report_of_a_plan_can_be_kept(
    alpha: Any, api: Any, staff: Any, drawn: dict[str, int], name: str
) -> None:
    gis = api(alpha, staff.gis)
    page = gis.get(f"grid-plans/{drawn[name]}/report?format=html")
    text = page.content.decode()
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page["Content-Disposition"].startswith("attachment")
    assert f"{name} 网格方案 #1" in text and "<svg" in text
    assert "http://" not in text.replace("http://www.w3.org", "") and "src=" not in text
    report = gis.get(f"grid-plans/{drawn[name]}/report?format=json").json()
    plan = gis.get(f"grid-plans/{drawn[name]}").json()
    assert report["quality"] == plan["quality"]
    assert [row["households"] for row in report["grids"]] == [row["households"] for row in plan["grids"]]
    assert gis.get(f"grid-plans/{drawn[name]}/report?format=pdf").status_code == 400
