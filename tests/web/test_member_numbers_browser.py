"""J08, X07: a member's phone is looked up on the page for a purpose, logged, and masked again; a member is moved.

In a real Chromium. Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context
from playwright.sync_api import expect

from tests.web.looking import LOOKS, read
from tests.web.network_at_work import DANCE, TEA, set_to_work

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser

MASKED, WHOLE = "139****0001", "13900000001"
PICTURES = os.environ.get("WANGGE_PICTURES")  # a folder for what a person looks at


@pytest.fixture(scope="module")
def at_work(web_city: Any) -> Iterator[Any]:
    """The network at work, with a street's and a supervisor's account."""
    from tests.web.conftest import _person

    with schema_context(web_city.schema):
        set_to_work()
        _person(None, "town", "town_staff")
        _person(None, "auditor", "auditor")
    connection.set_schema_to_public()
    yield web_city


@pytest.fixture
def at(at_work: Any, reader: Callable[..., Any]) -> Callable[..., Any]:
    """`at("leader", "/network/members")`: that page, opened by that person at a phone."""

    def opened(username: str, path: str, **more: Any) -> Any:
        return reader(username, **({"phone": True} | more)).open(path)

    return opened


def looks_well(page: Any, name: str = "") -> None:
    assert page.evaluate(LOOKS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    if PICTURES and name:
        page.screenshot(path=Path(PICTURES) / f"{name}-{page.viewport_size['width']}.png")


def logged(at_work: Any) -> list[tuple[str, str]]:
    """Who looked at numbers, and what for."""
    from tenants.accounts.models import AuditEvent

    with schema_context(at_work.schema):
        rows = AuditEvent.objects.filter(action="personal.reveal").order_by("id")
        found = [(row.actor_label, row.reason) for row in rows]
    connection.set_schema_to_public()
    return found


def ask(page: Any, purpose: str = "service_contact", note: str = "通知明早活动改期") -> None:
    page.get_by_role("button", name="查看号码").first.click()
    page.select_option("dialog [name=purpose]", purpose)
    page.fill("dialog [name=note]", note)
    page.get_by_role("button", name="查看", exact=True).click()


@pytest.mark.parametrize(
    ("who", "path", "is_phone"),
    [
        ("leader", "/me/grid", True),
        ("leader", "/me/grid", False),
        ("town", "/network/members", True),
        ("town", "/network/members", False),
    ],
)
def test_j08_a_number_is_shown_for_a_purpose_logged_and_masked_again(
    at: Callable[..., Any], at_work: Any, who: str, path: str, is_phone: bool
) -> None:
    page, before = at(who, path, phone=is_phone), logged(at_work)
    members = page.locator("main")
    expect(members).to_contain_text(MASKED)
    looks_well(page)
    page.get_by_role("button", name="查看号码").first.click()
    expect(page.locator("dialog")).to_contain_text("谁在什么时候、为什么看过，都会记录下来")
    offered = [row["zh"] for row in read(page, "personal-purposes")]
    assert page.locator("dialog [name=purpose] option").all_inner_texts() == ["请选择", *offered]
    looks_well(page, f"{who}-asks")
    page.get_by_role("button", name="查看", exact=True).click()
    assert page.locator("dialog").is_visible()  # without a purpose the form does not leave
    page.get_by_role("dialog").get_by_role("button", name="取消", exact=True).click()
    assert (WHOLE in members.inner_text(), logged(at_work)) == (False, before)
    page.clock.install()
    ask(page)
    number = members.get_by_role("link", name=WHOLE).first
    expect(number).to_have_attribute("href", f"tel:{WHOLE}")
    expect(number).to_be_focused()
    looks_well(page, f"{who}-sees")
    [(_, reason)] = logged(at_work)[len(before) :]
    assert reason == "service_contact: 通知明早活动改期"
    page.clock.fast_forward(59_000)
    expect(number).to_be_visible()
    page.clock.fast_forward(2_000)
    expect(number).to_have_count(0)
    expect(members).to_contain_text(MASKED)
    ask(page, "emergency", "老人独居，需要联系")
    members.get_by_role("button", name="收起").click()
    expect(members).not_to_contain_text(WHOLE)
    expect(page.get_by_role("button", name="查看号码").first).to_be_focused()
    assert len(logged(at_work)) == len(before) + 2


def test_x07_a_reason_that_says_nothing_is_refused_in_the_form(at: Callable[..., Any], at_work: Any) -> None:
    page, before = at("leader", "/me/grid"), logged(at_work)
    ask(page, note="看看")
    expect(page.locator("dialog .notice--bad")).to_contain_text("须选择用途并说明事由（不少于 4 个字）")
    looks_well(page, "leader-refused")
    assert logged(at_work) == before


def test_j08_who_may_no_longer_look_is_told_so_in_the_form(at: Callable[..., Any], at_work: Any) -> None:
    """A supervisor with the right to whole values elsewhere: the page offers it, the server decides and says why."""
    from tenants.accounts.models import User
    from tenants.bureau.models import Grant, OrgUnit

    with schema_context(at_work.schema):
        auditor = User.objects.get(username="auditor")
        elsewhere = OrgUnit.objects.create(
            level="county", name="别处区", parent=OrgUnit.objects.get(parent=None), valid_from="2020-01-01"
        )
        elsewhere.path = f"{OrgUnit.objects.get(parent=None).path}{elsewhere.pk}/"
        elsewhere.save(update_fields=["path"])
        right = Grant.objects.create(user=auditor, permission="personal.full_value", unit=elsewhere)
    connection.set_schema_to_public()
    before = logged(at_work)
    try:
        page = at("auditor", "/network/members")
        ask(page, "inspection", "抽查联系情况")
        expect(page.locator("dialog .notice--bad")).to_contain_text("不能查看网格员的号码")
        expect(page.locator("dialog .notice--bad")).to_contain_text("怎么办")
        looks_well(page, "auditor-refused")
    finally:
        with schema_context(at_work.schema):
            right.delete()
        connection.set_schema_to_public()
    assert logged(at_work) == before


@pytest.mark.parametrize("is_phone", [True, False])
def test_j08_who_manages_nobody_reads_whom_to_ask(at: Callable[..., Any], is_phone: bool) -> None:
    page = at("auditor", "/network/members", phone=is_phone)
    expect(page.locator("main")).to_contain_text("号码只给管理网格员的网格长和街镇、区县看")
    assert page.get_by_role("button", name="查看号码").count() == 0
    assert "139" not in page.locator("main").inner_text()
    looks_well(page, "auditor")


def test_j08_the_interest_grids_page_shows_its_numbers_too(at: Callable[..., Any], at_work: Any) -> None:
    page = at("leader", "/me/grid")
    page.locator("#interest").get_by_role("link", name=DANCE).click()
    expect(page.locator("#whole")).to_contain_text(MASKED)
    ask(page)
    expect(page.get_by_role("link", name=WHOLE)).to_be_visible()
    looks_well(page, "interest-grid")


def test_x07_a_number_lost_on_its_way_is_asked_for_anew(at: Callable[..., Any], at_work: Any) -> None:
    """The answer to the same request sent again is without the number: the page says so, and asks once more."""
    page, before, lost = at("leader", "/me/grid"), logged(at_work), []

    def lose(route: Any) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch())
        return route.abort()

    page.route("**/api/v1/grid-members/*/reveal", lose)
    ask(page)
    expect(page.locator("dialog .notice--bad")).to_contain_text("号码在路上丢了")
    page.get_by_role("button", name="查看", exact=True).click()
    expect(page.get_by_role("link", name=WHOLE).first).to_be_visible()
    assert len(logged(at_work)) == len(before) + 2


def _serves_tea(at_work: Any, name: str, days: int = -30) -> None:
    """A member who serves in TEA, and nowhere else, since (or from) so many days off today."""
    from datetime import timedelta

    from grids.interest.models import InterestGrid
    from grids.interest.rules.people_states import state_of_confirmed
    from grids.interest.services.members import MemberOrder, add_member
    from grids.interest.services.posts import PostOrder, confirm_post
    from grids.interest.services.sources import SourceOrder
    from tenants.accounts.models import User
    from tenants.bureau.queries.days import today

    with schema_context(at_work.schema):
        leader = User.objects.get(username="leader")
        post = PostOrder(
            InterestGrid.objects.get(name=TEA).pk, SourceOrder(source="backbone", proof="领队（演示）")
        )
        member = add_member(order=MemberOrder(name, f"139000000{name[-2:]}", post=post), acting_user=leader)
        confirm_post(post_id=member.posts.get().pk, acting_user=leader)
        begins = today() + timedelta(days=days)
        member.posts.update(starts_on=begins, state=state_of_confirmed(begins, today()).value)
    connection.set_schema_to_public()


@pytest.mark.parametrize(
    ("who", "path", "is_phone", "name"),
    [("leader", "/me/grid", True, "钱演示051"), ("town", "/network/members", False, "钱演示052")],
)
def test_j08_a_member_is_moved_to_another_interest_grid(
    at: Callable[..., Any], at_work: Any, who: str, path: str, is_phone: bool, name: str
) -> None:
    _serves_tea(at_work, name)
    page = at(who, path, phone=is_phone)
    row = page.locator("li", has_text=name)
    expect(row).to_contain_text(TEA)
    looks_well(page)
    row.get_by_role("button", name="调动…").click()
    found = page.locator("#grids-found")
    expect(found).to_contain_text(DANCE)
    expect(found).not_to_contain_text(TEA)
    found.get_by_role("button", name=f"选择 {DANCE}").click()
    expect(page.locator("dialog[open]")).to_contain_text(f"在“{TEA}”的任职到前一天为止")
    looks_well(page, f"{who}-moves")
    page.fill("dialog [name=reason]", "住处更近（演示）")
    page.get_by_role("button", name="调过去", exact=True).click()
    expect(row).to_contain_text(DANCE)
    expect(row).to_have_count(1)
    (member,) = read(page, f"grid-members?name={name}")["results"]
    posts = {post["interest_grid"]["name"]: post["state"] for post in member["posts"]}
    assert posts == {TEA: "ended", DANCE: "active"}
    row.scroll_into_view_if_needed()
    looks_well(page, f"{who}-moved")


def _move(page: Any, name: str) -> Any:
    """The dialog in which that member moves to DANCE."""
    page.locator("li", has_text=name).get_by_role("button", name="调动…").click()
    page.locator("#grids-found").get_by_role("button", name=f"选择 {DANCE}").click()
    return page.locator("dialog[open]").last


@pytest.mark.parametrize(
    ("days", "name", "is_phone", "on_the_first_day", "became"),
    [
        (0, "钱演示053", True, "今天才开始，也到今天为止", [TEA, DANCE]),
        (3, "钱演示054", False, "还没有开始，随之作废", [DANCE]),
    ],
)
def test_j08_moving_says_what_becomes_of_the_post_that_is_left(
    at: Callable[..., Any],
    at_work: Any,
    days: int,
    name: str,
    is_phone: bool,
    on_the_first_day: str,
    became: list[str],
) -> None:
    """On its first day a post is served for that day alone; one that has not begun is never served."""
    from grids.interest.models import MemberPost

    _serves_tea(at_work, name, days)
    page = at("leader", "/me/grid", phone=is_phone)
    dialog = _move(page, name)
    expect(dialog).to_contain_text(on_the_first_day)
    expect(dialog).not_to_contain_text("前一天为止")
    looks_well(page, f"moves-on-the-first-day-{days}")
    first = page.input_value("dialog[open] [name=starts_on]")
    page.fill("dialog[open] [name=starts_on]", "2099-01-01")
    expect(dialog).to_contain_text(f"在“{TEA}”的任职到前一天为止")
    page.fill("dialog[open] [name=starts_on]", first)
    expect(dialog).to_contain_text(on_the_first_day)
    page.get_by_role("button", name="调过去", exact=True).click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    with schema_context(at_work.schema):
        posts = MemberPost.objects.filter(member__name=name).order_by("id")
        served = [post.interest_grid.name for post in posts if post.confirmed_by_id is not None]
        left = posts.get(interest_grid__name=TEA)
        days_left = (left.starts_on.isoformat(), left.ends_on and left.ends_on.isoformat())
    connection.set_schema_to_public()
    assert served == became
    assert days_left == (first, first)


def test_j08_a_post_that_has_not_begun_is_ended_on_a_day_that_may_be_sent(
    at: Callable[..., Any], at_work: Any
) -> None:
    name = "钱演示055"
    _serves_tea(at_work, name, 3)
    page = at("leader", "/me/grid")
    page.locator("li", has_text=name).get_by_role("button", name=f"结束 {name} 的任职").click()
    last = page.locator("dialog[open] [name=ends_on]")
    assert last.input_value() == last.get_attribute("min")
