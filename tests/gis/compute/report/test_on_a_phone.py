"""The report in a real browser: nothing is wider than the screen, and a wide table keeps its first column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gis.compute.report.tables import Column, table
from tests.browsers import chromium_path


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = chromium_path()
    if path is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def report(tmp_path: Path) -> str:
    from gis.compute.report.page import page, section
    from gis.compute.report.values import About

    columns = [Column((f"第{n}列", f"column {n}"), is_number=n > 0) for n in range(10)]
    rows = [[f"41080200100100{row}", *("1,234.5" for _ in range(9))] for row in range(5)]
    about = About(title="", parameters=(), sources=(), versions={}, notes=())
    text = page(("报告", "report"), about, "", [section(("表", "table"), table(columns, rows))])
    path = tmp_path / "r.html"
    path.write_text(text, encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_is_wider_than_the_screen_and_every_column_can_be_reached(
    chromium: Any, report: str, width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 800})
    page.goto(report)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    is_phone = width < 640
    assert page.locator(".swipe").is_visible() == is_phone
    scroll = page.locator(".scroll")
    assert scroll.evaluate("each => each.scrollWidth > each.clientWidth") == is_phone
    left = scroll.bounding_box()["x"]
    scroll.evaluate("each => { each.scrollLeft = 9999 }")
    first, last = page.locator("tbody tr:first-child td").first, page.locator("tbody tr:first-child td").last
    assert abs(first.bounding_box()["x"] - left) < 3
    box = last.bounding_box()
    assert box["x"] > first.bounding_box()["x"] + first.bounding_box()["width"] - 1
    assert box["x"] + box["width"] <= width
    page.close()
