"""The doors in a real Chromium: enrolling an authenticator, the code at sign-in, recovery codes, one's own account.

Every test also holds that no outside host was asked, that no script failed and that the content policy was kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyotp
import pytest
from django.db import connection
from django_tenants.utils import schema_context
from playwright.sync_api import expect

expect.set_options(timeout=20_000)
pytestmark = pytest.mark.browser
LOOKS = (Path(__file__).parent / "looks_of_a_page.js").read_text(encoding="utf-8")
PASSWORD = "shan-shui-2026"


def shot(page: Any, name: str) -> None:
    """Keep a picture when a folder is named in WANGGE_SHOTS; always hold the page to the rules of reading."""
    assert page.evaluate(LOOKS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    if folder := os.environ.get("WANGGE_SHOTS"):
        page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width']}.png", full_page=True)


def give_name(one: Any, username: str, path: str = "/sign-in") -> Any:
    page = one.page
    page.goto(one.city.address + path)
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    return page


def reach(page: Any, path: str) -> None:
    """Wait until the browser stands on that page, whatever its query."""
    page.wait_for_url(lambda url: urlsplit(url).path == path)


def enrol(page: Any) -> tuple[pyotp.TOTP, list[str]]:
    """Go through the three steps as a person would; returns the app and the recovery codes."""
    page.click("text=开始绑定")
    app = pyotp.TOTP(page.inner_text("#secret").replace(" ", ""))
    page.fill("#code", app.now())
    page.click("text=确认绑定")
    page.wait_for_selector("#recovery")
    codes = [line.strip() for line in page.locator("#recovery li").all_inner_texts()]
    page.check("input[type=checkbox]")
    page.click("button:has-text('完成')")
    return app, codes


def fresh_code(app: pyotp.TOTP, schema: str, username: str) -> str:
    """The app's code as it will be when its present one is not used up; no test waits half a minute for it."""
    from tenants.accounts.models import TotpDevice

    with schema_context(schema):
        TotpDevice.objects.filter(user__username=username).update(last_step=0)
    connection.set_schema_to_public()
    return app.now()


@pytest.fixture(autouse=True)
def _nobody_is_enrolled(request: pytest.FixtureRequest) -> None:
    if "doors" not in request.fixturenames:
        return
    from tenants.accounts.models import RecoveryCode, SignInFailure, TotpDevice

    for schema in ("public", request.getfixturevalue("doors").city.schema):
        with schema_context(schema):
            for model in (TotpDevice, RecoveryCode, SignInFailure):
                model.objects.all().delete()
    connection.set_schema_to_public()


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_an_administrator_enrols_and_then_signs_in_with_a_code(
    doors: Any, visitor_of: Callable[..., Any], phone: bool
) -> None:
    one = visitor_of(doors.city, phone=phone)
    page = one.page
    page.goto(one.city.address + "/sign-in")
    shot(page, "sign-in")
    give_name(one, "bureau", "/sign-in?next=/gis")
    reach(page, "/account/second-factor")
    shot(page, "enrol-begin")
    page.goto(one.city.address + "/bureau")  # nothing else is open
    reach(page, "/account/second-factor")
    page.click("text=开始绑定")
    box = page.locator(".enrol__picture svg").bounding_box()
    assert box["width"] > 150 and abs(box["width"] - box["height"]) < 2
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.inner_text("#secret"))
    shot(page, "enrol-secret")
    app = pyotp.TOTP(page.inner_text("#secret").replace(" ", ""))
    page.fill("#code", app.now())
    page.click("text=确认绑定")
    expect(page.locator("#recovery li")).to_have_count(10)
    shot(page, "recovery-codes")
    page.click("button:has-text('完成')")  # not before the box is ticked
    assert page.locator("#recovery").count() == 1
    page.check("input[type=checkbox]")
    page.click("button:has-text('完成')")
    reach(page, "/bureau")
    page.click("text=退出")
    page.wait_for_url("**/sign-in*")
    give_name(one, "bureau", "/sign-in?next=/gis")
    reach(page, "/sign-in/code")
    assert page.get_attribute("#code", "autocomplete") == "one-time-code"
    assert page.get_attribute("#code", "inputmode") == "numeric"
    shot(page, "code")
    code = fresh_code(app, doors.city.schema, "bureau")
    page.locator("#code").press_sequentially(
        f"{code[:3]} {code[3:]}"
    )  # in groups, and sent by itself when full
    reach(page, "/gis")


def test_a_wrong_code_is_told_and_a_recovery_code_opens_once(
    doors: Any, visitor_of: Callable[..., Any]
) -> None:
    one = visitor_of(doors.city)
    page = give_name(one, "second")
    app, codes = enrol(page)
    page.click("text=退出")
    page.wait_for_url("**/sign-in*")
    give_name(one, "second")
    page.fill("#code", "12345")
    page.click("text=确认登录")
    expect(page.locator("#refusal")).to_contain_text("验证码错误或已使用")
    page.click("text=使用恢复码")
    shot(page, "code-recovery")
    page.fill("#code", codes[0].upper().replace("-", " "))
    page.click("text=确认登录")
    reach(page, "/bureau")
    page.click("text=退出")
    page.wait_for_url("**/sign-in*")
    give_name(one, "second")
    page.click("text=使用恢复码")
    page.fill("#code", codes[0])
    page.click("text=确认登录")
    expect(page.locator("#refusal")).to_contain_text("验证码错误或已使用")
    page.goto(one.city.address + "/sign-in/code")
    page.fill("#code", fresh_code(app, doors.city.schema, "second"))
    reach(page, "/bureau")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_an_operator_signs_in_at_the_same_kind_of_door(
    doors: Any, visitor_of: Callable[..., Any], phone: bool
) -> None:
    one = visitor_of(doors.operators, phone=phone)
    page = one.page
    page.goto(one.city.address + "/account")
    reach(page, "/sign-in")
    shot(page, "operator-sign-in")
    give_name(one, "keeper", "/sign-in?next=/account")
    reach(page, "/account/second-factor")
    enrol(page)
    reach(page, "/account")
    assert "已开启" in page.inner_text("#second-title + .mark")
    shot(page, "operator-account")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_person_looks_after_the_own_account(
    doors: Any, visitor_of: Callable[..., Any], phone: bool
) -> None:
    elsewhere = visitor_of(doors.city)
    # A page that asks nothing by itself: a map that still reads would go to the door on its own, into the test's way.
    reach(give_name(elsewhere, "leader", "/sign-in?next=/account"), "/account")
    one = visitor_of(doors.city, phone=phone)
    page = give_name(one, "leader", "/sign-in?next=/account")
    reach(page, "/account")
    shot(page, "account-without")
    page.click("text=开启两步验证")
    shot(page, "enrol-optional")
    page.click("text=开始绑定")
    app = pyotp.TOTP(page.inner_text("#secret").replace(" ", ""))
    page.fill("#code", "000000")
    page.click("text=确认绑定")
    shot(page, "enrol-wrong-code")
    page.fill("#code", app.now())
    page.click("text=确认绑定")
    page.check("input[type=checkbox]")
    page.click("button:has-text('完成')")
    reach(page, "/map")
    page.goto(one.city.address + "/account")
    page.click("text=签发新令牌")
    page.fill("#token-name", "QGIS 工作站")
    page.click("text=签发 >> nth=-1")
    assert page.inner_text("#new-secret").startswith("wg_")
    shot(page, "account-token")
    page.goto(one.city.address + "/account")
    page.click("text=退出其他所有设备")
    expect(page.get_by_text("退出其他所有设备")).to_have_count(0)
    assert elsewhere.page.goto(doors.city.address + "/account").url.endswith("/sign-in?next=/account")
    page.click("text=更新恢复码")
    page.click("summary:has-text('解除两步验证')")
    shot(page, "account-open")
    page.click("a[lang=en] >> visible=true")
    expect(page.locator("h1")).to_have_text("Account and security")
    shot(page, "account-english")
    page.click("a[lang=zh-Hans] >> visible=true")
    page.click("summary:has-text('解除两步验证')")
    page.fill("#removal-code", fresh_code(app, doors.city.schema, "leader"))
    page.click("text=解除 >> nth=-1")
    reach(page, "/account")
    page.goto(one.city.address + "/account/password")
    shot(page, "password")


def test_recovery_codes_are_downloaded_and_printed(
    doors: Any, visitor_of: Callable[..., Any], tmp_path: Path
) -> None:
    one = visitor_of(doors.city)
    page = give_name(one, "bureau")
    page.click("text=开始绑定")
    page.fill("#code", pyotp.TOTP(page.inner_text("#secret").replace(" ", "")).now())
    page.click("text=确认绑定")
    codes = page.locator("#recovery li").all_inner_texts()
    with page.expect_download() as kept:
        page.click("text=下载")
    kept.value.save_as(tmp_path / "codes.txt")
    assert [code for code in codes if code in (tmp_path / "codes.txt").read_text(encoding="utf-8")] == codes
    page.evaluate("window.print = () => { window.printed = true }")
    page.click("text=打印")
    assert page.evaluate("window.printed") is True
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible() and page.locator("#recovery").is_visible()
    page.emulate_media(media="screen")
    page.click("text=复制")
    expect(page.locator("#recovery-tools button >> nth=0")).to_have_text(re.compile("已复制|复制失败"))


def test_enrolling_and_signing_in_need_no_javascript(doors: Any, visitor_of: Callable[..., Any]) -> None:
    one = visitor_of(doors.city, java_script_enabled=False)
    page = give_name(one, "bureau")
    app, _ = enrol(page)
    page.click("text=退出")
    page.wait_for_url("**/sign-in*")
    give_name(one, "bureau")
    page.fill("#code", fresh_code(app, doors.city.schema, "bureau"))
    page.click("text=确认登录")
    reach(page, "/bureau")
