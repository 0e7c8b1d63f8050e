"""Of two questions that a page asks for one place the later is answered, in a real Chromium: the first answer is held back.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django_tenants.utils import schema_context
from playwright.sync_api import expect

from tests.web.looking import read, text_of
from tests.web.network_at_work import DANCE, set_to_work

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
COUNTY, TOWN = "演示区", "演示街道"
FEDERATION, ORGANISATION = "演示区体育总会", "演示街道健身队"
TYPED = "整栋高层不宜拆分（演示）"
# A late answer is drawn at once when it comes: this long after it, whatever it would have changed is changed.
DRAWN_MS = 200


@pytest.fixture(scope="module")
def asked_city(web_city: Any) -> Iterator[Any]:
    """The network at work with a sports body of each kind, and a draft with a grid whose size wants a reason."""
    with schema_context(web_city.schema):
        set_to_work()
        _bodies()
        _odd_grid()
    connection.set_schema_to_public()
    yield web_city


def _bodies() -> None:
    from grids.units.rules.sports_bodies import SportsBodyKind
    from grids.units.services.sports_bodies import found_sports_body
    from tenants.accounts.models import User
    from tenants.bureau.models import OrgUnit

    bureau = User.objects.get(username="bureau")
    for unit, kind, name in (
        (COUNTY, SportsBodyKind.FEDERATION, FEDERATION),
        (TOWN, SportsBodyKind.FITNESS_ORGANISATION, ORGANISATION),
    ):
        found_sports_body(
            unit_id=OrgUnit.objects.get(name=unit).pk, kind=kind, name=name, founded_on=date(2024, 5, 1),
            acting_user=bureau,
        )  # fmt: skip


def _odd_grid() -> None:
    from grids.units.models import PlanGrid

    grid = PlanGrid.objects.filter(plan__state="draft").order_by("id")[0]
    PlanGrid.objects.filter(pk=grid.pk).update(size_reason="见附件（演示）")


@pytest.fixture
def at(asked_city: Any, reader: Callable[..., Any]) -> Callable[..., Any]:
    """`at("bureau", "/network")`: that person's page, with what it asks for by itself answered."""

    def opened(username: str, path: str) -> Any:
        page = reader(username).open(path)
        page.wait_for_load_state("networkidle")
        return page

    return opened


class Late:
    """Holds back the answers to requests whose address has this part, until `comes`."""

    def __init__(self, page: Any, part: str) -> None:
        self.page, self.part, self.held = page, part, []
        page.route(self._matches, lambda route: self.held.append(route))

    def _matches(self, url: str) -> bool:
        return re.search(self.part, unquote(url)) is not None

    def is_another(self, url: str) -> bool:
        """Whether somebody asks the same list something else."""
        asked = re.split(r"[\\.?]", self.part)[0]
        return re.search(rf"/{asked}(\?|$)", url) is not None and not self._matches(url)

    def asked_by(self, ask: Callable[[], Any]) -> None:
        """Do what asks the question, and wait until it is on its way."""
        with self.page.expect_request(lambda request: self._matches(request.url)):
            ask()

    def comes(self) -> None:
        """Let the held answer come, and wait until the page has had time to draw it."""
        with self.page.expect_response(lambda response: self._matches(response.url)):
            self.held[0].continue_()
        self.page.wait_for_timeout(DRAWN_MS)


@dataclass(frozen=True)
class Two:
    """Two questions for one place: how each is asked, by what the first is known, and what the second is answered."""

    name: str
    who: str
    path: str
    place: str
    first: Callable[[Any], Any]
    part: str
    second: Callable[[Any], Any]
    shows: str
    before: Callable[[Any], Any] = lambda page: None


def chosen(selector: str, value: str) -> Callable[[Any], Any]:
    return lambda page: page.select_option(selector, value)


def typed(selector: str, words: str) -> Callable[[Any], Any]:
    return lambda page: page.fill(selector, words)


def pressed(name: str) -> Callable[[Any], Any]:
    return lambda page: page.get_by_role("button", name=name).click()


def on_day(selector: str, day: str) -> Callable[[Any], Any]:
    return lambda page: page.fill(selector, day)


MEMBERS, GRIDS = "section[aria-labelledby=members-title]", "section[aria-labelledby=grids-title]"
BODIES, COVERED = "section[aria-labelledby=bodies-title]", "section[aria-labelledby=coverage-title]"
TWO = [
    Two(
        "members by state", "bureau", "/network/members", MEMBERS,
        chosen(f"{MEMBERS} select", "nominated"), r"grid-members\?.*state=nominated",
        chosen(f"{MEMBERS} select", ""), "赵演示001",
    ),
    Two(
        "members by name", "bureau", "/network/members", MEMBERS,
        typed(f"{MEMBERS} input", "没有这个人"), "grid-members.*没有这个人",
        typed(f"{MEMBERS} input", "赵演示001"), "赵演示001",
    ),
    Two(
        "the grid a member is for", "bureau", "/network/members", "#grids-found",
        typed("[name=grid_name]", "没有这个"), "interest-grids.*没有这个",
        typed("[name=grid_name]", DANCE[:3]), DANCE, before=pressed("＋ 增加网格员"),
    ),
    Two(
        "interest grids", "bureau", "/network", GRIDS,
        chosen(f"{GRIDS} select", "closed"), r"interest-grids\?.*state=closed",
        chosen(f"{GRIDS} select", ""), DANCE,
    ),
    Two(
        "sports bodies by kind", "bureau", "/network/bodies", BODIES,
        chosen(f"{BODIES} label:has-text('类别') select", "sports_federation"), r"sports-bodies\?.*kind=sports_federation",
        chosen(f"{BODIES} label:has-text('类别') select", "fitness_organisation"), ORGANISATION,
    ),
    Two(
        "sports bodies of a day", "bureau", "/network/bodies", f"{COVERED} tbody",
        on_day(f"{COVERED} input", "2021-03-01"), r"sports-bodies/coverage\?as_of=2021-03-01",
        on_day(f"{COVERED} input", "2024-06-01"), "1 / 1",
    ),
    Two(
        "units of a new body", "bureau", "/network/bodies", "dialog [name=unit_id]",
        chosen("dialog [name=level]", "town"), r"org-units\?level=town",
        chosen("dialog [name=level]", "county"), COUNTY, before=lambda page: page.click("#found"),
    ),
    Two(
        "indicators", "bureau", "/bureau", "#network table",
        chosen("#network select", "community"), r"indicators\?level=community",
        chosen("#network select", "town"), TOWN,
    ),
    Two(
        "sites by what they ask for", "bureau", "/sites", "#list",
        lambda page: page.select_option("select[name=item]", index=1), r"sites/export\?item=",
        chosen("select[name=item]", ""), "未登记需求",
    ),
    Two(
        "plans by state", "gis", "/gis", "#plans",
        chosen("#plans-tools select", "draft"), r"grid-plans\?.*state=draft",
        chosen("#plans-tools select", "approved"), "已批准",
    ),
    Two(
        "where one lives", "citizen", "/activities", "#found",
        typed("[name=community]", "没有这个社区"), "activity-communities.*没有这个社区",
        typed("[name=community]", ""), "看这里",
    ),
]  # fmt: skip


@pytest.mark.parametrize("two", TWO, ids=lambda two: two.name)
def test_the_later_of_two_questions_is_answered(at: Callable[..., Any], two: Two) -> None:
    page = at(two.who, two.path)
    two.before(page)
    page.wait_for_load_state("networkidle")
    late = Late(page, two.part)
    late.asked_by(lambda: two.first(page))
    with page.expect_response(lambda response: late.is_another(response.url)):
        two.second(page)
    expect(page.locator(two.place)).to_contain_text(two.shows)
    page.wait_for_timeout(DRAWN_MS)
    shown = text_of(page, two.place)
    late.comes()
    assert text_of(page, two.place) == shown


def test_the_card_and_the_address_stay_with_the_grid_that_was_chosen_last(
    at: Callable[..., Any], asked_city: Any
) -> None:
    one, other = asked_city.grids[0], asked_city.grids[-1]
    page = at("leader", "/map")
    page.click("#tab-list")
    row = "#pane-list tr[data-code='{}'] button"
    late = Late(page, rf"/grids/{one['id']}$")
    late.asked_by(lambda: page.click(row.format(one["code"])))
    page.click("#tab-list")
    page.click(row.format(other["code"]))
    expect(page.locator(f"[data-grid='{other['code']}']")).to_be_visible()
    late.comes()
    expect(page.locator(f"[data-grid='{other['code']}']")).to_be_visible()
    assert f"grid={other['code']}" in page.url
    expect(page.locator("#pane-list tr[aria-current=true]")).to_have_attribute("data-code", other["code"])


def test_enter_opens_what_was_typed_last_and_not_what_was_found_before(
    at: Callable[..., Any], asked_city: Any
) -> None:
    """The first hit of the words before is no answer to these; the choice waits for theirs."""
    one, other = asked_city.grids[0], asked_city.grids[-1]
    page = at("leader", "/map")
    page.fill("#find-text", one["code"])
    expect(page.locator("#find-list [role=option]")).to_have_count(1)
    late = Late(page, rf"grids\?.*q={other['code']}")
    page.fill("#find-text", other["code"])
    page.press("#find-text", "Enter")
    expect(page.locator(f"[data-grid='{one['code']}']")).to_have_count(0)
    page.wait_for_timeout(2 * DRAWN_MS)
    late.comes()
    expect(page.locator(f"[data-grid='{other['code']}']")).to_be_visible()
    expect(page.locator("#find-list")).to_be_hidden()


def test_the_head_of_a_site_is_chosen_among_those_found_last(at: Callable[..., Any]) -> None:
    page = at("bureau", "/sites")
    site = read(page, "sites/export")["features"][0]["id"]
    page.goto(page.url + f"/{site}")
    page.wait_for_load_state("networkidle")
    held: list[Any] = []

    def named(route: Any) -> None:
        name = unquote(route.request.url).rpartition("name=")[2]
        found = {"next": None, "previous": None, "results": [{"id": len(name), "name": f"{name}（演示）"}]}
        if name == "王":
            held.append((route, found))
        else:
            route.fulfill(json=found)

    page.route("**/api/v1/instructors?*", named)
    page.click("#edit")
    search, heads = page.locator("dialog input[type=search]"), page.locator("#site-head")
    with page.expect_request("**/api/v1/instructors?*"):
        search.fill("王")
    search.fill("王演示")
    expect(heads).to_contain_text("王演示（演示）")
    route, found = held[0]
    with page.expect_response("**/api/v1/instructors?*"):
        route.fulfill(json=found)
    page.wait_for_timeout(DRAWN_MS)
    expect(heads).to_contain_text("王演示（演示）")


def test_of_two_dialogs_that_read_first_the_one_asked_for_last_opens_alone(at: Callable[..., Any]) -> None:
    page = at("bureau", "/sites")
    site = read(page, "sites/export")["features"][0]["id"]
    page.goto(page.url + f"/{site}")
    page.wait_for_load_state("networkidle")
    late = Late(page, r"activity-items\?")
    late.asked_by(lambda: page.click("#add-need"))
    page.click("#edit")
    expect(page.locator("dialog[open]")).to_have_count(1)
    late.comes()
    expect(page.locator("dialog[open]")).to_have_count(1)
    expect(page.locator("#edit-title")).to_be_visible()


def test_a_reason_that_is_being_typed_outlives_the_lock_of_a_grid(at: Callable[..., Any]) -> None:
    page = at("gis", "/gis")
    page.select_option("#plans-tools select", "draft")
    page.locator("#plans tbody .link").first.click()
    reason = page.locator("dialog input[name^=reason-]").first
    reason.fill(TYPED)
    lock = page.locator("dialog [data-lock]").first
    expect(lock).to_have_attribute("aria-pressed", "false")
    lock.click()
    expect(page.locator("dialog [data-lock]").first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("dialog input[name^=reason-]").first).to_have_value(TYPED)
    page.get_by_role("button", name="保存理由").click()
    expect(page.locator("dialog input[name^=reason-]").first).to_have_js_property("defaultValue", TYPED)


# --- what is being typed or chosen while something else is answered -------------------------------------------------


def test_who_types_a_reason_goes_on_typing_when_the_lock_is_answered(at: Callable[..., Any]) -> None:
    page = at("gis", "/gis")
    page.select_option("#plans-tools select", "draft")
    page.locator("#plans tbody .link").first.click()
    late = Late(page, r"/locks$")
    late.asked_by(lambda: page.locator("dialog [data-lock]").last.click())
    before = page.locator("dialog [data-lock]").last.get_attribute("aria-pressed")
    reason = page.locator("dialog input[name^=reason-]").first
    reason.fill("")
    page.keyboard.type(TYPED[:4])
    late.comes()
    expect(page.locator("dialog [data-lock]").last).not_to_have_attribute("aria-pressed", str(before))
    page.keyboard.type(TYPED[4:])
    expect(page.locator("dialog input[name^=reason-]").first).to_have_value(TYPED)


def test_plans_that_are_chosen_stay_so_when_the_list_is_read_anew(at: Callable[..., Any]) -> None:
    page = at("gis", "/gis")
    page.select_option("#plans-tools select", "draft")
    page.locator("#plans tbody input").first.check()
    expect(page.locator("[data-action=validate]")).to_contain_text("校验（1）")
    page.locator("#plans tbody .link").first.click()
    with page.expect_response(re.compile(r"grid-plans\?.*state=draft")):
        page.locator("dialog [data-lock]").last.click()
    page.wait_for_timeout(DRAWN_MS)
    page.get_by_role("button", name="关闭", exact=True).click()
    expect(page.locator("#plans tbody input").first).to_be_checked()
    expect(page.locator("[data-action=validate]")).to_contain_text("校验（1）")
    page.select_option("#plans-tools select", "")
    expect(page.locator("#plans tbody tr")).not_to_have_count(1)
    expect(page.locator("#plans input:checked")).to_have_count(0)  # another list, another choice


def test_an_address_that_is_shown_once_outlives_what_else_is_done_on_the_page(at: Callable[..., Any]) -> None:
    page = at("leader", "/me/grid")
    page.get_by_role("link", name=DANCE).first.click()
    page.click("#open-feed")
    address = page.locator("#feed-address")
    shown = address.input_value()
    page.click("#change-usual")
    page.locator("dialog").get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#said")).to_contain_text("时间和地点已修改")
    page.wait_for_load_state("networkidle")
    expect(address).to_have_value(shown)


def test_a_title_that_was_typed_outlives_the_choice_of_an_interest_grid(at: Callable[..., Any]) -> None:
    page = at("leader", "/me/grid")
    page.locator("#interest").get_by_role("button", name="确认成立").click()
    expect(page.locator("#interest").get_by_role("button", name="确认成立")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.click("#plan")
    which, title, begins = (
        page.locator(f"dialog [name={name}]") for name in ("interest_grid_id", "title", "from")
    )
    offered = title.input_value()
    which.select_option(index=1)
    expect(title).not_to_have_value(offered)  # what was only offered gives way
    title.fill("中秋专场（演示）")
    begins.fill("20:15")
    which.select_option(index=0)
    expect(title).to_have_value("中秋专场（演示）")
    expect(begins).to_have_value("20:15")


def test_the_head_that_was_chosen_stays_so_while_another_is_looked_for(at: Callable[..., Any]) -> None:
    page = at("bureau", "/sites")
    site = read(page, "sites/export")["features"][0]["id"]
    page.goto(page.url + f"/{site}")
    page.wait_for_load_state("networkidle")

    def named(route: Any) -> None:
        name = unquote(route.request.url).rpartition("name=")[2]
        found = [] if name == "无此人" else [{"id": 7_000_000 + len(name), "name": f"{name}（演示）"}]
        route.fulfill(json={"next": None, "previous": None, "results": found})

    page.route("**/api/v1/instructors?*", named)
    page.click("#edit")
    search, heads = page.locator("dialog input[type=search]"), page.locator("#site-head")
    search.fill("王")
    expect(heads).to_contain_text("王（演示）")
    heads.select_option("7000001")
    for other, shows in (("李演示", "李演示（演示）"), ("无此人", "王（演示）")):
        with page.expect_response("**/api/v1/instructors?*"):
            search.fill(other)
        expect(heads).to_contain_text(shows)
        page.wait_for_timeout(DRAWN_MS)
        expect(heads).to_have_value("7000001")


def _five_notices(city: Any, username: str) -> None:
    from tenants.accounts.models import User
    from tenants.bureau.services.outbox import deliver_outbox, queue_message

    with schema_context(city.schema):
        who = User.objects.get(username=username)
        for number in range(1, 6):
            queue_message(
                channel="in_app", recipient=f"accounts.user:{who.pk}", template="test.notice",
                facts={"title": f"演示通知{number}", "text": "一行"}, dedup_key=f"test.notice:{number}",
            )  # fmt: skip
        deliver_outbox()
    connection.set_schema_to_public()


def test_a_notice_is_put_away_by_keyboard_where_the_list_stands_and_does_not_come_back(
    asked_city: Any, at: Callable[..., Any]
) -> None:
    """The earlier ones stay open, the focus goes to the next; and it stays away though the network goes at once."""
    _five_notices(asked_city, "leader")
    page = at("leader", "/me/grid")
    notices = page.locator("#notices")
    notices.locator("summary").click()
    fourth, fifth = (notices.locator("details li button").nth(at) for at in (0, 1))
    gone, kept = (button.get_attribute("aria-label") for button in (fourth, fifth))
    fourth.press("Enter")
    expect(notices.locator("details li")).to_have_count(1)
    expect(notices.locator("details")).to_have_attribute("open", "")
    expect(notices.get_by_role("button", name=kept)).to_be_focused()
    page.route("**/api/v1/messages?*", lambda route: route.abort())
    notices.get_by_role("button", name=kept).press("Enter")
    expect(notices).to_contain_text("没有网络，以下是")
    expect(notices.get_by_role("button", name=gone)).to_have_count(0)
    expect(notices.get_by_role("button", name=kept)).to_have_count(0)
    expect(notices.locator("li button").nth(2)).to_be_focused()
