"""A test station, a prescriber, the bureau, grid staff and a person with a code, in a real Chromium: J17, J18.

Every test also holds that no outside host was asked and that no script failed (the `reader` fixture looks).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context
from playwright.sync_api import expect

from tests.web.looking import LOOKS, text_of

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.browser
WORDING = "演示-1"
GOOD = {"grip": "43.0", "sit_and_reach": "12.5", "one_leg_stand": "31"}
WEAK = {"grip": "25.0", "sit_and_reach": "-10", "one_leg_stand": "2"}
PLAIN_ANSWERS = {
    "told_by_doctor": "false",
    "chest_discomfort": "false",
    "lost_balance": "false",
    "feels_ready": "true",
}
VALUES_OF_A_BODY = ("43.0", "12.5", "优秀", "良好", "合格", "握力", "坐位体前屈", "自感用力")
SHOTS = os.environ.get("WANGGE_SHOTS")


@pytest.fixture(scope="module")
def station(web_city: Any) -> Iterator[Any]:
    """The served city with a tester, a prescriber, a published quarter and invented people at several steps."""
    with schema_context(web_city.schema):
        _furnish_station()
    connection.set_schema_to_public()
    yield web_city


def _furnish_station() -> None:
    from gis.layers.models import Community
    from grids.wellness.rules.quarter import quarter_before
    from grids.wellness.services.standards import load_examples
    from grids.wellness.services.totals import publish_totals
    from tenants.accounts.models import User
    from tenants.bureau.queries.days import today
    from tests.web.conftest import _person

    bureau = User.objects.get(username="bureau")
    tester, prescriber = (
        _person(None, "tester", "fitness_tester"),
        _person(None, "prescriber", "exercise_prescriber"),
    )
    standard, form = load_examples(acting_user=bureau)
    communities = list(Community.objects.filter(valid_to=None).order_by("id"))[:3]
    _under_towns(communities)
    quarter = quarter_before(today())
    _led_by(User.objects.get(username="leader"), communities[0], bureau)
    quarters = ((communities[0], 21, GOOD), (communities[1], 12, WEAK), (communities[2], 4, GOOD))
    for place, (community, count, values) in enumerate(quarters):
        for number in range(count):
            citizen = _invited(community, f"吴演示{place}{number:02}", tester)
            _consent(citizen, tester, "fitness_test")
            _tested(citizen, standard, tester, values, quarter.first_day)
    publish_totals(standard_id=standard.pk, period=quarter.name, acting_user=bureau)
    _under_way(
        _invited(communities[0], "郑演示301", tester, "exercise_case"), standard, form, tester, prescriber
    )
    for name in ("卫演示308", "蒋演示309"):
        citizen = _invited(communities[0], name, tester, "exercise_case")
        _cleared(citizen, standard, form, tester, prescriber)
    _invited(communities[0], "王演示302", tester)


def _led_by(leader: Any, community: Any, bureau: Any) -> None:
    from grids.units.models import Grid
    from grids.units.services.leaders import appoint_leader
    from grids.units.services.officers import record_officer
    from tenants.bureau.queries.days import today

    record_officer(community_id=community.pk, user_id=leader.pk, valid_from=today(), acting_user=bureau)
    grid = Grid.objects.filter(valid_to=None, community=community).order_by("id")[0]
    appoint_leader(grid_id=grid.pk, user_id=leader.pk, starts_on=today(), acting_user=bureau)


def _under_towns(communities: list[Any]) -> None:
    """A county with two towns above the communities."""
    from tenants.bureau.models import OrgUnit

    def unit(level: str, name: str, above: Any) -> Any:
        made = OrgUnit.objects.create(level=level, name=name, parent=above, valid_from=date(2020, 1, 1))
        made.path = f"{above.path}{made.pk}/"
        made.save(update_fields=["path"])
        return made

    county = unit("county", "演示区", OrgUnit.objects.get(parent=None))
    towns = [unit("town", name, county) for name in ("演示一街道", "演示二街道")]
    for number, community in enumerate(communities):
        community.unit = unit("village", community.name, towns[min(number, 1)])
        community.save(update_fields=["unit"])


def _invited(community: Any, name: str, tester: Any, kind: str = "fitness_test") -> Any:
    from grids.wellness.models import Invitation
    from grids.wellness.rules.standard import Sex
    from grids.wellness.services.inviting import Person, invite_citizen

    person = Person(name, Sex.MALE, 1980, 5)
    return invite_citizen(
        community_id=community.pk, kind=Invitation.Kind(kind), person=person, acting_user=tester
    ).citizen


def _consent(citizen: Any, tester: Any, *purposes: str) -> None:
    from grids.wellness.rules.consent import ConsentPurpose
    from grids.wellness.services.consenting import record_consent

    for purpose in purposes:
        record_consent(
            citizen_id=citizen.pk, purpose=ConsentPurpose(purpose), text_version=WORDING, given_by_guardian=False,
            acting_user=tester,
        )  # fmt: skip


def _tested(citizen: Any, standard: Any, tester: Any, values: dict[str, str], on: date) -> None:
    from grids.wellness.services.testing import Measured, TestEntry, record_test

    measured = [Measured(code, Decimal(value)) for code, value in values.items()]
    record_test(citizen_id=citizen.pk, entry=TestEntry(standard.pk, on, measured), acting_user=tester)


def _under_way(citizen: Any, standard: Any, form: Any, tester: Any, prescriber: Any) -> None:
    """A programme that began seven weeks ago: its re-test is due."""
    from grids.wellness.models import ExerciseCase, ExercisePrescription, ExerciseSession, FitnessTest
    from grids.wellness.rules.prescription import ExerciseType, Prescription
    from grids.wellness.rules.programme import Session
    from grids.wellness.services.programme import PrescriptionOrder, prescribe_exercise, record_session
    from tenants.bureau.queries.days import today

    case = _cleared(citizen, standard, form, tester, prescriber)
    plan = Prescription(3, 11, 13, 30, (ExerciseType.WALKING, ExerciseType.TAI_CHI), 90, 2, 5, 12)
    prescribe_exercise(case_id=case.pk, order=PrescriptionOrder(plan, today()), acting_user=prescriber)
    record_session(case_id=case.pk, session=Session(today(), True, 12, False), acting_user=tester)
    begun = today() - timedelta(weeks=7)
    ExercisePrescription.objects.filter(case=case).update(
        starts_on=begun, ends_on=begun + timedelta(weeks=12, days=-1)
    )
    ExerciseSession.objects.filter(case=case).update(held_on=begun)
    ExerciseCase.objects.filter(pk=case.pk).update(programme_from=begun, screened_on=begun)
    FitnessTest.objects.filter(citizen=citizen).update(tested_on=begun)


def _cleared(citizen: Any, standard: Any, form: Any, tester: Any, prescriber: Any) -> Any:
    """A case in which only the prescription is missing."""
    from grids.wellness.queries.cases import open_case
    from grids.wellness.rules.screening import ClearanceBasis
    from grids.wellness.services.cases import clear_case, screen_case
    from tenants.bureau.queries.days import today

    _consent(citizen, tester, "fitness_test", "exercise_case")
    _tested(citizen, standard, tester, WEAK, today())
    case = open_case(citizen)
    assert case is not None
    answers = {key: value == "true" for key, value in PLAIN_ANSWERS.items()}
    screen_case(case_id=case.pk, form_id=form.pk, answers=answers, acting_user=tester)
    clear_case(case_id=case.pk, basis=ClearanceBasis.QUESTIONNAIRE, note=None, acting_user=prescriber)
    return case


@pytest.fixture
def at(station: Any, reader: Callable[..., Any]) -> Callable[..., Any]:
    """`at("tester")`: that person's reader at a phone, on the first screen."""

    def signed_in(username: str | None, **more: Any) -> Any:
        one = reader(username, **({"phone": True} | more))
        if username:
            one.open("/")
        return one

    return signed_in


def looks_well(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}-{page.viewport_size['width']}.png"), full_page=True)
    assert page.evaluate(LOOKS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def pages_printed(page: Any, name: str) -> int:
    """How many sheets of A4 the print dialog would be given now."""
    made = page.pdf(prefer_css_page_size=True, print_background=True)
    if SHOTS:
        (Path(SHOTS) / f"{name}.pdf").write_bytes(made)
    return len(re.findall(rb"/Type\s*/Page[^s]", made))


def find(page: Any, name: str) -> None:
    page.fill("#find [name=whom]", name)
    with page.expect_response(re.compile(r"citizens\?name=")):
        page.get_by_role("button", name="查找", exact=True).click()
    expect(page.locator("#found li").first).to_contain_text(f"{name[0]}*")
    page.locator("#found [data-person]").first.click()
    expect(page.locator("#person")).to_contain_text("同意")


def give_consent(page: Any, purpose: str) -> None:
    page.click(f"[data-consent={purpose}]")
    page.check("dialog [name=agreed]")
    page.locator("dialog").get_by_role("button", name="登记同意").click()
    expect(page.locator(f"[data-withdraw={purpose}]")).to_be_visible()


def measure(page: Any, values: dict[str, str]) -> None:
    for code, value in values.items():
        page.fill(f"#measuring [name={code}]", value)
    page.click("#save-test")


def test_j17_a_station_finds_asks_measures_item_by_item_and_prints_one_sheet(at: Callable[..., Any]) -> None:
    page = at("tester").page
    assert page.url.endswith("/wellness/tests")
    expect(page.locator("#due")).to_contain_text("郑*")
    looks_well(page, "tests-list")
    find(page, "王演示302")
    expect(page.locator("#person")).to_contain_text("体质数据属敏感个人信息，需单独同意")
    expect(page.locator("#measuring")).to_have_count(0)
    page.click("[data-consent=fitness_test]")
    looks_well(page, "tests-consent")
    page.keyboard.press("Escape")
    give_consent(page, "fitness_test")
    expect(page.locator("[data-consent=exercise_case]")).to_be_visible()  # one consent is no other's
    expect(page.locator("#missing")).to_contain_text("还差 3 项")
    measure(page, {"grip": "43", "sit_and_reach": "999"})
    expect(page.locator("#measuring")).to_contain_text("“坐位体前屈”超出合理范围 -40–50 cm")
    looks_well(page, "tests-refused")
    measure(page, {"sit_and_reach": "", "one_leg_stand": "31"})
    expect(page.locator("#result")).to_contain_text("没有总评等级")
    expect(page.locator("#result")).to_contain_text("缺少：坐位体前屈")
    expect(page.locator("#tests")).to_contain_text("项目不全，无等级")
    page.locator("#tests").get_by_role("button", name="作废…").click()
    page.locator("dialog").get_by_role("button", name="作废", exact=True).click()
    expect(page.locator("#tests")).to_contain_text("没有可以查看的测试")
    measure(page, GOOD)
    expect(page.locator("#result .grade")).to_contain_text("良好")
    shown = text_of(page, "#result")
    assert (
        "总分 12" in shown
        and "示例体质测定标准（虚构数据） 2026-1 版（2026）" in shown
        and "不得用于实际评定" in shown
    )
    looks_well(page, "tests-result")
    page.evaluate("window.print = () => {}")
    page.click("#print")
    assert "体质测试结果告知单" in page.locator(".print-sheet").text_content()
    assert pages_printed(page, "result") == 1
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".print-sheet")).to_have_count(0)


def test_a_station_at_a_desk_shows_list_and_person_side_by_side(at: Callable[..., Any]) -> None:
    page = at("tester", phone=False).page
    expect(page.locator(".unchosen")).to_contain_text("打开一个人")
    find(page, "郑演示301")
    expect(page.locator(".unchosen")).to_be_hidden()
    expect(page.locator("#measuring")).to_contain_text("作为运动干预的复测")
    assert page.is_checked("#measuring [name=is_retest]")
    looks_well(page, "tests-desk")


def test_who_is_searched_for_is_not_replaced_by_the_first_list(at: Callable[..., Any]) -> None:
    """The list of who was invited last, which the page asks for by itself, comes after the answer to the search."""
    page = at("tester", phone=False).page
    expect(page.locator("#found [data-person]")).not_to_have_count(0)
    held: list[Any] = []
    page.route(re.compile(r"/wellness/citizens\?limit="), lambda route: held.append(route))
    page.reload()
    page.fill("#find [name=whom]", "郑演示301")
    page.get_by_role("button", name="查找", exact=True).click()
    expect(page.locator("#found [data-person]")).to_have_count(1)
    expect(page.locator("#found li")).to_contain_text("郑*")
    with page.expect_response(re.compile(r"/wellness/citizens\?limit=")):
        held[0].continue_()
    page.wait_for_timeout(200)
    expect(page.locator("#found [data-person]")).to_have_count(1)
    page.click("#found [data-person]")
    expect(page.locator("#person-name")).to_contain_text("郑")


def test_j17_a_consent_taken_back_hides_what_was_entered_under_it(at: Callable[..., Any]) -> None:
    page = at("tester").page
    find(page, "吴演示003")
    expect(page.locator("#tests [data-result]")).to_have_count(1)
    page.click("[data-withdraw=fitness_test]")
    page.locator("dialog").get_by_role("button", name="撤回同意").click()
    expect(page.locator("#consents")).to_contain_text("已撤回")
    expect(page.locator("#tests [data-result]")).to_have_count(0)
    expect(page.locator("#measuring")).to_have_count(0)


def test_a_test_entered_without_a_network_is_kept_without_a_name_and_sent_once(
    at: Callable[..., Any], station: Any
) -> None:
    from grids.wellness.models import Citizen, FitnessTest
    from tenants.bureau.queries.days import today

    one = at("tester")
    page = one.page
    find(page, "吴演示004")
    expect(page.locator("#measuring [name=grip]")).to_be_visible()
    one.context.set_offline(True)
    measure(page, GOOD)
    expect(page.locator("#waiting")).to_contain_text("1 条已保存在手机上")
    assert "吴演示" not in text_of(page, "#waiting")
    one.context.set_offline(False)  # it is sent by itself, and the button goes
    expect(page.locator("#waiting")).to_be_empty()
    with schema_context(station.schema):
        citizen = Citizen.objects.filter(name="吴演示004").order_by("-id")[0]
        assert FitnessTest.objects.filter(citizen=citizen, tested_on=today()).count() == 1
    connection.set_schema_to_public()


def test_a_saved_test_does_not_take_the_page_from_the_next_person(at: Callable[..., Any]) -> None:
    """The answer to what was saved comes when the station has gone on: it is said, and the next person stays in sight."""
    page = at("tester", phone=False).page
    find(page, "吴演示010")
    held: list[Any] = []
    page.route(re.compile(r"/tests\?limit=20&"), lambda route: held.append(route))
    with page.expect_request(re.compile(r"/tests\?limit=20&")):
        measure(page, GOOD)
    first = page.url
    find(page, "吴演示011")
    second = page.url
    assert first != second
    with page.expect_response(re.compile(r"/tests\?limit=20&")):
        held[0].continue_()
    expect(page.locator("#said")).to_contain_text("测试已保存")
    page.wait_for_timeout(200)
    assert page.url == second
    expect(page.locator("#result")).to_be_empty()


def test_a_refusal_that_comes_when_the_station_has_gone_on_names_whose_test_is_not_saved(
    at: Callable[..., Any],
) -> None:
    page = at("tester", phone=False).page
    find(page, "吴演示100")
    page.fill("#measuring [name=grip]", "9999")  # nobody is so strong
    held: list[Any] = []
    page.route(re.compile(r"/wellness/citizens/\d+/tests$"), lambda route: held.append(route))
    with page.expect_request(lambda asked: asked.method == "POST" and asked.url.endswith("/tests")):
        page.click("#save-test")
    find(page, "吴演示101")
    held[0].continue_()
    expect(page.locator("#said")).to_contain_text("吴演示100 的测试没有保存")
    expect(page.locator("#said")).to_contain_text("“握力”超出合理范围")
    expect(page.locator("#person-name")).to_have_text("吴演示101")
    looks_well(page, "tests-refused-late")


def test_j17_a_record_is_shared_on_its_own_consent_corrected_and_erased(at: Callable[..., Any]) -> None:
    page = at("tester", phone=False).page
    find(page, "吴演示007")
    share = page.get_by_role("button", name="交卫生服务机构…")
    expect(share).to_have_count(0)
    give_consent(page, "share_with_health_centre")
    share.click()
    page.fill("dialog [name=institution]", "91410800MA0000001A")
    with page.expect_download() as download:
        page.get_by_role("button", name="生成并下载").click()
    assert "吴演示007" in Path(download.value.path()).read_text("utf-8")
    page.get_by_role("button", name="更正资料…").click()
    page.select_option("dialog [name=birth_month]", "9")
    page.locator("dialog").get_by_role("button", name="更正", exact=True).click()
    expect(page.locator("#person")).to_contain_text("1980 年 9 月生")
    page.get_by_role("button", name="删除档案…").click()
    page.check("dialog [type=checkbox]")
    page.locator("dialog").get_by_role("button", name="删除", exact=True).click()
    expect(page.locator("#said")).to_contain_text("档案已删除")
    expect(page.locator("#person-box")).to_be_hidden()
    page.fill("#find [name=whom]", "吴演示007")
    page.get_by_role("button", name="查找", exact=True).click()
    expect(page.locator("#found")).to_contain_text("没有这个人")


def test_values_whose_answer_was_lost_are_asked_anew(at: Callable[..., Any]) -> None:
    """The server keeps no values for a repeated request: it is answered without them, and then asked once more."""
    page, lost = at("tester").page, []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort()

    page.route("**/fitness-tests/*/read", lose)
    find(page, "吴演示006")
    page.click("#tests [data-result]")
    expect(page.locator("#result .grade")).to_contain_text("良好")
    assert lost == [200]


def test_j18_from_an_invitation_to_sessions_with_what_is_missing_said(at: Callable[..., Any]) -> None:
    """The whole way: invite, consents, baseline, screening, clearance, FITT-VP, a session; no field takes a remark."""
    page = at("prescriber").page
    assert page.url.endswith("/wellness/cases")
    page.goto(page.url.replace("/cases", "/tests"))
    page.click("#invite")
    looks_well(page, "tests-invite")
    page.fill("dialog [name=name]", "冯演示303")
    page.select_option("dialog [name=kind]", "exercise_case")
    page.fill("dialog [name=birth_year]", "1980")
    page.locator("dialog").get_by_role("button", name="邀请", exact=True).click()
    expect(page.locator("#person-name")).to_have_text(re.compile("冯"))
    give_consent(page, "exercise_case")
    page.get_by_role("link", name="运动干预").last.click()
    expect(page.locator("#missing")).to_contain_text("缺：本人同意记录体质测试")
    expect(page.locator("#missing")).to_contain_text("缺：风险筛查")
    for key, value in PLAIN_ANSWERS.items():
        page.check(f"#screening [name={key}][value={value}]")
    looks_well(page, "cases-screening")
    page.click("#screen")
    expect(page.locator("#case")).to_contain_text("问卷没有提示需要医生评估")
    page.click("#clear")
    expect(page.locator("#case")).to_contain_text("下一步：体质测试")
    page.get_by_role("link", name="去测试").click()
    give_consent(page, "fitness_test")
    measure(page, WEAK)
    expect(page.locator("#result .grade")).to_be_visible()
    page.get_by_role("link", name="运动干预").last.click()
    expect(page.locator("#prescription output")).to_have_text("90 分钟")
    assert page.locator("#case textarea").count() == 0
    page.click("#prescribe")
    expect(page.locator("#prescription")).to_contain_text("请至少选择一种运动方式")
    page.check("#prescription [value=walking]")
    page.fill("#prescription [name=minutes]", "40")
    expect(page.locator("#prescription output")).to_have_text("120 分钟")
    looks_well(page, "cases-prescription")
    page.click("#prescribe")
    expect(page.locator("#case .facts").first).to_contain_text("每周 120 分钟")
    page.fill("#session [name=exertion]", "12")
    page.click("#save-session")
    expect(page.locator("#case")).to_contain_text("✓ 到场")
    looks_well(page, "cases-under-way")
    page.evaluate("window.print = () => {}")
    page.click("#print-plan")
    assert "立即停止运动" in page.locator(".print-sheet").text_content()
    assert pages_printed(page, "prescription") == 1


def test_j18_a_questionnaire_that_asks_for_a_doctor_withholds_clearance(at: Callable[..., Any]) -> None:
    page = at("prescriber", phone=False).page
    page.goto(page.url.replace("/cases", "/tests"))
    page.click("#invite")
    page.fill("dialog [name=name]", "陈演示304")
    page.select_option("dialog [name=kind]", "exercise_case")
    page.fill("dialog [name=birth_year]", "1980")
    page.locator("dialog").get_by_role("button", name="邀请", exact=True).click()
    expect(page.locator("#person-name")).to_have_text(re.compile("陈"))
    give_consent(page, "exercise_case")
    page.get_by_role("link", name="运动干预").last.click()
    for key, value in (PLAIN_ANSWERS | {"chest_discomfort": "true"}).items():
        page.check(f"#screening [name={key}][value={value}]")
    page.click("#screen")
    expect(page.locator("#case")).to_contain_text("问卷提示：须先由医生评估")
    expect(page.locator("#clear")).to_have_count(0)
    page.click("#refer")
    expect(page.locator("#case")).to_contain_text("待医生评估")
    page.fill("#note [name=reference]", "MZ-2026-001")
    page.fill("#note [name=institution]", "91410800MA0000001A")
    page.fill("#note [name=dated_on]", "2020-01-01")
    page.get_by_role("button", name="凭医生意见确认可运动").click()
    expect(page.locator("#case")).to_contain_text("180天内的日期")
    looks_well(page, "cases-referred")
    page.fill("#note [name=dated_on]", date.today().isoformat())  # noqa: DTZ011
    page.get_by_role("button", name="凭医生意见确认可运动").click()
    expect(page.locator("#missing")).to_contain_text("✓确认可运动")


@pytest.mark.parametrize(("is_phone", "whom"), [(True, "卫*"), (False, "蒋*")])
def test_j18_who_corrects_and_presses_twice_stays_at_the_case_with_one_prescription(
    at: Callable[..., Any], is_phone: bool, whom: str
) -> None:
    page = at("prescriber", phone=is_phone).page
    page.locator("#cases li", has_text=whom).locator("[data-case]").click()
    page.fill("#prescription [name=weeks]", "99")
    page.fill("#prescription [name=exertion_low]", "3")
    page.click("#prescribe")
    expect(page.locator("#prescription .field__fault")).to_have_count(3)
    looks_well(page, "cases-refused")
    where = page.url
    page.check("#prescription [value=walking]")
    page.fill("#prescription [name=exertion_low]", "11")
    page.fill("#prescription [name=weeks]", "12")
    held: list[Any] = []
    page.route("**/prescriptions", lambda route: held.append(route))
    button = page.locator("#prescribe")
    button.scroll_into_view_if_needed()
    spot = button.bounding_box()
    x, y = spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2
    page.mouse.click(x, y)
    expect(button).to_be_disabled()
    assert button.bounding_box() == spot  # nothing moves while the answer is awaited
    held[0].continue_()
    for _ in range(6):  # a hand that trembles
        page.mouse.click(x, y)
        page.wait_for_timeout(60)
    expect(page.locator("#case-said")).to_contain_text("处方已开具")
    expect(page.locator("#case")).to_contain_text("第 1 版")
    assert page.url == where
    expect(page.locator("dialog")).to_have_count(0)
    looks_well(page, "cases-prescribed")


def test_a_list_asked_for_later_is_not_replaced_by_an_earlier_answer(at: Callable[..., Any]) -> None:
    page = at("prescriber", phone=False).page
    held: list[Any] = []
    page.route("**/api/v1/wellness/cases?*state=closed*", lambda route: held.append(route))
    page.select_option("#state", "closed")
    page.wait_for_function("document.querySelector('#cases .loading')")
    page.select_option("#state", "due")
    expect(page.locator("#cases [data-case]")).to_have_count(1)
    assert len(held) == 1
    with page.expect_response("**/wellness/cases?*state=closed*"):
        held[0].continue_()
    page.wait_for_timeout(200)
    expect(page.locator("#cases [data-case]")).to_have_count(1)
    expect(page.locator("#cases")).to_contain_text("郑*")


def test_j18_a_retest_that_is_due_is_taken_and_compared(at: Callable[..., Any]) -> None:
    page = at("prescriber", phone=False).page
    page.select_option("#state", "due")
    expect(page.locator("#cases [data-case]")).to_have_count(1)
    expect(page.locator("#cases")).to_contain_text("郑*")
    looks_well(page, "cases-due")
    page.locator("#cases [data-case]").first.click()
    expect(page.locator("#case")).to_contain_text("可以复测")
    page.click("#retest")
    measure(page, GOOD)
    expect(page.locator("#result .grade")).to_contain_text("良好")
    page.get_by_role("link", name="运动干预").last.click()
    expect(page.locator("#comparison")).to_contain_text("不合格 → 良好")
    expect(page.locator("#comparison")).to_contain_text("+18.0 kg")
    looks_well(page, "cases-compared")
    page.click("#close")
    expect(page.locator("#case-said")).to_contain_text("已结案")


def test_the_quarter_that_was_chosen_last_is_shown(at: Callable[..., Any]) -> None:
    """A second quarter is put beside the one that was published; its answer comes after that to the choice made since."""
    page, held = at("bureau", phone=False).page, []
    other = "2020Q1"

    def two(route: Any) -> None:
        answer = route.fetch().json()
        published = answer["results"][0]
        route.fulfill(json=answer | {"results": [published, published | {"id": 999_999, "period": other}]})

    page.route(re.compile(r"/wellness/totals/quarters"), two)
    page.route(re.compile(rf"/wellness/totals\?.*period={other}"), lambda route: held.append(route))
    with page.expect_request(re.compile(rf"period={other}")):
        page.goto(page.url.replace("/bureau", "/wellness/totals"))
    page.select_option("#quarter", index=1)
    expect(page.locator("#totals table")).to_be_visible()
    shown = text_of(page, "#totals")
    period = re.search(r"20\d\dQ\d", shown)
    assert period
    late = held[0].fetch(url=held[0].request.url.replace(other, period[0])).json()
    with page.expect_response(re.compile(rf"period={other}")):
        held[0].fulfill(json=late | {"period": other})
    page.wait_for_timeout(200)
    assert text_of(page, "#totals") == shown


def test_j17_the_bureau_sees_totals_with_small_figures_hidden_and_takes_them_away(
    at: Callable[..., Any],
) -> None:
    page = at("bureau", phone=False).page
    page.goto(page.url.replace("/bureau", "/wellness/totals"))
    expect(page.locator("#hidden-why")).to_contain_text("少于 10 人")
    expect(page.locator("#totals table")).to_contain_text("演示区")
    page.select_option("#level", "village")
    expect(page.locator("#totals td.is-hidden").first).to_have_text("不公布")
    looks_well(page, "totals-village")
    with page.expect_download() as download:
        page.click("#export")
    assert download.value.path().stat().st_size > 4000
    page.click("#load")
    page.set_input_files(
        "dialog [name=file]", {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
    )
    page.locator("dialog").get_by_role("button", name="载入", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("请选择扩展名为 .json 或 .toml 的文件")
    page.set_input_files(
        "dialog [name=file]", {"name": "x.json", "mimeType": "application/json", "buffer": b"{}"}
    )
    page.locator("dialog").get_by_role("button", name="载入", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("文件有误（indicators）")


def test_totals_fit_a_phone(at: Callable[..., Any]) -> None:
    page = at("bureau").page
    page.goto(page.url.replace("/bureau", "/wellness/totals"))
    expect(page.locator("#totals table")).to_be_visible()
    looks_well(page, "totals")


def test_j17_grid_staff_see_only_invited_or_done_on_their_page(at: Callable[..., Any]) -> None:
    """Neither on the page nor among all that it asked the server for."""
    answers: list[str] = []
    one = at("leader")
    page = one.page
    page.goto("about:blank")  # what the first screen asks for is not of this page
    page.on("response", lambda answer: answers.append(answer.url) if "/api/" in answer.url else None)
    page.goto(f"{one.city.address}/wellness/invitations")
    expect(page.locator("#list")).to_contain_text("✓ 已完成")
    expect(page.locator("#list")).to_contain_text("已邀请")
    shown = text_of(page, "body")
    assert not [value for value in VALUES_OF_A_BODY if value in shown]
    assert {url.split("/api/v1/")[1].split("?")[0] for url in answers} == {
        "wellness/communities", "wellness/invitations",
    }  # fmt: skip
    looks_well(page, "invitations")
    for path in ("/wellness/tests", "/wellness/cases", "/wellness/totals"):
        assert page.goto(one.city.address + path).status == 403


def test_a_leader_invites_and_it_stays_invited(at: Callable[..., Any]) -> None:
    one = at("leader")
    page = one.page
    page.goto(f"{one.city.address}/wellness/invitations")
    page.click("#invite")
    page.fill("dialog [name=name]", "褚演示305")
    page.fill("dialog [name=birth_year]", "1950")
    page.locator("dialog").get_by_role("button", name="邀请", exact=True).click()
    expect(page.locator("#list li").first).to_contain_text("褚演示305")
    expect(page.locator("#list li").first).to_contain_text("已邀请")


def test_j17_a_person_reads_the_own_record_once_with_a_code(at: Callable[..., Any]) -> None:
    page = at("tester").page
    find(page, "吴演示005")
    page.click("#code")
    code = page.locator("dialog .access-code").inner_text()
    looks_well(page, "tests-code")
    visitor = at(None)
    own = visitor.open("/wellness/own")
    own.fill("[name=code]", code)
    own.click("#record")
    expect(own.locator("#shown")).to_contain_text("吴演示005")
    expect(own.locator("#shown")).to_contain_text("示例 · 虚构")
    looks_well(own, "own")
    assert code.replace(" ", "") not in own.url
    own.fill("[name=code]", code)
    own.click("#record")
    expect(own.locator("#said")).to_contain_text("查询码无效、已使用或已过期")


# --- what is being entered while something else is recorded -------------------------------------------------------


@pytest.mark.parametrize("is_phone", [True, False])
def test_values_that_are_being_entered_outlive_a_consent_a_correction_and_another_day(
    at: Callable[..., Any], is_phone: bool
) -> None:
    page = at("tester", phone=is_phone).page
    find(page, "吴演示015" if is_phone else "吴演示016")
    page.fill("#measuring [name=grip]", GOOD["grip"])
    give_consent(page, "exercise_case")
    grip = page.locator("#measuring [name=grip]")
    expect(grip).to_have_value(GOOD["grip"])
    expect(page.locator("#missing")).to_contain_text("还差 2 项")
    looks_well(page, "tests-entered")
    page.get_by_role("button", name="更正资料…").click()
    page.select_option("dialog [name=birth_month]", "6")
    page.locator("dialog").get_by_role("button", name="更正", exact=True).click()
    expect(page.locator("#person-said")).to_contain_text("资料已更正")
    expect(grip).to_have_value(GOOD["grip"])
    day = page.locator("#measuring [name=tested_on]")
    on = day.input_value()
    day.fill("0002-01-01")  # as a year is, while it is typed
    expect(grip).to_have_count(0)
    day.fill(on)
    expect(grip).to_have_value(GOOD["grip"])
    measure(page, {name: GOOD[name] for name in ("sit_and_reach", "one_leg_stand")})
    expect(page.locator("#result .grade")).to_contain_text("良好")
    expect(grip).to_have_value("")  # what was saved is not offered to be saved again
    page.click("[data-withdraw=fitness_test]")
    page.locator("dialog").get_by_role("button", name="撤回同意").click()
    expect(page.locator("#measuring")).to_have_count(0)
    give_consent(page, "fitness_test")
    expect(grip).to_have_value("")


def test_a_day_that_was_chosen_outlives_a_consent_before_any_value_is_typed(at: Callable[..., Any]) -> None:
    page = at("tester", phone=False).page
    find(page, "吴演示019")
    day = page.locator("#measuring [name=tested_on]")
    before = (date.fromisoformat(day.input_value()) - timedelta(days=1)).isoformat()
    day.fill(before)
    give_consent(page, "exercise_case")
    expect(day).to_have_value(before)


def test_values_entered_for_one_are_not_offered_for_the_next_person(at: Callable[..., Any]) -> None:
    page = at("tester", phone=False).page
    find(page, "吴演示017")
    page.fill("#measuring [name=grip]", GOOD["grip"])
    find(page, "吴演示018")
    expect(page.locator("#measuring [name=grip]")).to_have_value("")


def _under_way_anew(station: Any, name: str) -> None:
    from gis.layers.models import Community
    from grids.wellness.models import ScreeningForm, TestStandard
    from tenants.accounts.models import User

    with schema_context(station.schema):
        tester, prescriber = (User.objects.get(username=name) for name in ("tester", "prescriber"))
        citizen = _invited(
            Community.objects.filter(valid_to=None).order_by("id")[0], name, tester, "exercise_case"
        )
        _under_way(
            citizen,
            TestStandard.objects.earliest("id"),
            ScreeningForm.objects.earliest("id"),
            tester,
            prescriber,
        )
    connection.set_schema_to_public()


@pytest.mark.parametrize(("is_phone", "name"), [(True, "褚演示311"), (False, "沈演示312")])
def test_a_prescription_that_is_being_written_outlives_the_session_recorded_beside_it(
    at: Callable[..., Any], station: Any, is_phone: bool, name: str
) -> None:
    _under_way_anew(station, name)
    page = at("prescriber", phone=is_phone).page
    page.locator("#cases li", has_text=name[0]).locator("[data-case]").click()
    page.click("#case details summary")
    page.fill("#prescription [name=weeks]", "9")
    page.check("#prescription [value=swimming]")
    page.fill("#session [name=exertion]", "13")
    page.click("#save-session")
    expect(page.locator("#case-said")).to_contain_text("运动已记录")
    expect(page.locator("#prescription [name=weeks]")).to_be_visible()
    expect(page.locator("#prescription [name=weeks]")).to_have_value("9")
    expect(page.locator("#prescription [value=swimming]")).to_be_checked()
    looks_well(page, "cases-being-written")
    page.click("#prescribe")
    expect(page.locator("#case-said")).to_contain_text("处方已开具")
    expect(page.locator("#case .facts").first).to_contain_text("9 周")
    expect(page.locator("#case details").first).not_to_have_attribute("open", "")


def test_a_session_saved_late_does_not_take_the_page_from_the_next_case(
    at: Callable[..., Any], station: Any
) -> None:
    _under_way_anew(station, "韩演示313")
    page = at("prescriber", phone=False).page
    page.locator("#cases li", has_text="韩").locator("[data-case]").click()
    held: list[Any] = []
    page.route("**/sessions", lambda route: held.append(route))
    with page.expect_request("**/sessions"):
        page.click("#save-session")
    page.locator("#cases li", has_text="郑").first.locator("[data-case]").click()
    expect(page.locator("#case-name")).to_contain_text("郑")
    where = page.url
    with page.expect_response("**/sessions"):
        held[0].continue_()
    expect(page.locator("#said")).to_contain_text("运动已记录")
    page.wait_for_timeout(300)
    assert page.url == where
    expect(page.locator("#case-name")).to_contain_text("郑")


def test_a_case_that_is_answered_late_does_not_take_the_prescription_being_written(
    at: Callable[..., Any], station: Any
) -> None:
    """The first of two cases is answered when the next one's prescription is being written: it stays as it is."""
    for name in ("邹演示314", "窦演示315"):
        _under_way_anew(station, name)
    page = at("prescriber", phone=False).page
    page.locator("#cases li", has_text="窦").wait_for()
    held: list[Any] = []
    first = page.locator("#cases li", has_text="邹").locator("[data-case]")
    case = re.compile(rf"/wellness/cases/{first.get_attribute('data-case')}$")
    page.route(case, lambda route: held.append(route))
    with page.expect_request(case):
        first.click()
    page.locator("#cases li", has_text="窦").locator("[data-case]").click()
    page.click("#case details summary")
    page.fill("#prescription [name=weeks]", "9")
    with page.expect_response(case):
        held[0].continue_()
    page.wait_for_timeout(1000)
    page.click("#save-session")
    expect(page.locator("#case-said")).to_contain_text("运动已记录")
    expect(page.locator("#case-name")).to_contain_text("窦")
    expect(page.locator("#prescription [name=weeks]")).to_have_value("9")
