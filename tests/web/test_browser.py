"""The pages in a real Chromium: signing in, the map and its cards, the first screens, the phone, accessibility.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
LOOKS = (Path(__file__).parent / "looks_of_a_page.js").read_text(encoding="utf-8")


def text_of(page: Any, selector: str) -> str:
    return re.sub(r"\s+", " ", page.inner_text(selector))


def colours_of(picture: bytes) -> int:
    """How many colours fill more than a thousandth of the picture; a blank one has one or two."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    counts = image.getcolors(maxcolors=image.width * image.height) or []
    return sum(number > image.width * image.height / 1000 for number, _ in counts)


# --- signing in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("username", "screen"), [("gis", "/gis"), ("bureau", "/bureau"), ("leader", "/map")])
def test_everybody_lands_on_the_own_first_screen(
    reader: Callable[..., Any], username: str, screen: str
) -> None:
    page = reader(username, by_form=True).page
    page.wait_for_url(lambda url: url.split("#")[0].endswith(screen))


def test_signing_in_and_out_works_without_javascript(reader: Callable[..., Any]) -> None:
    plain = reader("leader", by_form=True, java_script_enabled=False)
    assert "需要启用 JavaScript" in plain.page.inner_text("body")
    plain.page.click("text=退出")
    plain.page.wait_for_url("**/sign-in*")
    assert plain.page.url.endswith("/sign-in")


def test_ended_session_leads_to_the_form_and_back(reader: Callable[..., Any]) -> None:
    one = reader("leader")
    one.open("/map")
    one.context.clear_cookies()
    one.page.click("#tab-list")
    one.page.wait_for_url(lambda url: "/sign-in" in url and "map" in url)


# --- the map ----------------------------------------------------------------------------------------------------


def test_map_is_drawn_and_is_not_blank(reader: Callable[..., Any], web_city: Any) -> None:
    one = reader("leader")
    page = one.open("/map")
    assert colours_of(page.locator("#map canvas").first.screenshot()) >= 6
    tiles = {re.sub(r"\d+/\d+/\d+", "z/x/y", url) for url in one.requested if "/tiles/" in url}
    assert {
        f"{web_city.address}/api/v1/tiles/{kind}/z/x/y.mvt" for kind in ("grids", "communities", "streets")
    } <= tiles
    assert not any("plan_state=draft" in url for url in one.requested)  # not everybody may see drafts
    assert "演示几何为生成数据" in text_of(page, ".maplibregl-ctrl-attrib")
    assert str(len(web_city.grids)) in text_of(page, ".city-figures")


def test_click_on_a_grid_shows_its_card_and_keeps_it_in_the_address(
    reader: Callable[..., Any], web_city: Any
) -> None:
    grid = web_city.grids[1]
    one = reader("leader")
    one.look_at(grid)
    one.click_the_middle()
    one.page.wait_for_selector(f'[data-grid="{grid["code"]}"]')
    card = text_of(one.page, "#pane-card")
    assert f"{grid['households']} 户" in card
    assert grid["community"] in card
    assert f"偏差 {grid['households'] - 400:+d}".replace("-", "−") in card
    for said in ("网格长空缺", "15 分钟覆盖", "生效日期", "健身站点", "演示几何为生成数据"):
        assert said in card
    assert f"grid={grid['code']}" in one.page.url
    one.page.reload()
    one.page.wait_for_selector(f'[data-grid="{grid["code"]}"]')


def test_list_does_what_the_map_does_by_keyboard_alone(reader: Callable[..., Any], web_city: Any) -> None:
    grid = web_city.grids[-1]
    one = reader("leader")
    page = one.open("/map")
    page.focus("#tab-legend")
    page.keyboard.press("ArrowRight")
    page.fill("#list-words", grid["code"])
    expect(page.locator("#pane-list tbody tr")).to_have_count(1)
    page.focus("#pane-list tbody button")
    page.keyboard.press("Enter")
    page.wait_for_selector(f'[data-grid="{grid["code"]}"]')
    one.map_stands_still()


def test_the_list_keeps_to_what_was_asked_last(reader: Callable[..., Any], web_city: Any) -> None:
    """The answer to the first words comes after that to the second: its rows are not added to them."""
    first, second = web_city.grids[0]["code"], web_city.grids[-1]["code"]
    page = reader("leader").open("/map")
    held: list[Any] = []
    page.route(f"**/api/v1/grids?*q={first}*", lambda route: held.append(route))
    page.click("#tab-list")
    with page.expect_request(f"**/api/v1/grids?*q={first}*"):
        page.fill("#list-words", first)
    page.fill("#list-words", second)
    expect(page.locator("#pane-list tbody tr")).to_have_count(1)
    with page.expect_response(f"**/api/v1/grids?*q={first}*"):
        held[0].continue_()
    page.wait_for_timeout(200)
    expect(page.locator("#pane-list tbody .code")).to_have_text([second])


def test_search_finds_communities_by_name_and_grids_by_code(
    reader: Callable[..., Any], web_city: Any
) -> None:
    grid = web_city.grids[0]
    page = reader("leader").open("/map")
    page.fill("#find-text", grid["community"][:2])
    page.wait_for_selector("#find-list [role=option]")
    assert grid["community"].removesuffix("居民委员会") in text_of(page, "#find-list")
    page.fill("#find-text", grid["code"][-8:])
    expect(page.locator("#find-list [role=option]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(f'[data-grid="{grid["code"]}"]')


def test_colours_change_with_what_they_mean(reader: Callable[..., Any]) -> None:
    one = reader("bureau")
    page = one.open("/map")
    before = page.locator("#map canvas").first.screenshot()
    page.click("text=覆盖率 >> nth=0")
    assert "80–100%" in text_of(page, ".key")
    one.page.wait_for_timeout(300)
    one.map_stands_still()
    assert page.locator("#map canvas").first.screenshot() != before
    assert "theme=coverage" in page.url
    with page.expect_response(lambda answer: "plan_state=draft" in answer.url and answer.ok):
        page.click("label:has-text('方案状态')")


def test_citizen_sees_the_map_without_what_is_not_for_citizens(
    reader: Callable[..., Any], web_city: Any
) -> None:
    page = reader("citizen").open(f"/map?grid={web_city.grids[0]['code']}")
    page.wait_for_selector("article[data-grid]")
    assert "网格长" not in text_of(page, "#pane-card")
    assert page.locator('[data-part="drafts"]').count() == 0
    assert page.locator(".map__fault").count() == 0


def test_unknown_grid_in_the_address_is_explained(reader: Callable[..., Any]) -> None:
    page = reader("leader").open("/map?grid=410802001001999")
    page.wait_for_selector("text=没有找到网格 410802001001999")
    assert "怎么办" in text_of(page, "#pane-card")


# --- the phone --------------------------------------------------------------------------------------------------


def test_phone_shows_map_above_and_card_in_the_sheet(reader: Callable[..., Any], web_city: Any) -> None:
    one = reader("leader", phone=True)
    one.look_at(web_city.grids[0])
    page = one.page
    frame, sheet = page.locator("#map").bounding_box(), page.locator("#panel").bounding_box()
    assert frame["width"] == 390
    assert sheet["y"] - frame["y"] > 200
    page.evaluate("document.querySelector('#panel').dataset.stop = 'low'")
    page.wait_for_timeout(400)
    one.click_the_middle()
    page.wait_for_selector("article[data-grid]")
    expect(page.locator("#panel")).to_have_attribute("data-stop", "half")
    page.click("#grip")
    expect(page.locator("#panel")).to_have_attribute("data-stop", "full")
    for _ in range(50):  # it glides
        page.wait_for_timeout(100)
        if page.locator("#panel").bounding_box()["height"] > 600:
            return
    raise AssertionError("the sheet did not open")


@pytest.mark.parametrize(("username", "path"), [("leader", "/map"), ("gis", "/gis"), ("bureau", "/bureau")])
def test_phone_never_scrolls_sideways_even_in_large_type(
    reader: Callable[..., Any], username: str, path: str
) -> None:
    one = reader(username, phone=True)
    page = one.open(path)
    page.wait_for_load_state("networkidle")
    for _ in ("usual", "large"):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.click("#type-switch")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.type") is None  # switched back, and remembered


# --- first screens ----------------------------------------------------------------------------------------------


def test_gis_staff_see_findings_plans_and_imports(reader: Callable[..., Any]) -> None:
    page = reader("gis").open("/gis")
    page.wait_for_selector("#plans tbody tr")
    page.wait_for_selector("#imports li")
    page.wait_for_selector(".figure")
    figures = text_of(page, "#figures")
    for name in ("校验问题", "未落格户数", "变更单位", "未通过的导入"):
        assert name in figures
    assert "编制中" in text_of(page, "#plans tbody")
    assert "健身站点" in text_of(page, "#imports")


def upload_sites(page: Any, table: Path) -> None:
    """Hand a file over to be checked, once all that pushes the form about stands on the page: it would flee the click."""
    for above in ("#upload-form", ".figure", "#jobs .job"):
        page.wait_for_selector(above)
    page.set_input_files("input[type=file]", table)
    page.select_option("select[name=kind]", "fitness_sites")
    page.click("text=上传并检查")
    page.wait_for_selector("#upload [role=progressbar]")


def test_refused_file_shows_row_field_and_remedy(
    reader: Callable[..., Any], web_city: Any, tmp_path: Path
) -> None:
    table = tmp_path / "sites.csv"
    table.write_text("name,lon,lat\n甲站,113.22,35.24\n乙站,两百,35.24\n", encoding="utf-8")
    page = reader("gis").open("/gis")
    upload_sites(page, table)
    web_city.run_jobs()
    page.wait_for_selector("#upload .notice--bad")
    page.wait_for_selector("#imports details[open] tbody tr")
    row = text_of(page, "#imports details[open] tbody tr >> nth=0")
    assert "3" in row.split()
    assert "图形（坐标）" in row
    assert "请按小数度填写经度和纬度" in row
    assert "未通过" in text_of(page, "#imports li >> nth=0")


def test_a_finding_names_its_field_as_people_call_it(
    reader: Callable[..., Any], tmp_path: Path, web_city: Any
) -> None:
    table = tmp_path / "sites.csv"
    table.write_text("name,lon,lat,capacity\n甲站,113.22,35.24,很多\n", encoding="utf-8")
    page = reader("gis").open("/gis")
    upload_sites(page, table)
    web_city.run_jobs()
    page.wait_for_selector("#imports details[open] tbody tr")
    fields = page.locator("#imports li >> nth=0 >> tbody td:nth-child(2)").all_text_contents()
    assert "容纳人数" in fields
    assert not [name for name in fields if name.isascii() and name != "—"]


def test_gis_staff_draw_grids_and_watch_the_bar(reader: Callable[..., Any], web_city: Any) -> None:
    page = reader("gis").open("/gis")
    page.click("text=绘制网格…")
    page.wait_for_selector("dialog[open]")
    page.select_option("dialog select[name=community]", index=5)
    page.check("dialog input[name=preset][value=fast]")
    page.click("dialog button:has-text('开始绘制')")
    page.wait_for_selector("#jobs [role=progressbar]")
    web_city.run_jobs()
    expect(page.locator("#jobs .job").first).to_contain_text("已完成")
    expect(page.locator("#jobs .job").first).to_contain_text("绘制网格")


def test_plan_opens_with_its_grids_and_history(reader: Callable[..., Any]) -> None:
    page = reader("gis").open("/gis")
    page.click("#plans tbody tr >> nth=0 >> button")
    page.wait_for_selector("dialog tbody tr")
    assert "户数理由" in text_of(page, "dialog")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


@pytest.mark.parametrize("phone", [False, True])
def test_plan_shows_its_quality_and_its_grids_can_be_locked(reader: Callable[..., Any], phone: bool) -> None:
    page = reader("gis", phone=phone).open("/gis")
    page.wait_for_selector("#plans tbody tr")
    page.locator("#plans tbody tr", has_text="编制中").first.locator("button").click()
    page.wait_for_selector("dialog .plan-quality .figure")
    quality = text_of(page, "dialog .plan-quality")
    for name in ("户数达标", "最大偏差", "已锁定 0", "质量报告"):
        assert name in quality
    lock = page.locator("dialog [data-lock]").first
    lock.click()
    expect(page.locator("dialog [data-lock]").first).to_have_attribute("aria-pressed", "true")
    expect(lock).to_be_focused()
    expect(page.locator("dialog .plan-quality")).to_contain_text("已锁定1")
    assert "● 已锁定" in text_of(page, "dialog tbody tr >> nth=0")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    with page.expect_download() as kept:
        page.click("dialog .plan-quality a:has-text('网页')")
    assert "质量报告.html" in kept.value.suggested_filename
    lock.press("Enter")
    expect(lock).to_have_attribute("aria-pressed", "false")


def test_two_plans_of_a_community_are_counted_and_told_apart_before_they_are_published(
    reader: Callable[..., Any],
) -> None:
    visitor = reader("bureau")

    def with_a_second_plan(route: Any) -> None:
        told = route.fetch().json()
        (approved,) = told["results"]
        later = approved | {"id": approved["id"] + 1000, "number": approved["number"] + 1}
        route.fulfill(json=told | {"results": [later, approved]})

    visitor.page.route("**/api/v1/grid-plans?state=approved*", with_a_second_plan)
    page = visitor.open("/bureau")
    page.click("#decide [data-action=publish]")
    expect(page.locator("dialog")).to_contain_text("将对 1 个社区的 2 个网格方案执行“发布”")
    expect(page.locator("dialog")).to_contain_text("编号大的方案生效")
    assert text_of(page, "dialog .muted >> nth=0").index("#1") < text_of(
        page, "dialog .muted >> nth=0"
    ).index("#2")


def test_bureau_sees_the_city_on_one_page_and_publishes(reader: Callable[..., Any], web_city: Any) -> None:
    page = reader("bureau").open("/bureau")
    page.wait_for_selector("#decide tbody tr")
    page.wait_for_selector("#states tbody tr")
    figures = text_of(page, "#figures")
    assert "3 / 5" in figures
    assert re.search(r"覆盖率 \d+\.\d%", figures)
    assert "网格长" in text_of(page, "#risks")
    assert "配送与经费将在后续版本提供" in page.inner_text("main")
    page.click("#decide [data-action=publish]")
    page.wait_for_selector("dialog[open]")
    assert page.input_value("dialog input[type=date]") >= date(2024, 1, 1).isoformat()
    page.click("dialog button:has-text('发布')")
    page.wait_for_selector("#said .notice--good")
    expect(page.locator("#figures")).to_contain_text("4 / 5")


def test_exports_are_files_with_the_grids(reader: Callable[..., Any], web_city: Any) -> None:
    page = reader("bureau").open("/bureau")
    with page.expect_download() as download:
        page.click("#exports a:has-text('CSV') >> nth=0")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert web_city.grids[0]["code"] in text


# --- the content policy: every test here fails for a violation (`Reader`); this one shows that it would be heard ------


def test_an_inline_style_or_script_would_be_stopped_and_heard(reader: Callable[..., Any]) -> None:
    one = reader(None)
    page = one.open("/sign-in")
    assert one.faults == []
    page.evaluate("""document.body.insertAdjacentHTML("beforeend", '<i id="sly" style="color:red">x</i>')""")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ranInline = 1'}))"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("getComputedStyle(document.getElementById('sly')).color") != "rgb(255, 0, 0)"
    assert page.evaluate("window.ranInline ?? null") is None
    assert any("style-src" in fault for fault in one.faults)
    assert any("script-src" in fault for fault in one.faults)
    one.faults.clear()


# --- accessibility ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "path", "ready"),
    [
        (None, "/sign-in", "#username"),
        ("leader", "/map", "#pane-legend .key"),
        ("gis", "/gis", "#plans tbody tr"),
        ("bureau", "/bureau", "#decide table, #decide .empty"),
        (None, "/api/v1/docs", "tbody tr"),
    ],
)
@pytest.mark.parametrize("phone", [False, True])
def test_page_can_be_read_by_everybody(
    reader: Callable[..., Any], username: str | None, path: str, ready: str, phone: bool
) -> None:
    page = reader(username, phone=phone).open(path)
    page.wait_for_selector(ready)
    page.wait_for_load_state("networkidle")
    assert page.evaluate(LOOKS) == []
