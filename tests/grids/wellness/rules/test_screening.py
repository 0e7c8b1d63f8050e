"""J18: what a questionnaire decides, and on what a person is cleared."""

from __future__ import annotations

import json
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from grids.wellness.rules import standard as module
from grids.wellness.rules.case_states import CaseState
from grids.wellness.rules.screening import (
    ClearanceBasis,
    DoctorsNote,
    check_clearance,
    needs_doctor,
    questionnaire_of,
    whole_questionnaire,
)
from wangge.errors import RuleBroken

TEXT = (Path(module.__file__).parent / "example_screening.toml").read_text("utf-8")
FORM = questionnaire_of("toml", TEXT)
PLAIN = {"told_by_doctor": False, "chest_discomfort": False, "lost_balance": False, "feels_ready": True}
TODAY = date(2026, 11, 1)
NOTE = DoctorsNote("MZ-2026-001", TODAY, "91410800MA0000001A")


def test_the_example_says_that_it_is_one() -> None:
    assert FORM.is_example
    assert "示例" in FORM.name


@given(some.fixed_dictionaries({key: some.booleans() for key in PLAIN}))
def test_one_answer_that_asks_for_a_doctor_is_enough(answers: dict[str, bool]) -> None:
    assert needs_doctor(FORM, answers) == (answers != PLAIN)


def test_j18_answers_incomplete() -> None:
    with pytest.raises(RuleBroken, match="ANSWERS_INCOMPLETE") as refused:
        needs_doctor(FORM, {"told_by_doctor": False, "diabetes": True})
    assert refused.value.zh == "问卷须逐题回答：还差3题，多出1题"
    assert refused.value.facts["unknown"] == ["diabetes"]


def cleared(state: CaseState, asks: bool, basis: ClearanceBasis, note: DoctorsNote | None = None) -> None:
    check_clearance(state, asks_for_doctor=asks, basis=basis, note=note, today=TODAY)


def test_a_questionnaire_without_a_doctor_clears() -> None:
    cleared(CaseState.SCREENED, False, ClearanceBasis.QUESTIONNAIRE)


@pytest.mark.parametrize(("state", "asks"), [("screened", True), ("referred", True), ("referred", False)])
def test_j18_clearance_required_of_a_doctor(state: str, asks: bool) -> None:
    with pytest.raises(RuleBroken, match="CLEARANCE_REQUIRED") as refused:
        cleared(CaseState(state), asks, ClearanceBasis.QUESTIONNAIRE)
    assert refused.value.zh == "请先完成风险筛查/医生评估"


@pytest.mark.parametrize("state", ["screened", "referred"])
@pytest.mark.parametrize("days", [0, 180])
def test_a_doctors_note_clears(state: str, days: int) -> None:
    note = DoctorsNote(NOTE.reference, TODAY - timedelta(days=days), NOTE.institution)
    cleared(CaseState(state), True, ClearanceBasis.DOCTORS_NOTE, note)


@pytest.mark.parametrize(
    "note",
    [
        None,
        DoctorsNote("糖尿病", TODAY, NOTE.institution),
        DoctorsNote(NOTE.reference, TODAY, "人民医院"),
        DoctorsNote(NOTE.reference, TODAY + timedelta(days=1), NOTE.institution),
        DoctorsNote(NOTE.reference, TODAY - timedelta(days=181), NOTE.institution),
    ],
)
def test_j18_doctors_note(note: DoctorsNote | None) -> None:
    with pytest.raises(RuleBroken, match="DOCTORS_NOTE") as refused:
        cleared(CaseState.REFERRED, True, ClearanceBasis.DOCTORS_NOTE, note)
    assert "180天内" in refused.value.zh


def spoilt(**changes: Any) -> str:
    return json.dumps({**tomllib.loads(TEXT), **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "问卷"},
        {"questions": []},
        {"questions": [{"key": "a", "zh": "?", "en": "?"}]},
        {"questions": [{"key": "a", "zh": "?", "en": "?", "refer_if": True}] * 2},
        {"code": "Has Spaces"},
        {"source": ""},
    ],
)
def test_j18_screening_form_invalid(changes: dict[str, Any]) -> None:
    with pytest.raises(RuleBroken, match="SCREENING_FORM_INVALID"):
        questionnaire_of("json", spoilt(**changes))


HOLES = {
    "a key twice": (
        spoilt().replace('"refer_if": true', '"refer_if": true, "refer_if": false', 1),
        "document",
    ),
    "a misspelt field": (
        spoilt(questions=[{"key": "a", "zh": "?", "en": "?", "refer_if": True, "referif": False}]),
        "questions[0]",
    ),
    "a field nobody knows": (spoilt(remarks="x"), "document"),
}


@pytest.mark.parametrize("hole", HOLES)
def test_j18_a_new_questionnaire_with_a_hole_is_refused_with_its_place(hole: str) -> None:
    text, where = HOLES[hole]
    questionnaire_of("json", text)  # what stands in the register is read as before
    with pytest.raises(RuleBroken, match="SCREENING_FORM_INVALID") as refused:
        whole_questionnaire("json", text)
    assert refused.value.facts["where"] == where
    assert refused.value.zh.startswith(f"文件有误（{where}）：")


def test_the_example_is_whole() -> None:
    assert whole_questionnaire("toml", TEXT) == FORM
