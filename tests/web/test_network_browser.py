"""The phone screens of a grid leader, a grid member and a participant, and the bureau's figures, in a real Chromium.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context
from playwright.sync_api import expect

from tenants.bureau.rules.local_time import SHANGHAI
from tests.waiting import wait_for
from tests.web.looking import LOOKS, read, text_of
from tests.web.network_at_work import PEOPLE, TEA, set_to_work

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def at_work(web_city: Any) -> Iterator[Any]:
    """The served city with a leader's grids, an active interest grid that meets now, and one that is only proposed."""
    with schema_context(web_city.schema):
        set_to_work()
    connection.set_schema_to_public()
    yield web_city


@pytest.fixture
def at(at_work: Any, reader: Callable[..., Any]) -> Callable[..., Any]:
    """`at("leader")`: that person's reader at a phone, on the first screen."""

    def signed_in(username: str | None, **more: Any) -> Any:
        one = reader(username, **({"phone": True} | more))
        if username:
            one.open("/")
        return one

    return signed_in


def looks_well(page: Any) -> None:
    assert page.evaluate(LOOKS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_leader_lands_on_what_waits_this_weeks_activities_and_open_demands(at: Callable[..., Any]) -> None:
    page = at("leader").page
    assert page.url.endswith("/me/grid")
    for place, said in {
        "#tasks": "网格健身组织",
        "#week": "晨练（演示）",
        "#demands": "上报街镇",
        "#interest": TEA,
        "#members": "赵演示001",
        "#grids": "第1网格",
    }.items():
        expect(page.locator(place)).to_contain_text(said)
    assert page.locator("#actions .button--main").count() == 1
    looks_well(page)


def test_leader_confirms_an_interest_grid_and_hands_a_demand_up_by_one_press_each(
    at: Callable[..., Any],
) -> None:
    page = at("leader").page
    row = page.locator("#interest li", has_text=TEA)
    row.get_by_role("button", name="确认成立").click()
    expect(row).to_contain_text("活动中")
    page.locator("#demands").get_by_role("button", name="上报街镇").click()
    expect(page.locator("#demands")).to_contain_text("已上报")
    (demand,) = read(page, "demands?mine=true")["results"]
    assert (demand["state"], demand["people"]) == ("handed_up", 30)


def test_leader_founds_the_fitness_organisation_from_the_list_of_what_waits(at: Callable[..., Any]) -> None:
    page = at("leader").page
    waiting = page.locator("#tasks li", has_text="尚未成立网格健身组织")
    expect(waiting.first).to_be_visible()
    before = waiting.count()
    waiting.first.get_by_role("button", name="成立").click()
    page.fill("dialog [name=members]", "钱演示101、孙演示102")
    page.get_by_role("button", name="成立", exact=True).last.click()
    expect(page.locator("dialog")).to_have_count(0)
    expect(waiting).to_have_count(before - 1)
    assert read(page, "fitness-groups")["results"][0]["name"].endswith("健身队")


def test_leader_plans_a_weekly_activity_that_stands_in_the_week(at: Callable[..., Any]) -> None:
    page = at("leader").page
    page.click("#plan")
    page.fill("dialog [name=title]", "夜间太极（演示）")
    # From tomorrow on: late in the evening today's would come before the meeting that the tests below are at.
    page.fill("dialog [name=on]", (datetime.now(SHANGHAI).date() + timedelta(days=1)).isoformat())
    page.fill("dialog [name=from]", "22:30")
    page.fill("dialog [name=to]", "23:15")
    page.check("dialog [name=weekly]")
    for day in page.locator("dialog [name=weekday]").all():
        day.check()
    page.get_by_role("button", name="安排", exact=True).click()
    expect(page.locator("#week")).to_contain_text("夜间太极（演示）")
    expect(page.locator("#said")).to_contain_text("22:00")  # quiet hours are told, not refused
    assert 6 <= page.locator("#week li", has_text="夜间太极（演示）").count() <= 7


def test_j09_a_time_that_is_over_is_told_before_it_is_saved_as_a_record(at: Callable[..., Any]) -> None:
    page = at("leader").page
    page.click("#plan")
    page.fill("dialog [name=from]", "00:00")
    page.fill("dialog [name=to]", "00:01")
    expect(page.locator("#time-over")).to_contain_text("已经过去，保存后是补录")
    page.fill("dialog [name=on]", (datetime.now(SHANGHAI).date() + timedelta(days=1)).isoformat())
    expect(page.locator("#time-over")).to_be_hidden()
    looks_well(page)


def test_j09_an_hour_before_the_beginning_is_of_the_next_day(at: Callable[..., Any]) -> None:
    page = at("leader").page
    begins = datetime.now(SHANGHAI).date() + timedelta(days=2)
    page.click("#plan")
    page.fill("dialog [name=title]", "跨夜守岁（演示）")
    page.fill("dialog [name=on]", begins.isoformat())
    page.fill("dialog [name=from]", "23:30")
    page.fill("dialog [name=to]", "23:45")
    expect(page.locator("#next-day")).to_be_hidden()
    page.fill("dialog [name=to]", "22:30")  # a slip of the finger is no activity of 23 hours
    expect(page.locator("#next-day")).to_be_hidden()
    page.get_by_role("button", name="安排", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("不晚于开始")
    page.fill("dialog [name=to]", "00:30")
    expect(page.locator("#next-day")).to_contain_text("结束在第二天")
    expect(page.locator("#next-day")).to_contain_text("00:30")
    looks_well(page)
    page.get_by_role("button", name="安排", exact=True).click()
    expect(page.locator("#week li", has_text="跨夜守岁（演示）")).to_contain_text("23:30–次日00:30")
    [row] = [
        row for row in read(page, "occurrences?mine=true")["results"] if row["title"] == "跨夜守岁（演示）"
    ]
    assert row["ends_at"] == f"{begins + timedelta(days=1)}T00:30:00+08:00"


def test_a_refusal_stays_in_the_form(at: Callable[..., Any]) -> None:
    page = at("leader").page
    page.click("#visit")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("dialog .notice--bad")).to_contain_text("请告知目的并取得同意")
    assert text_of(page, "#waiting") == ""


def test_words_without_a_blank_do_not_push_the_page_aside(at: Callable[..., Any]) -> None:
    page = at("leader").page
    page.get_by_role("button", name="报问题").click()
    page.fill("dialog [name=place_name]", "9" * 60)
    page.get_by_role("button", name="报告", exact=True).click()
    expect(page.locator("#hotline")).to_contain_text("9" * 60)
    looks_well(page)


def test_member_starts_check_in_ticks_and_ends_the_activity(at: Callable[..., Any]) -> None:
    page = at("member").page
    assert page.url.endswith("/me/post")
    expect(page.locator("#now")).to_contain_text("晨练（演示）")
    looks_well(page)
    page.click("#start")
    expect(page.locator(".check-in-code img")).to_be_visible()
    page.wait_for_function("document.querySelector('.check-in-code img').naturalWidth > 100")
    page.locator(".tick", has_text=PEOPLE[0]).click()
    expect(page.locator(".tick", has_text=PEOPLE[0])).to_have_attribute("aria-pressed", "true")
    expect(page.locator("dialog")).to_contain_text("已到 1 人")
    page.locator(".tick", has_text=PEOPLE[0]).click()
    expect(page.locator("dialog")).to_contain_text("已到 0 人")
    page.locator(".tick", has_text=PEOPLE[1]).click()
    expect(page.locator("dialog")).to_contain_text("已到 1 人")
    page.get_by_role("button", name="多一人").click(click_count=2)
    looks_well(page)


def test_a_participant_checks_in_with_the_code_and_tells_how_it_was(at: Callable[..., Any]) -> None:
    member = at("member").page
    (one,) = [
        row for row in read(member, "occurrences?mine=true")["results"] if row["title"] == "晨练（演示）"
    ]
    code = read(member, f"occurrences/{one['id']}/check-in-code")
    guest = at(None)
    page = guest.open(f"/check-in/{code['token']}")
    expect(page.locator("#what")).to_contain_text("晨练（演示）")
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.locator("form")).to_contain_text("✕")
    page.fill("[name=phone]", "13900000777")
    page.fill("[name=name]", "周演示777")
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_text("须先同意个人信息告知书")).to_be_visible()
    page.check("[name=consent]")
    looks_well(page)
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.locator("#form")).to_contain_text("已签到")
    assert page.locator(".faces button svg").count() == 3
    page.get_by_role("button", name="满意", exact=True).click()
    expect(page.locator("#rate")).to_contain_text("谢谢")
    there = read(member, f"occurrences/{one['id']}/attendance")["results"]
    assert [row["way"] for row in there if row["name"] == "周演示777"] == ["qr"]


def test_a_code_that_was_never_given_says_what_to_do(at: Callable[..., Any]) -> None:
    page = at(None).open("/check-in/nothing-of-ours")
    expect(page.locator("#what")).to_contain_text("重新扫")


def test_what_is_noted_without_a_network_is_kept_and_sent_once(at: Callable[..., Any], at_work: Any) -> None:
    from grids.interest.models import HouseholdVisit

    one = at("member")
    page = one.page
    expect(page.locator("#else")).to_contain_text("记走访")
    one.context.set_offline(True)
    page.click("#visit")
    page.select_option("dialog [name=outcome]", "nobody_home")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#waiting")).to_contain_text("1 条已保存在手机上")
    expect(page.locator("dialog")).to_have_count(0)
    page.evaluate("location.hash = 'kept'")
    # It leaves at once, from the page that is going or from the one that comes: none of the two need see the answer.
    one.context.set_offline(False)
    page.reload()
    expect(page.locator("#else")).to_contain_text("记走访")
    with schema_context(at_work.schema):
        noted = HouseholdVisit.objects.filter(outcome="nobody_home")
        wait_for(noted.exists, "the visit in the database")
        expect(page.locator("#waiting")).to_be_empty()
        assert noted.count() == 1
    connection.set_schema_to_public()


def test_an_answer_lost_on_the_way_does_the_work_once(at: Callable[..., Any], at_work: Any) -> None:
    from grids.interest.models import HotlineIssue

    one = at("leader")
    page, lost = one.page, []

    def lose(route: Any) -> None:
        if len(lost) < 2:  # the write and its own second try
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/hotline-issues", lose)
    page.click("#issue")
    page.fill("dialog [name=place_name]", "演示广场单杠")
    page.get_by_role("button", name="报告", exact=True).click()
    expect(page.locator("#waiting")).to_contain_text("1 条已保存在手机上")
    page.get_by_role("button", name="现在上传").click()
    expect(page.locator("#waiting")).to_be_empty()
    assert len(lost) == 2
    with schema_context(at_work.schema):
        assert HotlineIssue.objects.filter(place_name="演示广场单杠").count() == 1
    connection.set_schema_to_public()


def test_bureau_sees_how_the_network_runs(at: Callable[..., Any]) -> None:
    page = at("bureau", phone=False).page
    expect(page.locator("#network")).to_contain_text("活动中的兴趣网格")
    expect(page.locator("#network table")).to_be_visible()
    page.select_option("#network select", "community")
    expect(page.locator("#network table")).to_contain_text("✕")
    cells = page.locator("#network table :is(th, td)")
    assert set(cells.evaluate_all("all => all.map(one => getComputedStyle(one).display)")) == {"table-cell"}
    with page.expect_download() as download:
        page.locator("#network a", has_text="XLSX").click()
    assert download.value.path().stat().st_size > 4000
    looks_well(page)


def test_a_stranger_to_both_posts_finds_neither_screen(at: Callable[..., Any]) -> None:
    one = at("citizen")
    for path in ("/me/grid", "/me/post"):
        assert one.page.goto(one.city.address + path).status == 403
