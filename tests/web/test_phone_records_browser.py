"""What a phone keeps and takes back, in a real Chromium: an end undone, a fault with its photo, signing out with work waiting.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django_tenants.utils import schema_context
from PIL import Image
from playwright.sync_api import expect

from tenants.bureau.rules.local_time import SHANGHAI, local_moment
from tests.web.looking import LOOKS, read
from tests.web.network_at_work import DANCE, PEOPLE, set_to_work

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
MET, EARLY = "晨练（演示）", "清早（演示）"
# Every value that the page keeps on the device, as text.
KEPT = """async () => {
  const open = indexedDB.open("keyval-store");
  const store = await new Promise((done) => { open.onsuccess = () => done(open.result); });
  if (!store.objectStoreNames.contains("keyval")) return [];
  const all = store.transaction("keyval").objectStore("keyval").getAll();
  const rows = await new Promise((done) => { all.onsuccess = () => done(all.result); });
  store.close();
  const told = (one) => one instanceof ArrayBuffer || ArrayBuffer.isView(one) ? new TextDecoder().decode(one)
    : one && typeof one === "object" ? Object.values(one).map(told).join(" ") : String(one);
  return rows.map(told).filter((one) => one !== "");
}"""


@pytest.fixture(scope="module")
def at_work(web_city: Any) -> Iterator[Any]:
    """The served city with a leader's grids and an interest grid whose meeting has begun."""
    from grids.interest.models import Occurrence

    with schema_context(web_city.schema):
        set_to_work()
        Occurrence.objects.update(starts_at=F("starts_at") - timedelta(minutes=10))
    connection.set_schema_to_public()
    yield web_city


@pytest.fixture
def at(at_work: Any, reader: Callable[..., Any]) -> Callable[..., Any]:
    """`at("leader")`: that person's reader at a phone, on the first screen."""

    def signed_in(username: str, **more: Any) -> Any:
        one = reader(username, **({"phone": True} | more))
        one.open("/")
        return one

    return signed_in


def looks_well(page: Any) -> None:
    assert page.evaluate(LOOKS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def sign_out(page: Any) -> None:
    page.get_by_role("button", name="退出", exact=True).click()


def note_visit(page: Any) -> None:
    page.click("#visit")
    page.select_option("dialog [name=outcome]", "nobody_home")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("dialog")).to_have_count(0)


def visits(at_work: Any) -> int:
    from grids.interest.models import HouseholdVisit

    with schema_context(at_work.schema):
        number = HouseholdVisit.objects.count()
    connection.set_schema_to_public()
    return number


def end_the_meeting(page: Any) -> None:
    page.click("#start")
    expect(page.locator(".tick", has_text=PEOPLE[1])).to_be_visible()
    tick = page.locator(".tick", has_text=PEOPLE[1])
    if tick.get_attribute("aria-pressed") == "false":
        tick.click()
    expect(page.locator("dialog")).to_contain_text("已到 1 人")
    page.click("#finish")
    expect(page.locator("dialog")).to_have_count(0)


class OverMidnight:
    """The meeting of the module and one early the next day, put where a test wants them around the coming midnight."""

    def __init__(self, at_work: Any) -> None:
        self._schema = at_work.schema
        self.midnight = local_moment(datetime.now(SHANGHAI).date() + timedelta(days=1), time())

    def put(self, title: str, begins: int, ends: int, **more: Any) -> None:
        """Let the meeting of that title go on from and to so many minutes after midnight (negative: before it)."""
        from grids.interest.models import Occurrence

        with schema_context(self._schema):
            Occurrence.objects.filter(activity__title=title).update(
                starts_at=self.after(begins), ends_at=self.after(ends), **more
            )
        connection.set_schema_to_public()

    def after(self, minutes: int) -> datetime:
        """So many minutes after midnight."""
        return self.midnight + timedelta(minutes=minutes)

    def look(self, page: Any, minutes: int) -> None:
        """Read the page anew, at so many minutes after midnight."""
        page.clock.set_fixed_time(self.after(minutes))
        page.reload()


@pytest.fixture
def night(at_work: Any) -> Iterator[OverMidnight]:
    """The meeting goes on over midnight, another begins an hour after it."""
    from grids.interest.models import Activity, Occurrence
    from grids.interest.rules.activity_plans import ActivityPlan
    from grids.interest.services.activities import plan_activity
    from tenants.accounts.models import User

    night = OverMidnight(at_work)
    with schema_context(at_work.schema):
        [met] = Occurrence.objects.all()
        leader = User.objects.get(username="leader")
        plan = ActivityPlan(EARLY, night.after(60), night.after(120), place_name="演示广场")
        plan_activity(interest_grid_id=met.interest_grid_id, plan=plan, acting_user=leader)
    night.put(MET, -20, 40)
    yield night
    with schema_context(at_work.schema):
        Occurrence.objects.exclude(pk=met.pk).delete()
        Activity.objects.filter(title=EARLY).delete()
        Occurrence.objects.filter(pk=met.pk).update(
            starts_at=met.starts_at, ends_at=met.ends_at, state=met.state
        )
    connection.set_schema_to_public()


def test_j09_a_meeting_goes_on_over_midnight_and_gives_way_to_the_next_when_it_is_over(
    at: Callable[..., Any], night: OverMidnight
) -> None:
    member, leader = at("member").page, at("leader").page
    for page in (member, leader):
        night.look(page, 10)
    expect(member.locator("#now")).to_contain_text("昨天")
    expect(member.locator("#now")).to_contain_text(MET)
    expect(member.locator("#start")).to_have_text("开始签到")
    expect(member.locator("#week")).to_contain_text(EARLY)
    met = leader.locator("#week li", has_text=MET)
    expect(met.get_by_role("button", name="签到")).to_be_visible()
    looks_well(member)
    looks_well(leader)
    night.look(member, 45)
    expect(member.locator("#now")).to_contain_text(EARLY)
    own = member.locator("#week li", has_text=MET)
    expect(own.get_by_role("button", name="打开")).to_be_visible()
    night.put(MET, -20, 40, state="held")
    night.look(leader, 10)
    expect(met.get_by_role("button", name="撤销")).to_be_visible()


def test_j09_what_ended_before_midnight_is_recorded_after_it_and_what_begins_soon_after_is_opened_before(
    at: Callable[..., Any], night: OverMidnight
) -> None:
    member, leader = at("member").page, at("leader").page
    night.put(MET, -70, -10)
    night.look(member, 10)
    own = member.locator("#week li", has_text=MET)
    expect(own.get_by_role("button", name="补登")).to_be_visible()
    expect(member.locator("#now")).to_contain_text(EARLY)
    night.put(EARLY, 20, 80)
    for page in (member, leader):
        night.look(page, -5)
    expect(member.locator("#now")).to_contain_text(EARLY)
    expect(member.locator("#now")).to_contain_text("明天")
    expect(member.locator("#start")).to_have_text("开始签到")
    expect(own.get_by_role("button", name="打开")).to_be_visible()
    early = leader.locator("#week li", has_text=EARLY)
    expect(early.get_by_role("button", name="签到")).to_be_visible()
    night.look(leader, -15)
    expect(early.get_by_role("button", name="取消")).to_be_visible()
    expect(early.get_by_role("button", name="签到")).to_have_count(0)


def test_j09_an_end_pressed_too_early_is_taken_back_with_all_who_were_there(at: Callable[..., Any]) -> None:
    one = at("member")
    page = one.page
    end_the_meeting(page)
    expect(page.locator("#said")).to_contain_text("活动已结束并记录")
    expect(page.locator("#start")).to_have_count(0)  # the page has read that it is over
    looks_well(page)
    page.click("#undo-finish")
    expect(page.locator("#said")).to_contain_text("已撤销结束，到场记录都在")
    expect(page.locator("#start")).to_be_visible()
    looks_well(page)
    one.context.set_offline(True)  # and an end that has not left the phone is simply not told
    end_the_meeting(page)
    expect(page.locator("#waiting")).to_contain_text("结束")
    page.click("#undo-finish")
    expect(page.locator("#waiting")).to_be_empty()
    one.context.set_offline(False)
    [held] = [row for row in read(page, "occurrences?mine=true")["results"] if row["title"] == "晨练（演示）"]
    assert (held["state"], held["named"]) == ("planned", 1)
    page.reload()
    end_the_meeting(page)
    page.reload()  # the bar is gone, the way back is not
    page.locator("#week").get_by_role("button", name="撤销").click()
    expect(page.locator("#said")).to_contain_text("已撤销结束")
    expect(page.locator("#start")).to_be_visible()


def test_j09_an_answer_that_comes_late_does_not_bring_back_what_is_no_more_so(at: Callable[..., Any]) -> None:
    page = at("member").page
    asked: list[Any] = []
    late: list[Any] = []

    def overtaken(route: Any) -> None:
        """The first question after the end is answered when the end is taken back again."""
        asked.append(route)
        if len(asked) > 1:
            return route.continue_()
        return late.append(route.fetch())

    page.click("#start")
    page.get_by_role("button", name="多一人").click()
    page.route("**/api/v1/occurrences?mine=true*", overtaken)
    page.click("#finish")
    expect(page.locator("#start")).to_have_count(0)
    page.click("#undo-finish")
    expect(page.locator("#said")).to_contain_text("已撤销结束")
    expect(page.locator("#start")).to_be_visible()
    assert [row["state"] for row in late[0].json()["results"] if row["title"] == "晨练（演示）"] == ["held"]
    with page.expect_request_finished(lambda told: told == asked[0].request):
        asked[0].fulfill(response=late[0])
    page.wait_for_timeout(500)  # whatever the page does with it, it does at once
    expect(page.locator("#start")).to_be_visible()


def test_j09_a_tick_without_a_network_stands_and_is_taken_back_by_a_second_press(
    at: Callable[..., Any],
) -> None:
    one = at("member")
    page, tick = one.page, one.page.locator(".tick", has_text=PEOPLE[2])
    page.click("#start")
    expect(tick).to_have_attribute("aria-pressed", "false")
    one.context.set_offline(True)
    tick.click()
    expect(page.locator("#waiting")).to_contain_text(f"{PEOPLE[2]} 到场")
    page.get_by_role("button", name="返回", exact=True).click()
    page.click("#start")  # the list is the one that was read last: the tick stands in it
    expect(tick).to_have_attribute("aria-pressed", "true")
    tick.click()
    expect(tick).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#waiting")).to_be_empty()
    one.context.set_offline(False)
    [row] = [row for row in read(page, "occurrences?mine=true")["results"] if row["title"] == "晨练（演示）"]
    people = read(page, f"occurrences/{row['id']}/attendance")["results"]
    assert [person["is_present"] for person in people if person["name"] == PEOPLE[2]] == [False]


def test_j09_the_leader_opens_todays_meeting_too_and_closing_says_that_it_goes_on(
    at: Callable[..., Any],
) -> None:
    page = at("leader").page
    page.locator("#week li", has_text="晨练（演示）").get_by_role("button", name="签到").click()
    expect(page.locator(".check-in-code img")).to_be_visible()
    looks_well(page)
    tick = page.locator(".tick", has_text=PEOPLE[0])
    tick.click()
    expect(tick).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="返回", exact=True).click()
    page.locator("#interest").get_by_role("link", name=DANCE).click()
    expect(page.locator("#whole")).to_contain_text("晨练（演示）")
    page.click("#close")
    expect(page.locator("dialog")).to_contain_text("已有人到场的一次照常进行")
    looks_well(page)


def test_j15_a_fault_is_told_with_its_photo_once_there_is_a_network(
    at: Callable[..., Any], at_work: Any
) -> None:
    picture = BytesIO()
    Image.new("RGB", (80, 60), "darkred").save(picture, "PNG")
    one = at("member")
    page = one.page
    expect(page.locator("#else")).to_contain_text("报设施问题")
    one.context.set_offline(True)
    page.get_by_role("button", name="报设施问题").click()
    page.fill("dialog [name=place_name]", "演示广场漫步机")
    page.set_input_files("dialog [name=photo]", {"name": "a.txt", "mimeType": "image/png", "buffer": b"no"})
    page.get_by_role("button", name="报告", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("不是能读取的照片")
    picture_file = {"name": "a.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    page.set_input_files("dialog [name=photo]", picture_file)
    looks_well(page)
    page.get_by_role("button", name="报告", exact=True).click()
    expect(page.locator("#waiting")).to_contain_text("1 条已保存在手机上")
    assert not [row for row in page.evaluate(KEPT) if "漫步机" in row]
    with page.expect_response(lambda told: told.url.endswith("/photo") and told.request.method == "PUT"):
        one.context.set_offline(False)
    expect(page.locator("#waiting")).to_be_empty()
    shown = at("leader").open("/network/hotline").locator("li", has_text="演示广场漫步机")
    expect(shown.locator("img")).to_be_visible()
    expect(shown.locator("img")).to_have_js_property("naturalWidth", 80)
    looks_well(shown.page)


def test_signing_out_sends_what_waits_and_leaves_nothing(at: Callable[..., Any], at_work: Any) -> None:
    one = at("leader")
    page, before = one.page, visits(at_work)
    expect(page.locator("#members")).to_contain_text("赵演示001")
    assert page.evaluate(KEPT)  # what was read last, for when there is no network
    assert not [row for row in page.evaluate(KEPT) if "演示" in row]
    one.context.set_offline(True)
    note_visit(page)
    expect(page.locator("#waiting")).to_contain_text("1 条已保存在手机上")
    page.route("**/household-visits", lambda route: route.continue_())
    one.context.set_offline(False)
    sign_out(page)
    page.wait_for_url("**/sign-in*")
    assert visits(at_work) == before + 1
    assert page.evaluate(KEPT) == []


def test_an_answer_that_comes_after_signing_out_is_not_kept(at: Callable[..., Any]) -> None:
    one = at("leader")
    page, late, door = one.page, [], []
    expect(page.locator("#members")).to_contain_text("赵演示001")
    page.route("**/me/leader-tasks", lambda route: late.append((route, route.fetch())))
    note_visit(page)  # once it has arrived the page reads anew
    while not late:
        page.wait_for_timeout(50)
    page.route("**/sign-in*", lambda route: door.append(route))
    sign_out(page)
    while not door:
        page.wait_for_timeout(50)
    for route, answer in late:
        route.fulfill(response=answer)
    page.wait_for_timeout(300)
    door.pop().continue_()
    page.wait_for_url("**/sign-in*")
    assert page.evaluate(KEPT) == []


def test_a_read_refused_while_signing_out_does_not_keep_the_device_from_being_cleared(
    at: Callable[..., Any],
) -> None:
    one = at("leader")
    page, reads, door = one.page, [], []
    expect(page.locator("#members")).to_contain_text("赵演示001")
    assert page.evaluate(KEPT)
    page.route("**/me/leader-tasks", lambda route: reads.append(route))
    page.route("**/sign-out", lambda route: door.append((route, route.fetch(max_redirects=0))))
    note_visit(page)  # once it has arrived the page reads anew
    while not reads:
        page.wait_for_timeout(50)
    sign_out(page)
    while not door:
        page.wait_for_timeout(50)
    with page.expect_response(lambda told: told.url.endswith("/me/leader-tasks") and told.status == 401):
        for route in reads:
            route.continue_()
    page.wait_for_timeout(300)
    [(route, answer)] = door
    route.fulfill(response=answer)
    page.wait_for_url("**/sign-in*")
    assert page.evaluate(KEPT) == []


def test_signing_out_with_what_cannot_be_sent_asks_and_discards(at: Callable[..., Any], at_work: Any) -> None:
    one = at("leader")
    page, before = one.page, visits(at_work)
    expect(page.locator("#members")).to_contain_text("赵演示001")
    page.route("**/api/v1/household-visits", lambda route: route.abort())
    note_visit(page)
    sign_out(page)
    expect(page.locator("dialog")).to_contain_text("还有 1 条记录没有上传")
    looks_well(page)
    page.get_by_role("button", name="先不退出").click()
    expect(page.locator("#waiting")).to_contain_text("1 条已保存在手机上")
    sign_out(page)
    one.context.set_offline(True)
    page.get_by_role("button", name="丢弃 1 条，退出").click()
    expect(page.locator("dialog")).to_contain_text("现在退不出登录；记录都还在")
    one.context.set_offline(False)
    page.get_by_role("button", name="丢弃 1 条，退出").click()
    page.wait_for_url("**/sign-in*")
    assert page.evaluate(KEPT) == []
    assert visits(at_work) == before


def session_runs_out(one: Any) -> None:
    """Nobody signed out; a page that still reads would be sent to the door meanwhile, into the way of who signs in."""
    one.page.goto("about:blank")
    one.context.clear_cookies()


def test_what_one_person_keeps_is_neither_shown_to_nor_read_by_the_next(at: Callable[..., Any]) -> None:
    one = at("leader")
    page = one.page
    expect(page.locator("#members")).to_contain_text("赵演示001")
    page.route("**/api/v1/household-visits", lambda route: route.abort())
    note_visit(page)
    expect(page.locator("#waiting")).to_contain_text("入户走访")
    session_runs_out(one)
    one.sign_in("member")
    expect(page.locator("#else")).to_contain_text("报设施问题")
    expect(page.locator("#waiting")).to_be_empty()
    assert not [row for row in page.evaluate(KEPT) if "走访" in row or "hear_demand" in row]
    session_runs_out(one)
    one.sign_in("leader")
    expect(page.locator("#waiting")).to_contain_text("入户走访")


@pytest.mark.parametrize("is_phone", [True, False])
def test_j09_a_citizen_sees_this_weeks_activities_of_the_own_community_and_subscribes(
    at: Callable[..., Any], is_phone: bool
) -> None:
    page = at("citizen", phone=is_phone).page
    assert page.url.endswith("/activities")
    expect(page.locator(".top nav [aria-current=page]")).to_have_text("身边的活动")
    page.fill("[name=community]", "没有这个")
    expect(page.locator("#found")).to_contain_text("没有这样的社区")
    leader = at("leader").page
    [grid, *_] = read(leader, "interest-grids?mine=true")["results"]
    page.fill("[name=community]", grid["community"]["name"][:3])
    looks_well(page)
    page.click(f"[data-community='{grid['community']['id']}']")
    expect(page.locator("#week")).to_contain_text("晨练（演示）")
    expect(page.locator("#week")).to_contain_text("演示广场")
    assert "演示001" not in page.locator("main").inner_text()
    page.click("#open-feed")
    address = page.input_value("#feed-address")
    assert page.request.get(address).text().startswith("BEGIN:VCALENDAR")
    looks_well(page)
    page.goto(page.url.split("?")[0])  # it is remembered
    expect(page.locator("#week")).to_contain_text("晨练（演示）")
    page.click("#other")
    expect(page.locator("[name=community]")).to_be_visible()
