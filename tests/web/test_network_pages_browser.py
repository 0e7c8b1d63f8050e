"""The pages of the network's offices and leaders in a real Chromium: imports, closing, crossing, hotline, bodies, pilots.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context
from playwright.sync_api import expect

from tests.handed_in import workbook
from tests.web.looking import LOOKS, read
from tests.web.network_at_work import DANCE, PEOPLE, TEA, set_to_work

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
CROSSING, SLEEPING = "两岸骑行队", "冬泳队"
FAULT, WAITING = "演示广场单杠", "演示公园路灯"
HEADER = "姓名,手机号,兴趣网格,来源,证明"
GOOD = f"钱演示201,13900000201,{DANCE},体育骨干,带队两年（演示）"
BAD = f"孙演示202,1390000,{DANCE},体育骨干,带队两年（演示）"


@pytest.fixture(scope="module")
def at_work(web_city: Any) -> Iterator[Any]:
    """The network at work, with a proposal that crosses communities, one that sleeps, two faults, and two officers."""
    with schema_context(web_city.schema):
        set_to_work()
        _more()
    connection.set_schema_to_public()
    yield web_city


def _more() -> None:
    from grids.interest.models import InterestGrid
    from grids.interest.rules.hotline_issue import IssueKind
    from grids.interest.services.hotline import IssueOrder, hand_over_issue, note_issue
    from grids.interest.services.interest_grids import InterestGridOrder, propose_interest_grid
    from grids.interest.services.members import MemberOrder, add_member
    from grids.interest.services.posts import PostOrder, confirm_post
    from grids.interest.services.sources import SourceOrder
    from grids.units.models import Grid
    from grids.units.queries.leaders import grids_led_by
    from tenants.accounts.models import User
    from tenants.bureau.queries.days import today
    from tests.web.conftest import _person

    leader = User.objects.get(username="leader")
    for username, role in (("district", "district_officer"), ("town", "town_staff")):
        _person(None, username, role)
    home = Grid.objects.filter(pk__in=grids_led_by(leader, today())).order_by("id").first()
    assert home is not None
    other = Grid.objects.filter(valid_to=None).exclude(community=home.community_id).order_by("id").first()
    assert other is not None
    for name, served in ((CROSSING, [home.pk, other.pk]), (SLEEPING, [home.pk])):
        order = InterestGridOrder(
            name=name, item_code="walking", community_id=home.community_id, base_grid_ids=served
        )
        found = propose_interest_grid(order=order, acting_user=leader)
    backbone = SourceOrder(source="backbone", proof="领队（演示）")
    entry = MemberOrder(name="赵演示001", phone="13900000001", post=PostOrder(found.pk, backbone))
    person = add_member(order=entry, acting_user=leader)
    confirm_post(post_id=person.posts.get(interest_grid=found).pk, acting_user=leader)
    InterestGrid.objects.filter(name=SLEEPING).update(state="dormant", dormant_since=today())
    for place, handed_over in ((FAULT, False), (WAITING, True)):
        issue = IssueOrder(grid_id=home.pk, kind=IssueKind.EQUIPMENT_FAULT, place_name=place)
        noted = note_issue(order=issue, acting_user=leader)
        if handed_over:
            hand_over_issue(issue_id=noted.issue.pk, acting_user=leader)


@pytest.fixture
def at(at_work: Any, reader: Callable[..., Any]) -> Callable[..., Any]:
    """`at("leader", "/network/members")`: that page, opened by that person at a phone."""

    def opened(username: str, path: str, **more: Any) -> Any:
        return reader(username, **({"phone": True} | more)).open(path)

    return opened


def looks_well(page: Any) -> None:
    assert page.evaluate(LOOKS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def _choose(page: Any, *rows: str) -> None:
    content = "\n".join((HEADER, *rows)).encode()
    page.set_input_files(
        "#import-form [name=file]", {"name": "网格员.csv", "mimeType": "text/csv", "buffer": content}
    )


def _carried_out(page: Any, at_work: Any, button: str) -> None:
    """Press, and run the job that the press starts."""
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and answer.url.endswith("/grid-member-imports")
    ) as answer:
        page.click(button)
    assert answer.value.status == 202
    at_work.run_jobs()


def test_j08_leader_imports_members_after_a_check_that_names_the_bad_rows(
    at: Callable[..., Any], at_work: Any
) -> None:
    page = at("leader", "/network/members")
    expect(page.locator("#network")).to_contain_text("赵演示001")
    _choose(page, GOOD, BAD)
    _carried_out(page, at_work, "#import-check")
    expect(page.locator("#import-outcome")).to_contain_text("没有导入：发现 1 处错误")
    expect(page.locator("#import-outcome tbody th")).to_have_text("3")
    looks_well(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载错误清单 CSV").click()
    assert "13900000201" not in download.value.path().read_text(encoding="utf-8-sig")
    _carried_out(page, at_work, "#import-partial")
    expect(page.locator("#import-outcome")).to_contain_text("可以导入正确的行：新增网格员 1 人")
    _choose(page, GOOD, BAD.replace("1390000,", "13900000202,"))
    _carried_out(page, at_work, "#import-check")
    expect(page.locator("#import-outcome")).to_contain_text("检查通过，共 2 行")
    assert len(read(page, "grid-members?mine=true")["results"]) == 1
    _carried_out(page, at_work, "#import-go")
    expect(page.locator("#import-outcome")).to_contain_text("已导入：新增网格员 2 人，任职 2 条")
    expect(page.locator("#import-outcome")).to_contain_text("导错了怎么办")
    expect(page.locator("#network")).to_contain_text("孙演示202")
    expect(page.locator("#imports")).to_contain_text("✓ 已导入")


def test_a_picture_is_refused_in_the_words_of_a_list_of_people(at: Callable[..., Any]) -> None:
    page = at("leader", "/network/members")
    picture = {"name": "名单.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}
    page.set_input_files("#import-form [name=file]", picture)
    page.click("#import-check")
    expect(page.locator("#import-outcome")).to_contain_text("网格员名单导入不接受这种文件")
    expect(page.locator("#import-outcome")).to_contain_text("XLS 请另存为 XLSX")
    expect(page.locator("#import-outcome")).not_to_contain_text("DWG")
    looks_well(page)


def test_a_field_that_is_wrong_is_named_as_the_page_names_it(at: Callable[..., Any]) -> None:
    page = at("leader", "/network/members")
    page.get_by_role("button", name="增加网格员").click()
    page.fill("dialog [name=name]", "  ")
    page.fill("dialog [name=proof]", "带队三年（演示）")
    page.get_by_role("button", name="提名", exact=True).click()
    expect(page.locator("dialog .notice--bad")).to_contain_text("“姓名”：")
    expect(page.locator("dialog .notice--bad")).to_contain_text("请改正后再提交")
    expect(page.locator("dialog")).not_to_contain_text("接口文档")


def test_j08_a_wrong_post_is_ended_from_the_list_with_its_reason(at: Callable[..., Any]) -> None:
    page = at("town", "/network/members", phone=False)
    found = page.locator("#network li", has_text=TEA)
    found.get_by_role("button", name="结束").click()
    expect(page.locator("dialog")).to_contain_text("以往的记录都保留")
    page.fill("dialog [name=reason]", "另有安排（演示）")
    page.get_by_role("button", name="结束任职").click()
    expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.parametrize("is_phone", [True, False])
def test_j08_the_town_nominates_a_member_for_an_interest_grid_found_by_name(
    at: Callable[..., Any], is_phone: bool
) -> None:
    page = at("town", "/network/members", phone=is_phone)
    page.get_by_role("button", name="增加网格员").click()
    page.fill("dialog [name=grid_name]", "没有这个")
    expect(page.locator("#grids-found")).to_contain_text("没有这样的兴趣网格")
    page.fill("dialog [name=grid_name]", DANCE[:3])
    expect(page.locator("#grids-found li")).to_have_count(1)
    looks_well(page)
    page.get_by_role("button", name=f"选择 {DANCE}").click()
    name = "李演示401" if is_phone else "李演示402"
    page.fill("dialog [name=name]", name)
    page.fill("dialog [name=proof]", "带队三年（演示）")
    page.get_by_role("button", name="提名", exact=True).click()
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#network li", has_text=name)).to_contain_text("待确认")


def test_j07_two_who_change_the_usual_time_at_once_see_both_and_lose_nothing(at: Callable[..., Any]) -> None:
    page, other = (
        at(name, "/me/grid") if name == "leader" else at(name, "/network") for name in ("leader", "town")
    )
    page.locator("#interest").get_by_role("link", name=DANCE).click()
    other.goto(page.url)
    for one in (page, other):
        one.click("#change-usual")
        expect(one.locator("dialog [name=from]")).to_have_value("06:30")
    other.select_option("dialog [name=often]", "weekly")
    other.get_by_role("button", name="保存", exact=True).click()
    expect(other.locator("dialog")).to_contain_text("请至少选一天")
    other.check("dialog [value=TU]")
    other.check("dialog [value=SA]")
    other.fill("dialog [name=from]", "19:00")
    other.fill("dialog [name=to]", "20:30")
    looks_well(other)
    other.get_by_role("button", name="保存", exact=True).click()
    expect(other.locator("#whole")).to_contain_text("每周二、周六 19:00–20:30")
    page.fill("dialog [name=place_name]", "演示文化广场")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#both")).to_contain_text("演示town")
    expect(page.locator("#both")).to_contain_text("每周二、周六 19:00–20:30")
    expect(page.locator("dialog [name=place_name]")).to_have_value("演示文化广场")
    looks_well(page)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#said")).to_contain_text("时间和地点已修改")
    expect(page.locator("#whole")).to_contain_text("演示文化广场")
    expect(page.locator("#whole")).to_contain_text("每天 06:30–07:30")
    looks_well(page)


def test_j07_the_county_approves_a_crossing_on_its_page(at: Callable[..., Any]) -> None:
    page = at("district", "/network")
    owed = page.locator("section", has=page.locator("#owed-title")).locator("li", has_text=CROSSING)
    expect(owed).to_contain_text("跨社区，待批准")
    looks_well(page)
    owed.get_by_role("link", name="去办理").click()
    expect(page.locator("#whole")).to_contain_text("需要您批准")
    page.click("#cross")
    expect(page.locator("dialog")).to_contain_text("这些网格的网格长也能管理它")
    looks_well(page)
    page.get_by_role("button", name="批准跨社区", exact=True).click()
    expect(page.locator("#said")).to_contain_text("已批准跨社区")
    expect(page.locator("#whole")).to_contain_text("跨社区批准")
    page.click("#confirm")  # nobody serves in it yet
    expect(page.locator("#said .notice--bad")).to_contain_text("网格员")


def test_j07_leader_wakes_and_closes_an_interest_grid_knowing_what_it_means(at: Callable[..., Any]) -> None:
    page = at("leader", "/me/grid")
    page.locator("#interest").get_by_role("link", name=SLEEPING).click()
    expect(page.locator("#whole")).to_contain_text("休眠")
    page.click("#wake")
    expect(page.locator("dialog")).to_contain_text("恢复为“活动中”")
    page.get_by_role("button", name="重新开始", exact=True).click()
    expect(page.locator("#name")).to_contain_text("活动中")
    page.goto(page.url)
    expect(page.locator("#name")).to_contain_text(SLEEPING)
    looks_well(page)
    page.click("#close")
    expect(page.locator("dialog")).to_contain_text("1 名网格员在这里的任职今天结束")
    expect(page.locator("dialog")).to_contain_text("不能恢复")
    page.fill("dialog [name=reason]", "场地收回（演示）")
    page.get_by_role("button", name="关闭", exact=True).click()
    expect(page.locator("#whole")).to_contain_text("关闭：场地收回（演示）")
    assert page.locator("#close").count() == 0
    (found,) = [
        row for row in read(page, "interest-grids?state=closed")["results"] if row["name"] == SLEEPING
    ]
    assert found["close_reason"] == "场地收回（演示）"


def test_j09_an_interest_grids_calendar_is_subscribed_to_and_revoked(at: Callable[..., Any]) -> None:
    page = at("leader", "/me/grid")
    page.locator("#interest").get_by_role("link", name=DANCE).click()
    page.click("#open-feed")
    address = page.input_value("#feed-address")
    assert page.request.get(address).text().startswith("BEGIN:VCALENDAR")
    looks_well(page)
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.get_by_role("button", name="撤销", exact=True)).to_have_count(0)
    expect(page.locator("#feed-address")).to_have_count(0)  # shown once


def test_a_member_lets_somebody_leave_the_interest_grid(at: Callable[..., Any]) -> None:
    page = at("member", "/me/post")
    page.get_by_role("link", name=DANCE).click()
    people = page.locator("section", has=page.locator("#people-title"))
    expect(people).to_contain_text(PEOPLE[2])
    assert page.locator("#close").count() == 0
    looks_well(page)
    people.get_by_role("button", name=f"{PEOPLE[2]} 退出").click()
    expect(page.locator("dialog")).to_contain_text("抹去姓名和电话，不能恢复")
    page.get_by_role("button", name="办理", exact=True).click()
    expect(page.locator("#said")).to_contain_text("已退出")
    expect(people).not_to_contain_text(PEOPLE[2])


def test_j15_leader_hands_over_and_the_bureau_reads_the_answer(at: Callable[..., Any]) -> None:
    page = at("leader", "/network/hotline")
    page.locator("li", has_text=FAULT).get_by_role("button", name="转交 12345").click()
    expect(page.locator("li", has_text=FAULT)).to_contain_text("等待答复")
    expect(page.locator("li", has_text=FAULT)).to_contain_text("本市尚未配置12345渠道")
    looks_well(page)
    page.locator("li", has_text=WAITING).get_by_role("button", name="登记答复").click()
    page.fill("dialog [name=answer]", "已派园林部门，三日内更换（演示）")
    page.fill("dialog [name=number]", "YS-0001")
    page.get_by_role("button", name="保存答复").click()
    expect(page.locator("li", has_text=WAITING)).to_contain_text("三日内更换")
    bureau = at("bureau", "/bureau")
    expect(bureau.locator("#hotline")).to_contain_text("三日内更换")
    expect(bureau.locator("#hotline")).to_contain_text("工单号 YS-0001")


def test_j22_the_town_takes_a_demand_that_a_leader_handed_up(at: Callable[..., Any]) -> None:
    leader = at("leader", "/me/grid")
    leader.locator("#demands").get_by_role("button", name="上报街镇").click()
    expect(leader.locator("#demands")).to_contain_text("已上报")
    page = at("town", "/network")
    page.locator("li", has_text="1 项群众需求等待街镇答复").get_by_role("link", name="去办理").click()
    looks_well(page)
    page.get_by_role("button", name="采纳 广场舞", exact=True).click()
    page.get_by_role("button", name="采纳", exact=True).click()
    expect(page.locator("section", has=page.locator("#answered-title"))).to_contain_text("已采纳")
    (demand,) = read(page, "demands?state=taken")["results"]
    assert demand["people"] == 30


def test_j19_the_bureau_enters_and_dissolves_a_federation_and_coverage_follows(
    at: Callable[..., Any],
) -> None:
    page = at("bureau", "/network/bodies", phone=False)
    county = page.locator("#network tbody tr", has_text="区县").locator("td").first
    expect(county).to_contain_text("0 / 1")
    page.click("#found")
    expect(page.locator("dialog [name=unit_id]")).to_contain_text("演示区")
    page.fill("dialog [name=name]", "演示区体育总会")
    page.fill("dialog [name=founded_on]", "2020-05-01")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(county).to_contain_text("1 / 1")
    looks_well(page)
    page.get_by_role("button", name="撤销 演示区体育总会").click()
    page.fill("dialog [name=reason]", "机构改革（演示）")
    page.get_by_role("button", name="撤销这个组织").click()
    expect(page.locator("#said")).to_contain_text("已撤销")


def test_j19_a_file_of_bodies_is_checked_with_what_to_look_at_and_then_entered(
    at: Callable[..., Any], at_work: Any
) -> None:
    with schema_context(at_work.schema):
        from tenants.bureau.models import OrgCode, OrgUnit

        unit, code = OrgUnit.objects.filter(level="village").first(), "410899001001"
        assert unit is not None
        OrgCode.objects.get_or_create(unit=unit, code=code, valid_from=unit.valid_from)
    rows = [[code, kind, f"演示健身组织{kind[:1]}", "2026-05-01"] for kind in ("全民健身组织", "")]
    connection.set_schema_to_public()

    def merge(book: Any) -> None:
        book.active.merge_cells("B2:B3")

    upload = workbook([("区划代码", "组织类型", "组织名称", "成立日期"), *rows], change=merge)
    page = at("bureau", "/network/bodies", phone=False)
    page.get_by_role("button", name="从文件登记").click()
    page.set_input_files(
        "dialog [name=file]", {"name": upload.name, "mimeType": upload.content_type, "buffer": upload.read()}
    )
    page.get_by_role("button", name="检查 / 登记").click()
    expect(page.locator("dialog .notice--good")).to_contain_text("检查通过，共 2 行：新增 2 个")
    expect(page.locator("dialog .notice--warn")).to_contain_text(
        "1个空白单元格属于合并单元格，已填入其首格内容（组织类型，第3行）"
    )
    looks_well(page)
    page.get_by_role("button", name="检查 / 登记").click()
    expect(page.locator("#network")).to_contain_text("演示健身组织全")


def test_j10_the_bureau_sets_a_pilot_compares_and_ends_it(at: Callable[..., Any]) -> None:
    page = at("bureau", "/network/pilots", phone=False)
    expect(page.locator("#network")).to_contain_text("还没有试点区县")
    page.click("#pilot")
    expect(page.locator("dialog [name=unit_id]")).to_contain_text("演示区")
    expect(page.locator("dialog")).to_contain_text("其他区县就暂时不能再用它新办")
    page.locator("dialog").get_by_label("兴趣网格").check()
    page.get_by_role("button", name="设为试点", exact=True).click()
    expect(page.locator("#network")).to_contain_text("试点中")
    expect(page.locator("#network table")).to_contain_text("网格化覆盖率")
    looks_well(page)
    page.get_by_role("button", name="结束 演示区 的试点").click()
    page.get_by_role("button", name="保存结束日期").click()
    expect(page.locator("#said")).to_contain_text("结束日期已保存")
    (pilot,) = read(page, "pilots")["results"]
    assert pilot["ends_on"] == pilot["starts_on"]


def test_a_phone_shows_the_current_page_in_the_menu_and_first_what_waits(at: Callable[..., Any]) -> None:
    page = at("bureau", "/bureau")
    current = page.locator(".top nav [aria-current=page]").bounding_box()
    assert current["x"] >= 0 and current["x"] + current["width"] <= page.viewport_size["width"]
    expect(page.locator("#network table")).to_be_visible()
    above, below = (page.locator(place).bounding_box()["y"] for place in ("#decide-box", "#network-box"))
    assert above < below
    looks_well(page)


def test_street_staff_land_on_the_network_and_strangers_find_none_of_it(at: Callable[..., Any]) -> None:
    assert at("town", "/").url.endswith("/network")
    page = at("citizen", "/map")
    for path in ("/network", "/network/members", "/network/hotline", "/network/bodies", "/network/pilots"):
        assert page.goto(page.url.split("/map")[0] + path).status == 403
        page.go_back()
    page = at("citizen", "/interest-grids/987654321")
    expect(page.locator("#whole")).to_contain_text("没有这个兴趣网格")


def test_gis_staff_are_shown_the_work_that_is_theirs_to_mend(at: Callable[..., Any], at_work: Any) -> None:
    from tenants.accounts.models import User
    from tenants.bureau.models import BackgroundJob, OrgUnit

    with schema_context(at_work.schema):
        leader = User.objects.get(username="leader")
        for kind in ("layers.undo", "interest.import_members"):
            BackgroundJob.objects.create(
                kind=kind, state="failed", started_by=leader, unit_path=OrgUnit.objects.get(parent=None).path
            )
    connection.set_schema_to_public()
    page = at("gis", "/gis", phone=False)
    expect(page.locator("#jobs")).to_contain_text("撤销导入")
    expect(page.locator("#jobs")).not_to_contain_text("导入网格员")
    looks_well(page)
