"""Fitness tests and exercise cases of the demo: invented people on the way, by the invented example standard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from grids.wellness.models import ExerciseCase, Invitation, ScreeningForm, TestStandard
from grids.wellness.queries.cases import open_case
from grids.wellness.queries.people import communities_to_invite_in
from grids.wellness.rules.case_states import CaseState
from grids.wellness.rules.consent import ConsentPurpose
from grids.wellness.rules.prescription import ExerciseType, Prescription
from grids.wellness.rules.programme import Session
from grids.wellness.rules.quarter import quarter_before
from grids.wellness.rules.screening import ClearanceBasis
from grids.wellness.rules.standard import Sex
from grids.wellness.services.cases import clear_case, refer_case, screen_case
from grids.wellness.services.consenting import record_consent
from grids.wellness.services.inviting import Person, invite_citizen
from grids.wellness.services.programme import (
    PrescriptionOrder,
    prescribe_exercise,
    record_session,
    retest_case,
)
from grids.wellness.services.standards import load_examples
from grids.wellness.services.testing import Measured, TestEntry, record_test
from grids.wellness.services.totals import publish_totals
from tenants.accounts.models import User
from tenants.bureau.rules.local_time import local_date
from wangge.shell.demo.clock import days_ago
from wangge.shell.demo.people import ADMIN
from wangge.shell.demo.steps import Steps
from wangge.shell.demo.week import SURNAMES, Neighbourhood

WORDING = "演示同意书-1"
# How far each of the invited goes: `test` and further; `refer`: the questionnaire asks for a doctor.
WAYS = ("test",) * 6 + ("invited", "invited", "screen", "refer", "programme", "programme")
TESTED_DAYS_AGO = 21
# A programme whose re-test is due, and one that was re-tested already.
DUE_DAYS_AGO, COMPARED_DAYS_AGO = 49, 63
# People of the county who were tested in the quarter before, community by community: enough to be published, and too few.
TESTED_LAST_QUARTER = (36, 14, 11, 6, 3)
PROFILES = ({"grip": 45, "sit_and_reach": 18, "one_leg_stand": 61}, {"grip": 34, "sit_and_reach": 11, "one_leg_stand": 32},
            {"grip": 31, "sit_and_reach": 3, "one_leg_stand": 6})  # fmt: skip
ANSWERS = {"told_by_doctor": False, "chest_discomfort": False, "lost_balance": False, "feels_ready": True}
PLAN = Prescription(
    frequency_per_week=3, exertion_low=11, exertion_high=13, minutes=30,
    types=(ExerciseType.WALKING, ExerciseType.TAI_CHI), volume_minutes_per_week=90, step_weeks=2, step_minutes=5, weeks=12,
)  # fmt: skip


def test_and_exercise(made: Neighbourhood, steps: Steps) -> None:
    """Neighbours are invited: some come to be tested, some follow a programme; a quarter of the county is published."""
    standard, form = load_examples(acting_user=made.people[ADMIN])
    with days_ago(TESTED_DAYS_AGO):
        for number, way in enumerate(WAYS):
            _on_the_way(made, number, way, standard, form)
    for number, days in ((len(WAYS), DUE_DAYS_AGO), (len(WAYS) + 1, COMPARED_DAYS_AGO)):
        with days_ago(days):
            _on_the_way(made, number, "begun", standard, form)
    _compare(made, len(WAYS) + 1, standard)
    tested = _test_a_quarter(made, standard)
    steps.say(
        f"体质测试与运动干预：邀请 {len(WAYS) + 2 + tested} 人，公布上一季度统计（均为虚构，标准为示例）"
    )


def _on_the_way(
    made: Neighbourhood, number: int, way: str, standard: TestStandard, form: ScreeningForm
) -> None:
    tester = made.people["tester"]
    kind = Invitation.Kind.FITNESS_TEST if way in ("test", "invited") else Invitation.Kind.EXERCISE_CASE
    person = Person(_name(number), Sex.FEMALE if number % 2 else Sex.MALE, 1966 + number, 1 + number % 12)
    invited = invite_citizen(
        community_id=made.community.pk, kind=kind, person=person, acting_user=made.leader
    )
    if way == "invited":
        return
    citizen = invited.citizen_id
    purposes = [ConsentPurpose.FITNESS_TEST]
    purposes += [ConsentPurpose.EXERCISE_CASE] if way != "test" else []
    for purpose in purposes:
        _consent(citizen, purpose, tester)
    entry = TestEntry(standard.pk, local_date(timezone.now()), _values(number))
    record_test(citizen_id=citizen, entry=entry, acting_user=tester)
    case = open_case(invited.citizen)
    if case is None:
        return
    answers = ANSWERS | {"told_by_doctor": way == "refer"}
    screen_case(case_id=case.pk, form_id=form.pk, answers=answers, acting_user=tester)
    if way == "refer":
        refer_case(case_id=case.pk, acting_user=tester)
    if way == "programme":
        _follow_programme(made, case.pk)
    if way == "begun":
        _begin_programme(made, case.pk)


def _name(number: int) -> str:
    return f"{SURNAMES[number % len(SURNAMES)]}演示{600 + number}"


def _values(number: int) -> list[Measured]:
    given = {"grip": 30 + number, "sit_and_reach": 4 + number % 9, "one_leg_stand": 12 + number * 2}
    # One person's bar was not measured: the test has no total grade.
    return [
        Measured(indicator, Decimal(value), "演示设备")
        for indicator, value in given.items()
        if not (number == 5 and indicator == "one_leg_stand")
    ]


def _prescribed(made: Neighbourhood, case: int) -> date:
    prescriber, begins = made.people["prescriber"], local_date(timezone.now())
    clear_case(case_id=case, basis=ClearanceBasis.QUESTIONNAIRE, note=None, acting_user=prescriber)
    prescribe_exercise(case_id=case, order=PrescriptionOrder(PLAN, begins), acting_user=prescriber)
    return begins


def _trained(made: Neighbourhood, case: int, on: date) -> None:
    session = Session(held_on=on, attended=True, exertion=12, stopped=False)
    record_session(case_id=case, session=session, acting_user=made.people["tester"])


def _begin_programme(made: Neighbourhood, case: int) -> None:
    """A first session on the day of the prescription: the weeks of the re-test count from there."""
    _trained(made, case, _prescribed(made, case))


def _follow_programme(made: Neighbourhood, case: int) -> None:
    begins = _prescribed(made, case)
    for back in (12, 10, 8):
        with days_ago(-(TESTED_DAYS_AGO - back)):
            _trained(made, case, begins + timedelta(days=TESTED_DAYS_AGO - back))


def _compare(made: Neighbourhood, number: int, standard: TestStandard) -> None:
    """The re-test of a programme, today; the prescriber has not closed the case yet."""
    case = ExerciseCase.objects.get(citizen__name=_name(number), state=CaseState.IN_PROGRAMME.value)
    entry = TestEntry(standard.pk, local_date(timezone.now()), _measured(PROFILES[0]))
    retest_case(case_id=case.pk, entry=entry, acting_user=made.people["tester"])


def _test_a_quarter(made: Neighbourhood, standard: TestStandard) -> int:
    """Invented people of several communities, tested before the quarter's end; then its totals are published."""
    tester, quarter = made.people["tester"], quarter_before(local_date(timezone.now()))
    back = (local_date(timezone.now()) - quarter.last_day).days + 20
    number = len(WAYS) + 2
    with days_ago(back):
        entries = [
            TestEntry(standard.pk, local_date(timezone.now()), _measured(profile)) for profile in PROFILES
        ]
        for community, people in zip(_communities(made), TESTED_LAST_QUARTER, strict=False):
            for _ in range(people):
                person = Person(_name(number), Sex.MALE, 1970 + number % 30, 1 + number % 12)
                invited = invite_citizen(
                    community_id=community,
                    kind=Invitation.Kind.FITNESS_TEST,
                    person=person,
                    acting_user=tester,
                )
                _consent(invited.citizen_id, ConsentPurpose.FITNESS_TEST, tester)
                record_test(
                    citizen_id=invited.citizen_id, entry=entries[number % len(entries)], acting_user=tester
                )
                number += 1
    publish_totals(standard_id=standard.pk, period=quarter.name, acting_user=made.people[ADMIN])
    return number - len(WAYS) - 2


def _communities(made: Neighbourhood) -> list[int]:
    """Where the tester invites: the leader's community, then others."""
    ids = list(communities_to_invite_in(made.people["tester"]).values_list("pk", flat=True))
    return sorted(ids, key=lambda one: (one != made.community.pk, one))[: len(TESTED_LAST_QUARTER)]


def _measured(values: Mapping[str, int]) -> list[Measured]:
    return [Measured(indicator, Decimal(value), "演示设备") for indicator, value in values.items()]


def _consent(citizen: int, purpose: ConsentPurpose, tester: User) -> None:
    record_consent(
        citizen_id=citizen, purpose=purpose, text_version=WORDING, given_by_guardian=False, acting_user=tester
    )
