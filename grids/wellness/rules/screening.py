"""What a screening questionnaire decides, and who may say that a person can exercise.

A form is a document: questions answered with yes or no. The answers are weighed and forgotten; what is kept is whether a
doctor must be asked. No place in an exercise case takes free text, so that no diagnosis can stand there: a doctor's note
is kept by whoever wrote it, and here stands its reference, its date and the institution's code.

Rule: J18
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from grids.wellness.rules.case_states import CaseState, clearance_required
from grids.wellness.rules.loaded_document import (
    CODE,
    VERSION,
    Spoilt,
    check_keys_once,
    check_known,
    document_of,
    document_refused,
    example_in,
    matching_in,
    rows_in,
    text_in,
    yes_or_no_in,
)
from wangge.errors import RuleBroken

MOST_QUESTIONS = 40
_FIELDS = frozenset({"code", "version", "name", "source", "is_example", "questions"})
_QUESTION_FIELDS = frozenset({"key", "zh", "en", "refer_if"})
# A note older than this says little of today; a precaution of the product, not a number of the documents.
NOTE_VALID_DAYS = 180
NOTE_REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9\-]{3,39}")
INSTITUTION = re.compile(r"[0-9A-HJ-NP-RT-UW-Y]{18}")  # unified social credit code, GB 32100-2015


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `refer_if`: the answer after which a doctor must be asked."""

    key: str
    zh: str
    en: str
    refer_if: bool


@dataclass(frozen=True, slots=True)
class ScreeningQuestionnaire:
    """One version of a questionnaire."""

    code: str
    version: str
    name: str
    source: str
    is_example: bool
    questions: tuple[Question, ...]


class ClearanceBasis(StrEnum):
    """On what a person was cleared."""

    QUESTIONNAIRE = "questionnaire"  # no answer asked for a doctor, and a qualified person agrees
    DOCTORS_NOTE = "doctors_note"


@dataclass(frozen=True, slots=True)
class DoctorsNote:
    """Where a doctor's note is found: its number, its day, and who keeps it."""

    reference: str
    dated_on: date
    institution: str


@lru_cache(maxsize=32)
def questionnaire_of(form: str, text: str) -> ScreeningQuestionnaire:
    """The questionnaire a document holds; 422 SCREENING_FORM_INVALID. Rule: J18"""
    try:
        return _questionnaire(document_of(form, text))
    except Spoilt as spoilt:
        raise document_refused("SCREENING_FORM", "J18", spoilt) from spoilt


def whole_questionnaire(form: str, text: str) -> ScreeningQuestionnaire:
    """The questionnaire a new document holds, of which no key stands twice and every field is known.

    A second `refer_if` of a question would decide in silence who is sent to a doctor. 422 SCREENING_FORM_INVALID; what
    stands in the register already is read as it was.

    Rule: J18
    """
    questionnaire = questionnaire_of(form, text)
    try:
        check_keys_once(form, text)
        document = document_of(form, text)
        check_known(document, _FIELDS, "document")
        for number, row in enumerate(document["questions"]):
            check_known(row, _QUESTION_FIELDS, f"questions[{number}]")
    except Spoilt as spoilt:
        raise document_refused("SCREENING_FORM", "J18", spoilt) from spoilt
    return questionnaire


def _questionnaire(document: Mapping[str, Any]) -> ScreeningQuestionnaire:
    questions = tuple(_question(*placed) for placed in rows_in(document, "questions", MOST_QUESTIONS))
    if len({question.key for question in questions}) < len(questions):
        raise Spoilt("questions", "题号重复", "a key stands twice")
    return ScreeningQuestionnaire(
        code=matching_in(document, "code", CODE),
        version=matching_in(document, "version", VERSION),
        name=text_in(document, "name", 80),
        source=text_in(document, "source", 300),
        is_example=example_in(document),
        questions=questions,
    )


def _question(row: Mapping[str, Any], where: str) -> Question:
    return Question(
        key=matching_in(row, "key", CODE, where),
        zh=text_in(row, "zh", 300, where),
        en=text_in(row, "en", 500, where),
        refer_if=yes_or_no_in(row, "refer_if", where),
    )


def needs_doctor(form: ScreeningQuestionnaire, answers: Mapping[str, bool]) -> bool:
    """Whether any answer asks for a doctor; 422 ANSWERS_INCOMPLETE unless exactly the form's questions are answered.

    Rule: J18
    """
    keys = {question.key for question in form.questions}
    missing, strange = sorted(keys - set(answers)), sorted(set(answers) - keys)
    if missing or strange:
        raise RuleBroken(
            "ANSWERS_INCOMPLETE",
            zh=f"问卷须逐题回答：还差{len(missing)}题，多出{len(strange)}题",
            en=f"every question is answered: {len(missing)} are missing, {len(strange)} are unknown",
            rule="J18",
            facts={"missing": missing, "unknown": [key[:40] for key in strange]},
            how_to_fix_zh="请回答问卷的全部问题",
            how_to_fix_en="answer all questions of the form",
            field="answers",
        )
    return any(answers[question.key] == question.refer_if for question in form.questions)


def check_clearance(
    state: CaseState, *, asks_for_doctor: bool, basis: ClearanceBasis, note: DoctorsNote | None, today: date
) -> None:
    """Refuse to clear on a questionnaire that asks for a doctor, 422 CLEARANCE_REQUIRED, or on a note that is no note.

    422 DOCTORS_NOTE without reference, day or institution, dated after today or too long ago.

    Rule: J18
    """
    if basis is ClearanceBasis.QUESTIONNAIRE:
        if asks_for_doctor or state is not CaseState.SCREENED:
            raise clearance_required(CaseState.REFERRED)
        return
    oldest = today - timedelta(days=NOTE_VALID_DAYS)
    if note is not None and _is_whole(note) and oldest <= note.dated_on <= today:
        return
    raise RuleBroken(
        "DOCTORS_NOTE",
        zh=f"医生评估意见须有文书编号、机构统一社会信用代码和{NOTE_VALID_DAYS}天内的日期",
        en=f"a doctor's note has a reference, the institution's code and a day of the last {NOTE_VALID_DAYS}",
        rule="J18",
        facts={"oldest": oldest.isoformat(), "latest": today.isoformat()},
        how_to_fix_zh="请填写编号、机构代码和日期；不要填写病情或诊断",
        how_to_fix_en="give reference, institution and day; write nothing of the illness",
        field="note",
    )


def _is_whole(note: DoctorsNote) -> bool:
    return bool(NOTE_REFERENCE.fullmatch(note.reference) and INSTITUTION.fullmatch(note.institution))
