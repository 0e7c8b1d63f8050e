"""A request to be erased in a real Chromium: a leader hands it up, an office answers it in two presses, the leader reads it.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
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

from tests.web.looking import LOOKS
from tests.web.network_at_work import DANCE, set_to_work

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
BALL = "新村乒乓球队"
ASKS = {
    "孙演示301": "13900000301",
    "孙演示302": "13900000302",
    "孙演示303": "13900000303",
    "孙演示304": "13900000304",
}


@pytest.fixture(scope="module")
def at_work(web_city: Any) -> Iterator[Any]:
    """The network at work, with people of the dance whom an interest grid of another community has too."""
    with schema_context(web_city.schema):
        set_to_work()
        _more()
    connection.set_schema_to_public()
    yield web_city


def _more() -> None:
    from grids.interest.models import InterestGrid
    from grids.interest.services.interest_grid_states import confirm_interest_grid
    from grids.interest.services.interest_grids import InterestGridOrder, propose_interest_grid
    from grids.interest.services.members import MemberOrder, add_member
    from grids.interest.services.participants import JoinOrder, enrol_participant
    from grids.interest.services.posts import PostOrder, confirm_post
    from grids.interest.services.sources import SourceOrder
    from grids.units.models import Grid
    from tenants.accounts.models import User
    from tests.web.conftest import _person

    bureau = User.objects.get(username="bureau")
    _person(None, "town", "town_staff")
    dance = InterestGrid.objects.get(name=DANCE)
    other = Grid.objects.filter(valid_to=None).exclude(community=dance.community_id).order_by("id").first()
    assert other is not None
    order = InterestGridOrder(
        name=BALL, item_code="table_tennis", community_id=other.community_id, base_grid_ids=[other.pk]
    )
    ball = propose_interest_grid(order=order, acting_user=bureau)
    backbone = SourceOrder(source="backbone", proof="领队（演示）")
    entry = MemberOrder(name="赵演示002", phone="13900000002", post=PostOrder(ball.pk, backbone))
    confirm_post(post_id=add_member(order=entry, acting_user=bureau).posts.get().pk, acting_user=bureau)
    confirm_interest_grid(interest_grid_id=ball.pk, acting_user=bureau)
    for found in (dance, ball):
        for name, phone in ASKS.items():
            joining = JoinOrder(name, phone, True, "2026-1")
            enrol_participant(interest_grid_id=found.pk, order=joining, acting_user=bureau)


@pytest.fixture
def at(at_work: Any, reader: Callable[..., Any]) -> Callable[..., Any]:
    """`at("leader", "/me/grid", phone=True)`: that page, opened by that person."""

    def opened(username: str, path: str, **more: Any) -> Any:
        return reader(username, **more).open(path)

    return opened


def looks_well(page: Any, name: str = "") -> None:
    """Nothing keeps the page from being read; with WANGGE_PICTURES a picture is left to be looked at."""
    folder = os.environ.get("WANGGE_PICTURES")
    if folder and name:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    assert page.evaluate(LOOKS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def _dance(page: Any) -> Any:
    page.get_by_role("link", name=DANCE).first.click()
    return page.locator("section", has=page.locator("#people-title"))


def _hand_up(page: Any, name: str) -> Any:
    """The leader's press on the dance's page; the box that tells what came of requests."""
    people = _dance(page)
    people.get_by_role("button", name=f"{name} 退出").click()
    page.locator("dialog").get_by_label("删除个人信息").check()
    page.fill("dialog [name=reason]", "本人来电要求（演示）")
    page.get_by_role("button", name="办理", exact=True).click()
    expect(page.locator("#said")).to_contain_text("已转交主管单位（编号")
    expect(people).not_to_contain_text(name)
    return page.locator("section", has=page.locator("#erasures-title"))


@pytest.mark.parametrize(("name", "phone"), [("孙演示301", True), ("孙演示302", False)])
def test_x07_a_request_is_handed_up_erased_by_the_town_and_read_by_the_leader(
    at: Callable[..., Any], name: str, phone: bool
) -> None:
    width = "phone" if phone else "desktop"
    leader = at("leader", "/me/grid", phone=phone)
    handed_up = _hand_up(leader, name)
    expect(handed_up).to_contain_text("主管单位办理中")
    expect(handed_up).to_contain_text("最迟")
    assert name not in handed_up.inner_text()
    looks_well(leader, f"handed-up-{width}")
    page = at("town", "/network", phone=phone)
    line = page.locator("li", has_text=f"{name} 要求删除个人信息")
    expect(line).to_contain_text(f"仍参加：{BALL}")
    expect(line).to_contain_text(f"由“{DANCE}”转来：本人来电要求（演示）")
    looks_well(page, f"owed-{width}")
    page.get_by_role("button", name=f"删除 {name} 的个人信息", exact=True).click()
    expect(page.locator("dialog")).to_contain_text(f"今天起退出：{BALL}")
    looks_well(page, f"erasing-{width}")
    page.locator("dialog").get_by_role("button", name="删除", exact=True).click()
    expect(page.locator("#said")).to_contain_text("已删除，并已告知转来的网格长")
    expect(page.locator("#network")).not_to_contain_text(name)
    leader.reload()
    expect(handed_up).to_contain_text("已删除")
    expect(handed_up).to_contain_text("请告知本人")
    looks_well(leader, f"answered-{width}")


def test_x07_the_bureau_refuses_with_a_reason_that_the_leader_reads(at: Callable[..., Any]) -> None:
    leader = at("leader", "/me/grid", phone=True)
    handed_up = _hand_up(leader, "孙演示303")
    page = at("bureau", "/network", phone=True)
    page.get_by_role("button", name="不删除 孙演示303 的个人信息").click()
    looks_well(page, "refusing-phone")
    page.fill("dialog [name=reason]", "本人已撤回（演示）")
    page.get_by_role("button", name="答复不删除").click()
    expect(page.locator("#said")).to_contain_text("已答复不删除")
    leader.reload()
    expect(handed_up).to_contain_text("理由：本人已撤回（演示）")
    looks_well(leader, "refused-phone")


def test_x07_what_another_answered_meanwhile_is_told_in_the_form(
    at: Callable[..., Any], at_work: Any
) -> None:
    from grids.interest.models import ErasureRequest, Participation
    from grids.interest.rules.erasure_request import ErasureState
    from grids.interest.services.erasing import erase_in_own_grids
    from grids.interest.services.erasure_answers import answer_erasure_request
    from tenants.accounts.models import User

    with schema_context(at_work.schema):
        row = Participation.objects.get(participant__name="孙演示304", interest_grid__name=DANCE)
        leader = User.objects.get(username="leader")
        handed_up = erase_in_own_grids(participation_id=row.pk, reason="本人要求（演示）", acting_user=leader)
        assert handed_up.request is not None
        key = handed_up.request.pk
    page = at("town", "/network", phone=True)
    page.get_by_role("button", name="删除 孙演示304 的个人信息", exact=True).click()
    with schema_context(at_work.schema):
        bureau = User.objects.get(username="bureau")
        answer_erasure_request(request_id=key, answer=ErasureState.REFUSED, reason="撤回", acting_user=bureau)
    page.locator("dialog").get_by_role("button", name="删除", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("办理：未同意删除")
    looks_well(page, "answered-meanwhile-phone")
    expect(page.locator("#network")).not_to_contain_text("孙演示304")
    with schema_context(at_work.schema):
        assert ErasureRequest.objects.get(pk=key).state == "refused"
