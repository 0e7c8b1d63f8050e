"""The operator's pages in a real Chromium: cities at a glance, a backup to its end, quotas, suspension, drop, opening."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
LOOKS = (Path(__file__).parent / "looks_of_a_page.js").read_text(encoding="utf-8")


def _confirm(page: Any) -> None:
    page.click("dialog button[type=submit]")


def test_first_screen_lists_every_city_and_keeps_its_filters(operator: Callable[..., Any]) -> None:
    page = operator().open("/")
    expect(page.locator("table.cities tbody tr")).to_have_count(2)
    expect(page.locator("[data-city=alpha]")).to_contain_text("从未")
    expect(page.locator("#figures")).to_contain_text("7 天内无备份")
    page.fill("#search", "beta")
    expect(page.locator("table.cities tbody tr")).to_have_count(1)
    page.click("[data-city=beta] a")
    expect(page.locator("#name")).to_have_text("beta市")
    page.go_back()
    expect(page.locator("table.cities tbody tr")).to_have_count(1)
    assert page.input_value("#search") == "beta"
    page.fill("#search", "nothing of the kind")
    page.click("text=清除筛选")
    expect(page.locator("table.cities tbody tr")).to_have_count(2)


def test_columns_sort_by_keyboard(operator: Callable[..., Any]) -> None:
    page = operator().open("/")
    heading = page.locator("th", has_text="最近备份")
    heading.locator("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th", has_text="最近备份")).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Enter")
    expect(page.locator("th", has_text="最近备份")).to_have_attribute("aria-sort", "descending")
    assert "sort=-backup" in page.url


def test_a_backup_runs_to_its_end_and_is_downloaded(operator: Callable[..., Any]) -> None:
    page = operator(accept_downloads=True).open("/cities/alpha")
    page.click("text=立即备份")
    expect(page.locator("[data-operation][data-state=succeeded]")).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        page.click("[data-operation] a[download]")
    assert download.value.suggested_filename.endswith(".wangge")
    assert Path(download.value.path()).stat().st_size > 1000
    page.goto(page.url)
    expect(page.locator("#audit")).to_contain_text("备份")
    expect(page.locator("#figures")).to_contain_text("刚刚")


def test_quotas_are_saved_and_a_stale_form_is_told(operator: Callable[..., Any]) -> None:
    page = operator().open("/cities/beta")
    page.fill("#field-job_slots", "99")
    page.click("#quotas button[type=submit]")
    expect(page.locator("#quotas .notice--bad")).to_contain_text("同时运行的任务")
    expect(page.locator("#field-job_slots")).to_have_attribute("aria-invalid", "true")
    other = operator().open("/cities/beta")
    other.fill("#field-job_slots", "5")
    other.click("#quotas button[type=submit]")
    expect(other.locator("#said .notice--good")).to_be_visible()
    page.fill("#field-job_slots", "6")
    page.click("#quotas button[type=submit]")
    expect(page.locator("#quotas .notice--bad")).to_contain_text("已被他人更新")
    page.click("#quotas button:has-text('重新读取')")
    expect(page.locator("#field-job_slots")).to_have_value("5")


def test_a_host_that_is_being_typed_outlives_what_else_is_saved(operator: Callable[..., Any]) -> None:
    page = operator().open("/cities/beta")
    page.fill("#field-data_label", "演示数据")
    page.locator("#field-data_label").press("Enter")
    page.locator("#field-host").click()
    page.keyboard.type("typed.")
    expect(page.locator("#said")).to_contain_text("已保存")
    page.wait_for_load_state("networkidle")
    page.keyboard.type("example.org")
    expect(page.locator("#field-host")).to_have_value("typed.example.org")
    page.keyboard.press("Enter")
    expect(page.locator(".hosts")).to_contain_text("typed.example.org")
    expect(page.locator("#field-host")).to_have_value("")


def test_a_city_is_suspended_dropped_by_its_typed_name_and_kept(operator: Callable[..., Any]) -> None:
    page = operator().open("/cities/beta")
    page.click("text=暂停服务…")
    page.fill("dialog textarea", "系统升级，预计今日 22:00 恢复")
    _confirm(page)
    expect(page.locator("#danger")).to_contain_text("系统升级")
    page.click("text=注销城市…")
    page.fill("dialog input", "alpha")
    _confirm(page)
    expect(page.locator("dialog .notice--bad")).to_contain_text("不一致")
    page.fill("dialog input", "beta")
    _confirm(page)
    expect(page.locator("#under")).to_contain_text("待注销")
    page.click("#danger >> text=撤销注销")
    _confirm(page)
    expect(page.locator("#under")).to_contain_text("暂停")
    page.click("#danger >> text=恢复服务")
    _confirm(page)
    expect(page.locator("#under")).to_contain_text("运行")


def test_a_form_that_is_refused_says_where(operator: Callable[..., Any]) -> None:
    page = operator().open("/open-city")
    page.click("#form button[type=submit]")
    expect(page.locator("#said .notice--bad li")).to_have_count(7)
    expect(page.locator("#said .notice--bad")).to_contain_text("域名：请至少填写一个")
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    given = {
        "name": "测试市", "slug": "beta", "division_code": "410100", "hosts": "opnew.example.org",
        "admin_display_name": "测试管理员", "admin_username": "admin", "admin_password": "shan-shui-2026",
    }  # fmt: skip
    for name, value in given.items():
        page.fill(f"#field-{name}", value)
    page.fill("#field-centre", "999")
    page.fill("#field-latitude", "999")
    page.click("#form button[type=submit]")
    expect(page.locator("#said .notice--bad li")).to_have_count(2)
    expect(page.locator("#said .notice--bad")).to_contain_text("中心纬度")
    page.fill("#field-centre", "121.47")
    page.fill("#field-latitude", "31.23")
    page.click("#form button[type=submit]")
    expect(page.locator("#said .notice--bad")).to_contain_text("已被其他城市使用")
    expect(page.locator("#field-slug")).to_be_focused()
    expect(page.locator("#field-gauss_kruger_epsg")).to_have_value("4549")


READY = {
    "/": "[data-city=alpha]",
    "/cities/alpha": "#audit .plain-list, #audit .empty",
    "/open-city": "form fieldset",
}


@pytest.mark.parametrize("phone", [False, True])
def test_operators_pages_can_be_read_by_everybody(operator: Callable[..., Any], phone: bool) -> None:
    one = operator(phone=phone)
    for path, ready in READY.items():
        page = one.open(path)
        page.wait_for_selector(ready)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(LOOKS) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
