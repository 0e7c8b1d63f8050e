"""A fitness site is retired by an import, in a real Chromium: what office, leader, instructor and GIS staff see and do.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks). The tests
stand in the order in which people would come: the last one takes the import back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
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


@pytest.fixture(scope="module")
def closed(web_city: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The site where the dance meets, and where an instructor is on duty, is no longer in the layer."""
    from tenants.bureau.services.outbox import deliver_outbox

    with schema_context(web_city.schema):
        set_to_work()
        site = _meets_at_a_site()
        _is_on_duty(site)
        _import_without(site, tmp_path_factory.mktemp("sites"))
    web_city.run_jobs()
    with schema_context(web_city.schema):
        deliver_outbox()
        site.refresh_from_db()
        assert site.valid_to is not None
    connection.set_schema_to_public()
    yield web_city


def _meets_at_a_site() -> Any:
    """The dance is moved to the nearest site and plans an evening there tomorrow."""
    from django.contrib.gis.db.models.functions import Distance

    from grids.interest.models import InterestGrid
    from grids.interest.rules.activity_plans import ActivityPlan
    from grids.interest.services.activities import plan_activity
    from instructors.assignment.models import Site
    from tenants.accounts.models import User
    from tenants.bureau.rules.local_time import SHANGHAI

    dance = InterestGrid.objects.select_related("community").get(name=DANCE)
    middle = dance.community.frame.centroid
    site = Site.objects.filter(valid_to=None).order_by(Distance("geometry", middle))[0]
    InterestGrid.objects.filter(pk=dance.pk).update(site=site)
    evening = (datetime.now(SHANGHAI) + timedelta(days=1)).replace(hour=19, minute=0, second=0, microsecond=0)
    plan = ActivityPlan("傍晚广场舞（演示）", evening, evening + timedelta(hours=1), site_id=site.pk)
    plan_activity(interest_grid_id=dance.pk, plan=plan, acting_user=User.objects.get(username="bureau"))
    return site


def _is_on_duty(site: Any) -> None:
    from instructors.assignment.models import SiteNeed
    from instructors.assignment.rules.booking_orders import BookingOrder
    from instructors.assignment.rules.duties import duty_moments, duty_reference
    from instructors.assignment.services.bookings import book_series
    from instructors.people.models import ActivityItem, GradeAward, Instructor, TeachingItem
    from tenants.bureau.models import OrgUnit
    from tenants.bureau.queries.days import today
    from tests.web.conftest import _person

    root, day, item = (
        OrgUnit.objects.get(parent=None),
        today() + timedelta(days=3),
        ActivityItem.objects.first(),
    )
    assert item is not None
    teacher = Instructor.objects.create(
        name="赵演示009", unit=root, user=_person(None, "teacher", "instructor")
    )
    GradeAward.objects.create(
        instructor=teacher, grade="grade3", award_level="county", certificate_number="TEST-9", valid_from=date(2024, 1, 1)
    )  # fmt: skip
    TeachingItem.objects.create(
        instructor=teacher, item=item, teaching_role="skill_coach", valid_from=date(2024, 1, 1)
    )
    need = SiteNeed.objects.create(
        site=site, item=item, weekday=day.isoweekday(), from_minute=540, to_minute=600
    )
    starts_at, ends_at = duty_moments(day, 540, 600)
    order = BookingOrder(
        "site_duty", duty_reference(need.pk, teacher.pk, day), starts_at, ends_at, instructor_id=teacher.pk,
        site_id=site.pk, is_exclusive=False, item_id=item.pk, assumes_free=True,
    )  # fmt: skip
    book_series(orders=[order], acting_user=_dispatcher(), are_duties=True)


def _dispatcher() -> Any:
    from tests.web.conftest import _person

    return _person(None, "dispatcher", "dispatcher")


def _import_without(site: Any, folder: Path) -> None:
    """A file with all sites but this one, whose letting go is confirmed."""
    import geopandas as gpd
    import shapely
    from django.core.files.base import ContentFile

    from gis.layers.models import FitnessSite
    from gis.layers.rules.import_options import ImportOptions
    from gis.layers.services.imports import request_import
    from tenants.accounts.models import User

    rows = list(FitnessSite.objects.filter(retired_by=None).exclude(ref=site.ref).order_by("id"))
    frame = gpd.GeoDataFrame(
        {"ref": [row.ref for row in rows], "name": [row.name for row in rows]},
        geometry=[shapely.from_wkb(bytes(row.geometry.wkb)) for row in rows], crs=4490,
    )  # fmt: skip
    path = folder / "站点更新（演示）.gpkg"
    frame.to_file(path)
    request_import(
        upload=ContentFile(path.read_bytes(), name=path.name), kind="fitness_sites",
        options=ImportOptions(retire_in_use=True), dry_run=False, source_note="", data_label="",
        acting_user=User.objects.get(username="gis"),
    )  # fmt: skip


def looks_well(page: Any, name: str = "") -> None:
    """Nothing keeps the page from being read; with WANGGE_PICTURES a picture is left to be looked at."""
    folder = os.environ.get("WANGGE_PICTURES")
    if folder and name:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    assert page.evaluate(LOOKS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_j13_gis_staff_read_who_meets_at_the_site_that_was_let_go(
    closed: Any, reader: Callable[..., Any]
) -> None:
    page = reader("gis").open("/gis")
    row = page.locator("#imports li").first
    expect(row).to_contain_text("站点更新（演示）.gpkg")
    row.locator("summary", has_text="提醒").click()
    expect(row).to_contain_text(DANCE)
    expect(row).to_contain_text("活动没有取消")


@pytest.mark.parametrize("phone", [False, True])
def test_j07_the_office_finds_the_interest_grid_among_what_waits(
    closed: Any, reader: Callable[..., Any], phone: bool
) -> None:
    page = reader("bureau", phone=phone).open("/network")
    owed = page.locator("section[aria-labelledby=owed-title]")
    expect(owed).to_contain_text(DANCE)
    expect(owed.locator("li", has_text=DANCE)).to_contain_text("▲ 地点已停用")
    expect(owed.locator("li", has_text=DANCE)).to_contain_text("后不再使用，请另选地点")
    looks_well(page)


@pytest.mark.parametrize("phone", [False, True])
def test_j12_the_instructor_reads_which_duty_fell_away(
    closed: Any, reader: Callable[..., Any], phone: bool
) -> None:
    page = reader("teacher", phone=phone).open("/me/instructor")
    notices = page.locator("#notices")
    expect(notices).to_contain_text("站点停用：您有1次值守取消")
    expect(notices).to_contain_text("09:00–10:00")
    looks_well(page)
    if phone:
        notices.get_by_role("button", name="知道了").click()
        expect(notices).to_be_empty()


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize(
    ("username", "path", "below"), [("leader", "/me/grid", "#tasks"), ("member", "/me/post", "#now")]
)
def test_j07_leader_and_member_read_on_their_own_screen_what_has_come_and_put_it_away(
    closed: Any, reader: Callable[..., Any], username: str, path: str, below: str, phone: bool
) -> None:
    page = reader(username, phone=phone).open(path)
    notices = page.locator("#notices")
    expect(notices.get_by_role("heading")).to_have_text("通知（1 条未读）")
    expect(notices).to_contain_text(f"“{DANCE}”的活动地点已停用")
    page.wait_for_selector(f"{below} :is(li, .when, .empty)")
    looks_well(page, f"notices-{username}-{'phone' if phone else 'desktop'}")
    if phone:
        notices.get_by_role("button", name="知道了").click()
        expect(notices).to_be_empty()
        page.reload()
        page.wait_for_selector(f"{below} :is(li, .when, .empty)")
        expect(notices).to_be_empty()
        looks_well(page, f"no-notices-{username}")


def test_j07_what_has_come_is_still_read_where_the_network_is_gone(
    closed: Any, reader: Callable[..., Any]
) -> None:
    from tenants.accounts.models import User
    from tenants.bureau.services.outbox import deliver_outbox, queue_message

    with schema_context(closed.schema):
        who = User.objects.get(username="leader")
        queue_message(
            channel="in_app", recipient=f"accounts.user:{who.pk}", template="test.notice",
            facts={"title": "演示通知", "text": "第一行\n第二行"}, dedup_key="test.notice:1",
        )  # fmt: skip
        deliver_outbox()
    connection.set_schema_to_public()
    one = reader("leader", phone=True)
    page = one.open("/me/grid")
    notices = page.locator("#notices")
    expect(notices).to_contain_text("演示通知")
    page.route("**/api/v1/messages*", lambda route: route.abort())
    page.reload()
    expect(notices).to_contain_text("没有网络，以下是")
    expect(notices).to_contain_text("演示通知")
    looks_well(page, "notices-offline-phone")


def test_j09_the_member_reads_that_the_evening_stands_at_a_closed_place(
    closed: Any, reader: Callable[..., Any]
) -> None:
    page = reader("member", phone=True).open("/me/post")
    expect(page.locator("#week")).to_contain_text("傍晚广场舞（演示）")
    expect(page.locator("#week")).to_contain_text("后不再使用；这次活动没有取消，请改地点或取消")
    looks_well(page)


def test_j07_the_leader_is_sent_from_the_task_to_choose_another_place(
    closed: Any, reader: Callable[..., Any]
) -> None:
    page = reader("leader", phone=True).open("/me/grid")
    task = page.locator("#tasks li", has_text="1个兴趣网格的活动地点已停用，请另选地点")
    expect(task).to_contain_text("▲ 紧急")
    expect(page.locator("#interest")).to_contain_text("▲ 地点已停用")
    looks_well(page)
    task.get_by_role("link", name="去办理").click()
    expect(page.locator("#place-closed")).to_contain_text("后不再使用，请另选地点")
    expect(page.locator("#whole")).to_contain_text("有 1 次活动安排在已停用的地点，没有取消")
    looks_well(page)
    page.click("#choose-place")
    expect(page.locator("dialog [name=where]")).to_have_value("other")
    page.fill("dialog [name=place_name]", "河边步道（演示）")
    page.click("dialog button[type=submit]")
    expect(page.locator("#said")).to_contain_text("时间和地点已修改")
    expect(page.locator("#place-closed")).to_have_count(0)
    page.click("[data-move]")
    expect(page.locator("dialog [name=place_name]")).to_have_value("河边步道（演示）")
    page.click("dialog button[type=submit]")
    expect(page.locator("#said")).to_contain_text("已换地点，参加的人会收到通知")
    expect(page.locator("#whole")).not_to_contain_text("已停用的地点")
    expect(page.locator("#whole")).to_contain_text("傍晚广场舞（演示） · 晨光广场舞队 · 河边步道（演示）")


def test_j13_an_import_that_is_taken_back_says_what_came_back(
    closed: Any, reader: Callable[..., Any]
) -> None:
    page = reader("gis").open("/gis")
    row = page.locator("#imports li", has_text="站点更新（演示）.gpkg")
    row.get_by_role("button", name="撤销此次导入…").click()
    expect(page.locator("dialog")).to_contain_text("撤销后逐条列出")
    page.click("dialog button[type=submit]")
    expect(row).to_contain_text("已撤销")
    row.locator("summary", has_text="撤销结果").click()
    expect(row).to_contain_text("每周需求1项、固定指派0项、值守1次")
    looks_well(page)
