"""Sites, the assignment map and an instructor's own screen in a real Chromium: what people do there, phone and desktop.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context
from playwright.sync_api import expect

from tests.web.looking import LOOKS, read, text_of

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
PEOPLE = 60


@pytest.fixture(scope="module")
def staffed(web_city: Any) -> Iterator[Any]:
    """The served city with invented instructors, needs of its sites, and an assignment in force."""
    from rich.console import Console

    from tenants.registry.models import City
    from tests.web.conftest import _person
    from wangge.shell.demo.instructors import make_instructors
    from wangge.shell.demo.steps import Steps

    alpha = City.objects.get(schema_name=web_city.schema)
    with schema_context(web_city.schema):
        people = {name: _person(alpha, name, name) for name in ("dispatcher", "instructor")}
        _person(alpha, "town", "town_staff")
        _add_county()
        make_instructors(PEOPLE, people, Steps(Console(file=io.StringIO()), "alpha"))
    connection.set_schema_to_public()
    yield web_city


def _add_county() -> None:
    """A county with a count of its residents, so that there is something to share by."""
    from tenants.bureau.models import OrgUnit, Population

    root = OrgUnit.objects.get(parent=None)
    county = OrgUnit.objects.create(level="county", name="演示区", parent=root, valid_from=date(2020, 1, 1))
    county.path = f"{root.path}{county.pk}/"
    county.save(update_fields=["path"])
    Population.objects.create(
        unit=county, counted_on=date(2025, 12, 31), residents=12_000, source="测试人口（虚构）"
    )


@pytest.fixture
def at(staffed: Any, reader: Callable[..., Any]) -> Callable[..., Any]:
    """`at("dispatcher", "/assignment", phone=True)`: the page as that person sees it."""

    def open_page(username: str, path: str, **more: Any) -> Any:
        return reader(username, **more).open(path)

    return open_page


def looks_well(page: Any) -> None:
    assert page.evaluate(LOOKS) == []
    # A phone's own innerWidth grows with what is too wide: the screen is what counts.
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def site_with(page: Any, part: str) -> int:
    """A site of the run in force that has served or empty places."""
    (run,) = read(page, "assignment-runs?state=adopted")["results"]
    rows = read(page, f"assignment-runs/{run['id']}/{part}")["results"]
    return int(rows[0]["need"]["site"]["id"])


# --- who lands where --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "screen"),
    [("dispatcher", "/assignment"), ("instructor", "/me/instructor"), ("town", "/map")],
)
def test_dispatcher_and_instructor_land_on_the_own_screen(
    staffed: Any, reader: Callable[..., Any], username: str, screen: str
) -> None:
    page = reader(username).page
    page.wait_for_url(lambda url: url.split("#")[0].endswith(screen))


# --- sites ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phone", [False, True])
def test_sites_are_listed_and_narrowed_and_the_address_keeps_it(at: Callable[..., Any], phone: bool) -> None:
    page = at("town", "/sites", phone=phone)
    page.wait_for_selector("#map[data-state=idle]")
    rows = page.locator("#list li")
    every = rows.count()
    assert every > 1
    name = rows.first.locator("a").inner_text()
    page.fill("input[name=q]", name)
    expect(page.locator("#found")).to_have_text("共 1 个站点")
    page.reload()
    expect(page.locator("#list li")).to_have_count(1)
    page.fill("input[name=q]", "")
    page.select_option("select[name=kind]", "lecture_hall")
    expect(page.locator("#found")).not_to_have_text(f"共 {every} 个站点")
    looks_well(page)


@pytest.mark.parametrize("phone", [False, True])
def test_site_tells_its_needs_who_serves_them_and_its_two_weeks(at: Callable[..., Any], phone: bool) -> None:
    page = at("dispatcher", "/assignment", phone=phone)
    page.goto(page.url.split("/assignment")[0] + f"/sites/{site_with(page, 'unserved')}")
    page.wait_for_selector("#needs .need")
    needs = text_of(page, "#needs")
    assert "需 1 人" in needs or "需 2 人" in needs
    assert "缺" in text_of(page, "#needs .empty-place >> nth=0")
    expect(page.locator("#calendar tbody tr")).to_have_count(14)
    for said in ("类型", "容纳人数", "负责人", "无障碍通行", "开放时间"):
        assert said in text_of(page, "#facts")
    looks_well(page)


def test_site_is_changed_and_two_who_change_it_see_both_values(at: Callable[..., Any]) -> None:
    page = at("town", "/sites")
    page.click("#list li >> nth=0 >> a")
    page.wait_for_selector("#edit")
    page.click("#edit")
    page.fill("dialog input[name=capacity]", "80")
    # Somebody else was faster.
    page.evaluate(
        """async () => {
          const path = '/api/v1/sites/' + document.getElementById('site').dataset.site;
          const tag = (await fetch(path)).headers.get('ETag');
          await fetch(path, {method: 'PATCH', body: JSON.stringify({capacity: 60}), headers: {'Content-Type': 'application/json',
            'If-Match': tag, 'X-CSRFToken': document.querySelector('meta[name="csrf-token"]').content}});
        }"""
    )
    page.click("dialog button[type=submit]")
    page.wait_for_selector("dialog .versions")
    row = text_of(page, "dialog .versions tbody tr")
    assert "60" in row
    assert "80" in row
    page.click("dialog button:has-text('用我的值')")
    expect(page.locator("#facts")).to_contain_text("80")


def test_need_is_added_by_keyboard_and_ended(at: Callable[..., Any]) -> None:
    page = at("town", "/sites")
    page.click("#list li >> nth=0 >> a")
    page.wait_for_selector("#needs .need, #needs .empty")
    before = page.locator("#needs .need").count()
    page.focus("#add-need")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog select[name=item]")
    page.select_option("dialog select[name=weekday]", "3")
    page.fill("dialog input[name=from_minute]", "19:05")
    page.fill("dialog input[name=to_minute]", "20:05")
    looks_well(page)
    page.keyboard.press("Enter")
    expect(page.locator("#needs .need")).to_have_count(before + 1)
    added = page.locator("#needs .need", has_text="周三 19:05–20:05")
    added.locator("button", has_text="结束").click()
    page.click("dialog button[type=submit]")
    expect(added).to_contain_text("为止")


def test_who_may_only_look_is_offered_no_change(at: Callable[..., Any]) -> None:
    page = at("leader", "/sites")
    page.click("#list li >> nth=0 >> a")
    page.wait_for_selector("#needs .need, #needs .empty")
    expect(page.locator("#edit")).to_have_count(0)
    expect(page.locator("#add-need")).to_have_count(0)
    assert page.goto(page.url.split("/sites")[0] + "/assignment").status == 403


# --- the assignment map -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phone", [False, True])
def test_assignment_shows_figures_sites_and_the_needs_of_one(at: Callable[..., Any], phone: bool) -> None:
    page = at("dispatcher", "/assignment", phone=phone)
    page.wait_for_selector("#sites li button")
    page.wait_for_selector("#map[data-state=idle]")
    figures = text_of(page, "#run")
    for said in ("执行中", "服务到的户数", "空缺", "平均路程", "每人每周", "结果质量"):
        assert said in figures
    page.click("#sites li button >> nth=0")
    page.wait_for_selector("#chosen .need")
    assert "site=" in page.url
    looks_well(page)


def test_why_this_one_and_why_not_that_one(at: Callable[..., Any]) -> None:
    page = at("dispatcher", "/assignment")
    page.wait_for_selector("#sites li button")
    page.goto(page.url + f"?site={site_with(page, 'pairs')}")
    page.click("#chosen button:has-text('为什么是他') >> nth=0")
    page.wait_for_selector("#why-answer .reasons li")
    assert "已安排" in text_of(page, "#why-answer")
    looks_well(page)
    shown = text_of(page, "#why-answer h3")
    page.fill("#why-search", "测试")
    page.wait_for_selector("#why-found li button")
    others = page.locator("#why-found li").filter(has_not_text=shown[4:7])
    others.first.locator("button").click()
    expect(page.locator("#why-answer h3")).not_to_have_text(shown)
    page.wait_for_selector("#why-answer .reasons li")
    page.keyboard.press("Escape")
    expect(page.locator("#why")).to_have_count(0)


def test_person_is_pinned_and_let_go_again(at: Callable[..., Any]) -> None:
    page = at("dispatcher", "/assignment")
    page.wait_for_selector("#sites li button")
    page.goto(page.url + f"?site={site_with(page, 'pairs')}")
    page.click("#chosen button:has-text('为什么是他') >> nth=0")
    page.click("#pin")
    expect(page.locator("#pin")).to_have_text("取消固定")
    page.click("#why .dialog__end button")
    expect(page.locator("#chosen .mark--info").first).to_contain_text("固定")
    page.click("#chosen .person:has(.mark--info) button")
    page.click("#pin")
    expect(page.locator("#pin")).to_have_text("◆ 固定给此需求")


def test_computed_anew_compared_and_adopted(at: Callable[..., Any], staffed: Any) -> None:
    page = at("dispatcher", "/assignment")
    page.wait_for_selector("#sites li button")
    page.click("#compute")
    page.wait_for_selector("dialog details")
    assert page.locator("dialog input[name=reach_m]").is_hidden()  # folded until somebody asks
    page.click("dialog summary")
    looks_well(page)
    page.click("dialog button[type=submit]")
    page.wait_for_selector(".job[data-state]")
    staffed.run_jobs()
    connection.set_schema_to_public()
    page.wait_for_selector("#adopt")
    assert "与执行中的第" in text_of(page, "#change")
    page.click("#adopt")
    page.click("dialog button[type=submit]")
    expect(page.locator("#run")).to_contain_text("✓ 执行中")


def test_computation_is_stopped_from_the_page(at: Callable[..., Any], staffed: Any) -> None:
    page = at("dispatcher", "/assignment")
    page.wait_for_selector("#sites li button")
    page.click("#compute")
    page.click("dialog button[type=submit]")
    page.click(".job button:has-text('停止')")
    page.wait_for_selector(".job[data-state=cancelled]")
    page.wait_for_selector("#sites li button")


@pytest.mark.parametrize("phone", [False, True])
def test_gaps_tell_staffing_and_where_the_next_sites_go(
    at: Callable[..., Any], staffed: Any, phone: bool
) -> None:
    page = at("dispatcher", "/assignment?tab=gaps", phone=phone)
    page.wait_for_selector("#staffing tbody tr")
    said = text_of(page, "#staffing")
    assert "2.16" in said
    if not phone:
        page.click("#start-study")
        page.fill("dialog input[name=places]", "3")
        page.click("dialog button[type=submit]")
        page.wait_for_selector("#study-said .job")
        staffed.run_jobs()
        connection.set_schema_to_public()
    page.wait_for_selector("#gap-map[data-state=idle]")
    assert 1 <= page.locator("#study tr[id^=step-]").count() <= 3
    looks_well(page)


# --- the instructor's own screen --------------------------------------------------------------------------------


@pytest.mark.parametrize("phone", [False, True])
def test_instructor_sees_next_week_and_standing(at: Callable[..., Any], phone: bool) -> None:
    page = at("instructor", "/me/instructor", phone=phone)
    page.wait_for_selector("#promotion li")
    page.wait_for_selector(".slot")
    for part, said in {
        "#standing": "等级",
        "#services": "志愿服务",
        "#promotion": "要求",
        "#week": "",
    }.items():
        assert said in text_of(page, part)
    looks_well(page)


def test_own_free_times_are_pressed_saved_and_stay(at: Callable[..., Any]) -> None:
    page = at("instructor", "/me/instructor", phone=True)
    slot = page.locator('[data-slot="7-1110"]')
    before = slot.get_attribute("aria-pressed")
    slot.focus()
    page.keyboard.press("Enter")
    expect(slot).not_to_have_attribute("aria-pressed", str(before))
    wanted = str(slot.get_attribute("aria-pressed"))
    page.click("#times-save")
    expect(page.locator("#times-said")).to_contain_text("已保存")
    page.reload()
    expect(page.locator('[data-slot="7-1110"]')).to_have_attribute("aria-pressed", wanted)


def test_exact_time_shows_as_a_part_of_its_slot(at: Callable[..., Any]) -> None:
    page = at("instructor", "/me/instructor")
    page.click("#times summary")
    page.click("#add-time")
    line = page.locator(".exact__line").last
    line.locator("select").select_option("6")
    line = page.locator(".exact__line").last
    line.locator("input").first.fill("13:30")
    page.locator(".exact__line").last.locator("input").last.fill("14:30")
    page.keyboard.press("Tab")
    expect(page.locator('[data-slot="6-780"]')).not_to_have_attribute("aria-pressed", "false")
    looks_well(page)


def test_day_of_leave_is_recorded_and_taken_back(at: Callable[..., Any]) -> None:
    page = at("instructor", "/me/instructor", phone=True)
    page.wait_for_selector(".leave-form")
    page.click(".leave-form button")
    expect(page.locator("#leave li")).to_have_count(1)
    assert "请假" in text_of(page, "#leave li")
    looks_well(page)
    page.click("#leave li button")
    expect(page.locator("#leave li")).to_have_count(0)


def test_pages_speak_english_too(at: Callable[..., Any]) -> None:
    page = at("dispatcher", "/assignment?lang=en")
    page.wait_for_selector("#sites li button")
    assert "Households served" in text_of(page, "#run")
    page = at("instructor", "/me/instructor?lang=en")
    page.wait_for_selector(".slot")
    assert "When I can be asked" in text_of(page, "main")
