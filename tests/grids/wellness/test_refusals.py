"""What rows J17 and J18 refuse, as a tester reads it over HTTP: status, code, row, and the Chinese words with the facts."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django_tenants.utils import schema_context

from tests.grids.wellness.conftest import today

pytestmark = pytest.mark.django_db


def _said(answer: Any) -> tuple[int, str, str, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["rule"]["id"], body["message"]["zh"]


@pytest.fixture
def refused(client: Any) -> Any:
    """`refused("tester", path, body)`: what was said no with."""

    def ask(who: str, path: str, body: Any = None) -> tuple[int, str, str, str]:
        return _said(client(who).post(f"wellness/{path}", body))

    return ask


def test_j17_who_is_invited(way: Any, invite: Any, client: Any) -> None:
    assert _said(invite()) == (409, "INVITED_ALREADY", "J17", "已邀请过此人，尚未完成")
    assert _said(invite(name="高血压，慎")) == (422, "PERSON_NAME", "J17", "姓名须为 1–30 字，不含标点")
    ahead = today() + timedelta(days=40)
    born = invite(birth_year=ahead.year, birth_month=ahead.month)
    assert _said(born) == (422, "BIRTH_MONTH", "J17", "出生年月不合理")
    invite(name="钱演示002", phone="13900000002")
    tester = client("tester")
    other = tester.get("wellness/citizens?name=钱演示002").json()["results"][0]["id"]
    shown = tester.get(f"wellness/citizens/{other}")
    changes = {"name": "赵演示001", "phone": "13900000001"}
    known = tester.patch(f"wellness/citizens/{other}", changes, if_match=shown["ETag"])
    assert _said(known) == (409, "PERSON_KNOWN", "J17", "本社区已有同名同号的人员")


def test_j17_what_is_entered(alpha: Any, way: Any, refused: Any) -> None:
    tests = f"citizens/{way.citizen}/tests"
    need = (403, "CONSENT_REQUIRED", "J17", "体质数据属敏感个人信息，需单独同意")
    assert refused("tester", tests, way.entry()) == need
    way.consent("fitness_test")
    day = today().isoformat()
    twice = way.entry()
    twice["values"] = [*twice["values"], {"indicator": "grip", "value": "41"}]
    assert refused("tester", tests, twice) == (422, "INDICATOR_TWICE", "J17", "指标重复：grip")
    strange = refused("tester", tests, way.entry(speed="1"))
    assert strange == (422, "INDICATOR_UNKNOWN", "J17", "“示例体质测定标准（虚构数据）”没有指标“speed”")
    assert refused("tester", tests, way.entry(grip="4.55")) == (
        422,
        "VALUE_PLACES",
        "J17",
        "“握力”最多保留1位小数",
    )
    late = refused("tester", tests, way.entry(today() + timedelta(days=1)))
    assert late == (422, "TEST_DAY", "J17", f"测试日期须在2020-01-01至{day}之间")
    test = way.test()["id"]
    assert refused("tester", tests, way.entry()) == (409, "TEST_TWICE", "J17", f"{day}已有此标准的测试记录")
    why = refused("tester", f"fitness-tests/{test}/read", {"purpose": "curiosity"})
    assert why == (422, "PURPOSE_REQUIRED", "J17", "查看体质数据须选择用途")
    own = refused("tester", f"citizens/{way.citizen}/share", {"institution": "91410800MA0000001A"})
    assert own == need
    with schema_context(alpha.schema_name):
        from grids.wellness.models import Citizen

        Citizen.objects.update(birth_year=today().year - 90)
    old = refused("tester", tests, way.entry(today() - timedelta(days=1)))
    assert old[:3] == (422, "AGE_NOT_COVERED", "J17")
    assert "不适用于" in old[3] and "（适用：20–59、60–79岁）" in old[3]


def test_j17_codes_standards_and_totals(way: Any, refused: Any, client: Any, example: Any) -> None:
    code = _said(client("stranger").post("wellness/me/link", {"code": "AAAAAAAAAA"}))
    assert code == (422, "ACCESS_CODE", "J17", "查询码无效、已使用或已过期")
    text = (Path(__file__).parents[3] / "grids/wellness/rules/example_standard.toml").read_text("utf-8")
    again = refused("bureau", "standards", {"form": "toml", "text": text})
    assert again == (409, "STANDARD_EXISTS", "J17", "example_adult 的版本 2026-1 或其生效日已有")
    document = tomllib.loads(text)
    document["groups"][0]["weigths"] = {"grip": 2}
    hole = refused("bureau", "standards", {"form": "json", "text": json.dumps(document, default=str)})
    assert hole == (422, "STANDARD_INVALID", "J17", "文件有误（groups[0]）：不认识的字段“weigths”")
    running = f"{today().year}Q{(today().month + 2) // 3}"
    early = refused("bureau", "totals", {"standard_id": way.standard, "period": running})
    assert early[:3] == (422, "PERIOD_NOT_OVER", "J17") and early[3].startswith(f"{running}尚未结束")
    written = refused("bureau", "totals", {"standard_id": way.standard, "period": "2026-3"})
    assert written == (400, "QUARTER_FORMAT", "J17", "季度须写作 2026Q3")


def test_j18_a_version_of_a_questionnaire_is_loaded_once(
    alpha: Any, way: Any, refused: Any, client: Any, example: Any
) -> None:
    from grids.wellness.models import ScreeningForm

    text = (Path(__file__).parents[3] / "grids/wellness/rules/example_screening.toml").read_text("utf-8")
    with schema_context(alpha.schema_name):
        kept = list(ScreeningForm.objects.values_list("document_version", "sha256"))
    # Other words under the same version: what people answered must stay readable as it was asked.
    for sent in (text, text.replace("\n", "\n\n", 1)):
        again = refused("bureau", "screening-forms", {"form": "toml", "text": sent})
        code, version = example[1].code, example[1].document_version
        assert again == (409, "SCREENING_FORM_EXISTS", "J18", f"{code} 的版本 {version} 已有")
    with schema_context(alpha.schema_name):
        assert list(ScreeningForm.objects.values_list("document_version", "sha256")) == kept
    newer = {"form": "toml", "text": text.replace(f'"{example[1].document_version}"', '"2099-1"')}
    assert client("bureau").post("wellness/screening-forms", newer).status_code == 201


def test_j18_steps_before_exercise(way: Any, refused: Any) -> None:
    case = f"cases/{way.case}"
    way.consent("fitness_test", "exercise_case")
    short = refused("tester", f"{case}/screening", {"form_id": way.form, "answers": {"lost_balance": False}})
    assert short == (422, "ANSWERS_INCOMPLETE", "J18", "问卷须逐题回答：还差3题，多出0题")
    uncleared = (422, "CLEARANCE_REQUIRED", "J18", "请先完成风险筛查/医生评估")
    assert refused("prescriber", f"{case}/prescriptions", way.order()) == uncleared
    way.screen()
    assert refused("prescriber", f"{case}/prescriptions", way.order()) == uncleared
    note = {"reference": "MZ-2026-001", "institution": "91410800MA0000001A", "dated_on": "2020-01-01"}
    stale = refused("prescriber", f"{case}/clear", {"basis": "doctors_note", "note": note})
    assert stale == (
        422,
        "DOCTORS_NOTE",
        "J18",
        "医生评估意见须有文书编号、机构统一社会信用代码和180天内的日期",
    )
    way.clear()
    based = refused("prescriber", f"{case}/prescriptions", way.order())
    assert based == (422, "BASELINE_REQUIRED", "J18", "请先完成一次体质测试，作为干预前的基线")
    way.test()
    types = refused("prescriber", f"{case}/prescriptions", way.order(types=[]))
    assert types == (422, "PRESCRIPTION_TYPES", "J18", "请至少选择一种运动方式，且不重复")
    volume = refused("prescriber", f"{case}/prescriptions", way.order(minutes=40))
    assert volume == (422, "PRESCRIPTION_VOLUME", "J18", "每周总量须等于次数×时间：3×40=120 分钟")
    often = refused(
        "prescriber", f"{case}/prescriptions", way.order(frequency_per_week=8, volume_minutes_per_week=240)
    )
    assert often == (422, "PRESCRIPTION_RANGE", "J18", "每周次数须为 1–7")
    past = way.order(starts_on=(today() - timedelta(days=1)).isoformat())
    day = today().isoformat()
    assert refused("prescriber", f"{case}/prescriptions", past) == (
        422, "PRESCRIPTION_START", "J18", f"处方不能早于今天（{day}）生效",
    )  # fmt: skip


def test_j18_sessions_and_the_retest(way: Any, refused: Any, client: Any) -> None:
    case, day = f"cases/{way.case}", today().isoformat()
    way.to_prescribed()
    seen = refused("prescriber", f"{case}/prescriptions", way.order())
    assert seen == (409, "PRESCRIPTION_CHANGED", "J18", "运动处方已由他人更新为第1版")
    before = (today() - timedelta(days=1)).isoformat()
    out = refused("tester", f"{case}/sessions", {"held_on": before, "attended": False})
    assert out == (422, "SESSION_DAY", "J18", f"运动日期须在处方有效期内且不晚于今天（{day}至{day}）")
    none = refused("tester", f"{case}/sessions", {"held_on": day, "attended": True})
    assert none == (422, "SESSION_EXERTION", "J18", "到场须填自感用力 6–20；未到场则不填")
    way.train()
    again = {"held_on": day, "attended": True, "exertion": 12}
    assert refused("tester", f"{case}/sessions", again) == (
        409,
        "SESSION_TWICE",
        "J18",
        f"{day}的运动已有记录",
    )
    weeks = [(today() + timedelta(weeks=number)).isoformat() for number in (6, 12)]
    early = refused("tester", f"{case}/re-test", way.entry())
    assert early == (422, "RETEST_WINDOW", "J18", f"复测须在{weeks[0]}至{weeks[1]}之间")
    used = client("tester").get(f"wellness/citizens/{way.citizen}/tests").json()["results"][0]["id"]
    struck = refused("tester", f"fitness-tests/{used}/void")
    assert struck == (409, "TEST_IN_USE", "J17", "该测试已作废，或已用作运动干预的基线或复测")
    skipped = refused("prescriber", f"{case}/close")
    assert skipped == (409, "INVALID_TRANSITION", "J18", "当前状态“干预中”不能执行“结案”")
