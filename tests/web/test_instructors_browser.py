"""Sites, the assignment map and an instructor's own screen in a real Chromium: what people do there, phone and desktop.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange as Range
from django_tenants.utils import schema_context
from playwright.sync_api import expect

from tenants.bureau.rules.local_time import SHANGHAI, local_moment
from tests.web.looking import LOOKS, read, text_of

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
PEOPLE = 60
NOBODY = {"next": None, "previous": None, "results": []}


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


def looks_well(page: Any, name: str = "") -> None:
    """Nothing keeps the page from being read; with WANGGE_PICTURES a picture is left to be looked at."""
    folder = os.environ.get("WANGGE_PICTURES")
    if folder and name:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
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
    [("dispatcher", "/assignment"), ("instructor", "/me/instructor"), ("town", "/network")],
)
def test_dispatcher_and_instructor_land_on_the_own_screen(
    staffed: Any, reader: Callable[..., Any], username: str, screen: str
) -> None:
    page = reader(username, by_form=True).page
    page.wait_for_url(lambda url: url.split("#")[0].endswith(screen))


# --- sites ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phone", [False, True])
def test_sites_are_listed_and_narrowed_and_the_address_keeps_it(at: Callable[..., Any], phone: bool) -> None:
    page = at("town", "/sites", phone=phone)
    page.wait_for_selector("#map[data-state=idle]")
    rows = page.locator("#list li")
    every = rows.count()
    assert every > 1
    if phone:  # the list goes on in the page, not in a box of its own
        assert page.locator("#list ul").evaluate("list => list.scrollHeight <= list.clientHeight + 1")
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


@pytest.fixture
def site_by_night(staffed: Any) -> Iterator[int]:
    """A site that is taken over the midnight after tomorrow."""
    from instructors.assignment.models import Booking, Site
    from tenants.accounts.models import User

    midnight = local_moment(datetime.now(SHANGHAI).date() + timedelta(days=2), time())
    hours = Range(midnight - timedelta(minutes=30), midnight + timedelta(minutes=30))
    with schema_context(staffed.schema):
        site = Site.objects.select_related("unit").order_by("id")[0]
        booking = Booking.objects.create(
            kind="activity", reference="test:night", site=site, town=site.town or site.unit, busy=hours, padded=hours,
            is_exclusive=False, booked_by=User.objects.get(username="dispatcher"),
        )  # fmt: skip
    connection.set_schema_to_public()
    yield site.pk
    with schema_context(staffed.schema):
        booking.delete()
    connection.set_schema_to_public()


def test_a_booking_over_midnight_stands_on_both_days_of_its_site(
    at: Callable[..., Any], site_by_night: int
) -> None:
    page = at("dispatcher", f"/sites/{site_by_night}")
    expect(page.locator("#calendar tbody tr")).to_have_count(14)
    booked = page.locator("#calendar tbody tr", has_text="23:30–00:30")
    expect(booked).to_have_count(2)
    expect(booked.first).to_contain_text("明天")


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
    expect(page.locator("dialog")).to_contain_text("此后已登记的值守随之取消，担任的指导员会收到通知")
    looks_well(page, "need-ending")
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
    for said in ("执行中", "服务到的户数", "空缺", "平均路程", "每人每周", "结果质量", "可复现"):
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


def test_a_need_that_nobody_teaches_for_says_so(at: Callable[..., Any]) -> None:
    page = at("dispatcher", "/assignment")
    page.wait_for_selector("#sites li button")
    page.route("**/api/v1/instructors?limit=8&item=*", lambda route: route.fulfill(json=NOBODY))
    page.goto(page.url + f"?site={site_with(page, 'pairs')}")
    page.click("#chosen button:has-text('为什么') >> nth=0")
    expect(page.locator("#why-found")).to_contain_text("名册中没有人教")
    page.fill("#why-search", "没有此人")
    expect(page.locator("#why-found")).to_contain_text("没有找到这个姓名")


def test_gaps_open_by_street_for_who_has_no_county_in_reach(at: Callable[..., Any]) -> None:
    page = at("town", "/assignment")
    told = read(page, "staffing?level=county") | {"units": []}
    page.route("**/api/v1/staffing?level=county", lambda route: route.fulfill(json=told))
    page.wait_for_load_state("networkidle")  # the tab listens once the page knows who looks at it
    page.click("#tab-gaps")
    expect(page.locator("#staffing-tools select")).to_have_value("town")


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


@pytest.mark.parametrize("phone", [False, True])
def test_pin_that_no_longer_holds_is_marked_with_its_reason_and_released(
    at: Callable[..., Any], staffed: Any, phone: bool
) -> None:
    from instructors.assignment.models import AssignmentPin, RunState, SiteAssignment
    from instructors.people.models import Instructor
    from tenants.accounts.models import User

    with schema_context(staffed.schema):
        by = User.objects.get(username="dispatcher")
        for pair in SiteAssignment.objects.filter(run__state=RunState.ADOPTED).order_by("id")[:2]:
            pin = AssignmentPin.objects.create(need=pair.need, instructor=pair.instructor, pinned_by=by)
        person = Instructor.objects.filter(pk=pin.instructor_id)
        limit = person.get().weekly_limit
        person.update(weekly_limit=0)
    connection.set_schema_to_public()
    try:
        page = at("dispatcher", "/assignment", phone=phone)
        page.wait_for_selector("#pins li")
        broken = page.locator("#pins li[data-holding=false]")
        assert "1 项固定已不成立，取消后才能重新计算" in text_of(page, "#pins-broken")
        expect(broken.first).to_contain_text("每周次数上限为0")
        expect(broken.first).to_contain_text("✕ 已不成立")
        expect(page.locator("#pins details summary")).to_contain_text("有效的固定")
        looks_well(page)
        page.click(f"#pins button[data-release='{pin.pk}']")
        expect(page.locator(f"#pins li[data-pin='{pin.pk}']")).to_have_count(0)
        expect(page.locator("#pins-broken")).to_have_count(0)
    finally:
        with schema_context(staffed.schema):
            AssignmentPin.objects.all().delete()
            person.update(weekly_limit=limit)
        connection.set_schema_to_public()


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
    expect(page.locator("dialog")).to_contain_text("每周值守有变化的指导员会收到通知，其他人不会")
    looks_well(page, "adopting")
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
        expect(page.locator("#study")).to_contain_text("第 2 次分析")
    page.wait_for_selector("#gap-map[data-state=idle]")
    assert 1 <= page.locator("#study tr[id^=step-]").count() <= 3
    sites = len(read(page, "sites/export")["features"])
    expect(page.locator("#gap-legend")).to_contain_text(f"现有站点 {sites} 个")
    expect(page.locator("#gap-legend")).to_contain_text("新站点")
    assert _files_taken(page, "#staffing") == ["表格 XLSX", "地图数据 GeoJSON", "数据 JSON"]
    forms = ["表格 XLSX", "地图数据 GeoJSON", "图片 PNG", "可缩放图片 SVG", "数据 JSON"]
    assert _files_taken(page, "#study") == forms
    page.click("details.picture summary")
    page.locator("details.picture img").evaluate("image => image.decode()")
    looks_well(page)


def _files_taken(page: Any, place: str) -> list[str]:
    """The names of the files that a part of the page offers, each of which the server gives."""
    links = page.locator(f"{place} a[download]")
    for address in links.evaluate_all("all => all.map(link => link.href)"):
        assert page.request.get(address).status == 200, address
    return list(links.all_inner_texts())


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


@pytest.mark.parametrize("phone", [False, True])
def test_j12_instructor_reads_which_weekly_duties_begin_and_puts_it_away(
    at: Callable[..., Any], staffed: Any, phone: bool
) -> None:
    from tenants.bureau.services.outbox import deliver_outbox

    with schema_context(staffed.schema):
        deliver_outbox()
    connection.set_schema_to_public()
    page = at("instructor", "/me/instructor", phone=phone)
    notice = page.locator("#notices li", has_text="站点值守调整：您的每周值守新增")
    expect(notice).to_contain_text("原因：采用了新的站点指导员分配。")
    expect(notice).to_contain_text("以下每周值守由您担任，具体日期以登记的值守为准：自")
    page.wait_for_selector(".slot")
    looks_well(page, f"duties-{'phone' if phone else 'desktop'}")
    if phone:
        notice.get_by_role("button", name="知道了").click()
        expect(notice).to_have_count(0)


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


def test_an_exact_time_is_typed_figure_by_figure(at: Callable[..., Any]) -> None:
    page = at("instructor", "/me/instructor")
    page.click("#times summary")
    page.click("#add-time")
    page.locator(".exact__line").last.locator("input").first.click(position={"x": 15, "y": 12})
    page.keyboard.type("0545")
    page.wait_for_timeout(100)
    expect(page.locator(".exact__line").last.locator("input").first).to_have_value("05:45")


@pytest.mark.parametrize("phone", [False, True])
def test_a_day_of_leave_that_is_being_entered_outlives_what_else_is_saved(
    at: Callable[..., Any], phone: bool
) -> None:
    page = at("instructor", "/me/instructor", phone=phone)
    day, how = page.locator(".leave-form [name=on]"), page.locator(".leave-form [name=kind]")
    day.fill("2099-04-01")
    page.click(".leave-form button")
    expect(page.locator("#leave li")).to_have_count(1)
    expect(day).not_to_have_value("2099-04-01")  # what was recorded is no longer being entered
    day.fill("2099-04-02")
    how.select_option("off-540-720")
    page.locator('[data-slot="5-330"]').click()
    page.click("#times-save")
    expect(page.locator("#times-said")).to_contain_text("已保存")
    expect(day).to_have_value("2099-04-02")
    expect(how).to_have_value("off-540-720")
    looks_well(page)
    page.click("#leave li button")
    expect(page.locator("#leave li")).to_have_count(0)
    expect(day).to_have_value("2099-04-02")
    page.locator('[data-slot="5-330"]').click()
    page.get_by_role("button", name="放弃修改").click()
    expect(page.locator("#times-save")).to_be_disabled()
    expect(how).to_have_value("off-540-720")


def test_signing_out_asks_before_what_is_not_saved_is_gone(at: Callable[..., Any]) -> None:
    page = at("instructor", "/me/instructor", phone=True)
    asked: list[str] = []
    page.on("dialog", lambda box: (asked.append(box.type), box.accept()))
    page.locator('[data-slot="5-330"]').click()
    expect(page.locator("#times-save")).to_be_enabled()
    page.get_by_role("button", name="退出", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("这一页有修改还没有保存")
    looks_well(page)
    page.get_by_role("button", name="先不退出").click()
    expect(page.locator("#times-save")).to_be_enabled()
    assert page.request.get(page.url).ok  # still signed in
    page.get_by_role("button", name="退出", exact=True).click()
    page.get_by_role("button", name="不保存，退出").click()
    page.wait_for_url("**/sign-in*")
    assert asked == []  # the browser does not ask the same once more


def test_own_calendar_is_subscribed_to_and_revoked(at: Callable[..., Any]) -> None:
    page = at("instructor", "/me/instructor", phone=True)
    page.click("#open-feed")
    address = page.input_value("#feed-address")
    expect(page.locator("#feeds li")).to_have_count(1)
    looks_well(page)
    asked = "async (address) => { const a = await fetch(address); return [a.status, (await a.text()).slice(0, 15)]; }"
    assert page.evaluate(asked, address) == [200, "BEGIN:VCALENDAR"]
    page.reload()
    expect(page.locator("#feeds li")).to_have_count(1)
    expect(page.locator("#feed-address")).to_have_count(0)  # shown once
    page.click("#feeds li button")
    expect(page.locator("#feeds li")).to_have_count(0)
    assert page.evaluate(asked, address)[0] == 404


# --- a weak network ---------------------------------------------------------------------------------------------


class LosesAnswers:
    """Between the page and the server: lets every request through and drops the first answers on their way back."""

    def __init__(self, page: Any, pattern: str, lost: int) -> None:
        self.lost = lost
        self.keys: list[str] = []
        self.replayed: list[bool] = []
        page.route(pattern, self._pass_on)

    def _pass_on(self, route: Any) -> None:
        answer = route.fetch()
        self.keys.append(route.request.headers["idempotency-key"])
        self.replayed.append("idempotent-replayed" in answer.headers)
        if len(self.keys) <= self.lost:
            route.abort("connectionreset")
        else:
            route.fulfill(response=answer)


def _leave_days(page: Any) -> list[str]:
    own = read(page, "instructors/me")["id"]
    return [row["on"] for row in read(page, f"instructors/{own}/free-times")["exceptions"]]


def test_lost_answer_is_asked_for_again_and_the_work_is_done_once(at: Callable[..., Any]) -> None:
    page = at("instructor", "/me/instructor", phone=True)
    page.wait_for_selector(".leave-form")
    network = LosesAnswers(page, "**/free-times/exceptions", lost=1)
    page.fill(".leave-form input[name=on]", "2099-03-02")
    page.click(".leave-form button")
    expect(page.locator(".leave-form button")).to_be_disabled()  # until the server's answer is known
    expect(page.locator(".waiting")).to_contain_text("不会重复办理")
    expect(page.locator("#leave li")).to_have_count(1)
    expect(page.locator(".waiting")).to_have_count(0)
    assert len(network.keys) == 2
    assert len(set(network.keys)) == 1
    assert network.replayed == [False, True]
    assert _leave_days(page) == ["2099-03-02"]
    page.click("#leave li button")
    expect(page.locator("#leave li")).to_have_count(0)


def test_press_after_a_reload_bears_the_key_of_the_one_that_was_not_answered(at: Callable[..., Any]) -> None:
    page = at("instructor", "/me/instructor", phone=True)
    page.wait_for_selector(".leave-form")
    network = LosesAnswers(page, "**/free-times/exceptions", lost=2)
    page.fill(".leave-form input[name=on]", "2099-03-03")
    page.click(".leave-form button")
    expect(page.locator("#leave .notice--bad")).to_contain_text("可能已经办成")
    expect(page.locator("#leave .notice--bad")).to_contain_text("再按一次")
    expect(page.locator(".leave-form button")).to_be_enabled()
    page.reload()
    page.wait_for_selector(".leave-form")
    page.fill(".leave-form input[name=on]", "2099-03-03")
    page.click(".leave-form button")
    expect(page.locator("#speaker")).to_have_text("已登记")
    assert len(network.keys) == 3
    assert len(set(network.keys)) == 1
    assert network.replayed == [False, True, True]
    assert _leave_days(page) == ["2099-03-03"]
    # Answered at last: the same press now is a new deed, which the server refuses by its own rule.
    page.fill(".leave-form input[name=on]", "2099-03-03")
    page.click(".leave-form button")
    expect(page.locator("#leave .notice--bad")).to_contain_text("已有例外安排")
    assert network.keys[3] != network.keys[0]
    page.click("#leave li button")
    expect(page.locator("#leave li")).to_have_count(0)


# --- two who change one week ------------------------------------------------------------------------------------


_CHANGE_ELSEWHERE = """async (times) => {
  const own = (await (await fetch('/api/v1/instructors/me')).json()).id;
  const path = `/api/v1/instructors/${own}/free-times`;
  const found = await fetch(path);
  const sent = await fetch(path, {method: 'PUT', body: JSON.stringify({times}), headers: {'Content-Type': 'application/json',
    'If-Match': found.headers.get('ETag'), 'X-CSRFToken': document.querySelector('meta[name="csrf-token"]').content}});
  return sent.status;
}"""


def _thursday(until: int) -> dict[str, Any]:
    """The whole week as somebody else leaves it: one morning, of a length that no other test leaves."""
    return {"weekday": 4, "from_minute": 545, "to_minute": until, "valid_from": None, "valid_to": None}


def _own_week(page: Any) -> list[dict[str, Any]]:
    own = read(page, "instructors/me")["id"]
    return list(read(page, f"instructors/{own}/free-times")["times"])


@pytest.mark.parametrize(("choice", "until"), [("stored", 710), ("mine", 715)])
def test_week_changed_elsewhere_is_shown_beside_the_own_and_the_person_chooses(
    at: Callable[..., Any], choice: str, until: int
) -> None:
    elsewhere = _thursday(until)
    page = at("instructor", "/me/instructor", phone=True)
    slot = page.locator('[data-slot="2-1110"]')
    slot.click()
    assert page.evaluate(_CHANGE_ELSEWHERE, [elsewhere]) == 200
    page.click("#times-save")
    expect(page.locator("#times-versions tbody")).to_contain_text(f"09:05–11:5{until - 710}")
    expect(page.locator("#times-versions tbody")).to_contain_text("18:30–21:30")
    looks_well(page)
    assert _own_week(page) == [elsewhere]  # nothing is written before somebody chose
    page.click(f"#take-{choice}")
    expect(page.locator("#times-versions")).to_have_count(0)
    if choice == "stored":
        assert _own_week(page) == [elsewhere]
        expect(page.locator("#times-save")).to_be_disabled()
    else:
        expect(page.locator("#times-said")).to_contain_text("已保存")
        evenings = [time for time in _own_week(page) if time["weekday"] == 2 and time["to_minute"] == 1290]
        assert evenings
        assert elsewhere not in _own_week(page)


def test_leave_recorded_in_the_midst_of_pressing_does_not_hide_that_the_week_was_changed(
    at: Callable[..., Any],
) -> None:
    page = at("instructor", "/me/instructor", phone=True)
    page.locator('[data-slot="3-1110"]').click()
    assert page.evaluate(_CHANGE_ELSEWHERE, [_thursday(700)]) == 200
    page.fill(".leave-form input[name=on]", "2099-03-04")
    page.click(".leave-form button")
    expect(page.locator("#times-versions")).to_be_visible()
    assert _own_week(page) == [_thursday(700)]
    page.click("#take-stored")
    page.click("#leave li button")
    expect(page.locator("#leave li")).to_have_count(0)


def test_pages_speak_english_too(at: Callable[..., Any]) -> None:
    page = at("dispatcher", "/assignment?lang=en")
    page.wait_for_selector("#sites li button")
    assert "Households served" in text_of(page, "#run")
    page = at("instructor", "/me/instructor?lang=en")
    page.wait_for_selector(".slot")
    assert "When I can be asked" in text_of(page, "main")


# --- nothing in force; last, because it ends what the tests before stand on ------------------------------------------


def test_withdrawn_without_another_the_page_says_that_nothing_is_in_force(
    at: Callable[..., Any], staffed: Any
) -> None:
    from instructors.people.models import InstructorIdentity

    with schema_context(staffed.schema):
        InstructorIdentity.objects.all().delete()  # so that some are reached neither here nor by phone
    connection.set_schema_to_public()
    page = at("dispatcher", "/assignment")
    page.wait_for_selector("#sites li button")
    for _ in read(page, "assignment-runs?limit=50")["results"]:
        standing = read(page, "assignment-runs?state=adopted")["results"]
        if not standing:
            break
        (run,) = standing
        page.select_option("#run-choice", str(run["id"]))
        page.click("#withdraw")
        after = (
            "撤回后没有执行中的分配"
            if run["replaces_id"] is None
            else f"第 {run['replaces_id']} 次将重新执行"
        )
        expect(page.locator("dialog")).to_contain_text(after)
        page.fill("dialog [name=reason]", "演示撤回")
        page.click("dialog button[type=submit]")
        expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#not-told")).to_contain_text("名指导员既无账号也无电话，未能通知：测试")
    expect(page.locator("#not-told")).to_contain_text("怎么办：请由街镇当面或以其他方式告知")
    looks_well(page, "not-told")
    page.goto(page.url.split("?")[0])
    expect(page.locator("#run .mark")).to_have_text("已停止执行")
    expect(page.locator("#none-in-force")).to_contain_text("现在没有执行中的分配")
    looks_well(page)
