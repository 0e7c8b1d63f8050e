"""Prescriptions, sessions and the re-test of exercise cases. Rule: J18"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from grids.wellness.models import (
    ExerciseCase,
    ExercisePrescription,
    ExerciseSession,
    FitnessTest,
    Invitation,
)
from grids.wellness.queries.cases import prescription_for, present_prescription
from grids.wellness.queries.consents import consents_of
from grids.wellness.queries.fitness_tests import tests_in_sight
from grids.wellness.queries.people import PRESCRIBE, TEST
from grids.wellness.queries.policy import wellness_policy
from grids.wellness.queries.standards import standard_found
from grids.wellness.rules.case_states import CaseAction, CaseState, next_state
from grids.wellness.rules.consent import ConsentPurpose, check_consents
from grids.wellness.rules.measuring import check_test_day
from grids.wellness.rules.prescription import (
    Prescription,
    check_not_oneself,
    check_prescription,
    check_replaces,
    last_day,
)
from grids.wellness.rules.programme import Session, check_not_stopped, check_session
from grids.wellness.rules.retest import baseline_required, check_same_standard, check_window, window_of
from grids.wellness.services.cases import consenting_case
from grids.wellness.services.inviting import settle_invitation
from grids.wellness.services.moving import move_case
from grids.wellness.services.sealed import PRESCRIPTION, SESSION, opened, sealed
from grids.wellness.services.testing import Recorded, TestEntry, keep_test
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from wangge.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class PrescriptionOrder:
    """A prescription from a day on, written in sight of the version `replaces` (0: of none)."""

    content: Prescription
    starts_on: date
    replaces: int = 0


@transaction.atomic
def prescribe_exercise(*, case_id: int, order: PrescriptionOrder, acting_user: User) -> ExercisePrescription:
    """Issue the next version of the prescription.

    The last fitness test before the first version is the baseline of the re-test. A version issued after the re-test's
    last day begins the programme's weeks anew.
    Raises 404, 403 PERMISSION_DENIED, CONSENT_REQUIRED, SELF_APPROVAL, 409 INVALID_TRANSITION, PRESCRIPTION_CHANGED,
    422 CLEARANCE_REQUIRED, BASELINE_REQUIRED, PRESCRIPTION_RANGE, PRESCRIPTION_TYPES, PRESCRIPTION_VOLUME.

    Rule: J18
    """
    case = consenting_case(acting_user, case_id, PRESCRIBE)
    check_not_oneself(case.citizen.user_id, acting_user.pk)
    next_state(CaseState(case.state), CaseAction.PRESCRIBE)
    present = present_prescription(case)
    number = 0 if present is None else present.number
    check_replaces(number, order.replaces)
    check_prescription(order.content)
    _check_start(order, today())
    _take_baseline(case)
    policy = wellness_policy(today())
    _begin_anew_if_late(case, int(policy.values["retest_to_weeks"]))
    seal = uuid.uuid4()
    issued = ExercisePrescription.objects.create(
        case=case, number=number + 1, prescribed_by=acting_user, starts_on=order.starts_on,
        ends_on=last_day(order.starts_on, order.content.weeks), seal=seal,
        sealed=sealed(PRESCRIPTION, seal, order.content.plain()),
    )  # fmt: skip
    move_case(case, CaseAction.PRESCRIBE, acting_user, policy.version)
    return issued


def _check_start(order: PrescriptionOrder, day: date) -> None:
    if order.starts_on >= day:
        return
    raise RuleBroken(
        "PRESCRIPTION_START", zh=f"处方不能早于今天（{day.isoformat()}）生效", en=f"it begins today ({day}) or later",
        rule="J18", field="starts_on", facts={"today": day.isoformat()},
        how_to_fix_zh="请更正生效日期", how_to_fix_en="correct the first day",
    )  # fmt: skip


def _take_baseline(case: ExerciseCase) -> None:
    """The newest test in sight before the programme begins; a baseline that went out of sight is taken anew."""
    tests = tests_in_sight(case.citizen)
    if case.baseline_id is not None and tests.filter(pk=case.baseline_id).exists():
        return
    case.baseline = tests.last()
    if case.baseline is None:
        raise baseline_required()


def _begin_anew_if_late(case: ExerciseCase, to_weeks: int) -> None:
    if case.programme_from is None:
        return
    if today() > window_of(case.programme_from, 0, to_weeks).last_day:
        case.programme_from = None


@transaction.atomic
def record_session(*, case_id: int, session: Session, acting_user: User) -> ExerciseSession:
    """Record a session; the first that the person came to begins the programme.

    Raises 404, 403, 409 INVALID_TRANSITION and SESSION_TWICE, 422 SESSION_DAY, SESSION_EXERTION, REVIEW_REQUIRED.

    Rule: J18
    """
    case = consenting_case(acting_user, case_id, TEST)
    next_state(CaseState(case.state), CaseAction.TRAIN)
    present = prescription_for(case, session.held_on)
    assert present is not None  # a case that may be trained has one
    check_not_stopped(was_stopped=_was_stopped(present))
    check_session(session, present.starts_on, present.ends_on, today())
    seal = uuid.uuid4()
    content = {"attended": session.attended, "exertion": session.exertion, "stopped": session.stopped}
    try:
        with transaction.atomic():
            row = ExerciseSession.objects.create(
                case=case, prescription=present, held_on=session.held_on, recorded_by=acting_user, seal=seal,
                sealed=sealed(SESSION, seal, content),
            )  # fmt: skip
    except IntegrityError as clash:
        raise RuleBroken(
            "SESSION_TWICE", zh=f"{session.held_on.isoformat()}的运动已有记录", status=409, rule="J18",
            en=f"a session on {session.held_on} is recorded already", field="held_on",
            how_to_fix_zh="每天记录一次", how_to_fix_en="one a day is recorded",
        ) from clash  # fmt: skip
    if session.attended:
        case.programme_from = min(case.programme_from or session.held_on, session.held_on)
        move_case(case, CaseAction.TRAIN, acting_user)
    else:
        record_audit(acting_user=acting_user, action="exercise_case.train", subject=case)
    return row


def _was_stopped(present: ExercisePrescription) -> bool:
    rows = ExerciseSession.objects.filter(prescription=present).order_by("held_on")
    contents = [opened(SESSION, row.seal, row.sealed) for row in rows]
    return any(content is not None and content["stopped"] for content in contents)


@transaction.atomic
def retest_case(*, case_id: int, entry: TestEntry, acting_user: User) -> Recorded:
    """Record the re-test of a programme, in its weeks and by the baseline's version of the standard.

    Raises 404, 403 CONSENT_REQUIRED (both purposes), 409 INVALID_TRANSITION, TEST_TWICE, 422 RETEST_WINDOW,
    STANDARD_DIFFERS, BASELINE_REQUIRED and those of a test.

    Rule: J18
    """
    case = consenting_case(acting_user, case_id, TEST)
    check_consents([ConsentPurpose.FITNESS_TEST], consents_of(case.citizen))
    next_state(CaseState(case.state), CaseAction.RE_TEST)
    row = standard_found(entry.standard_id)
    baseline = _baseline(case)
    check_same_standard(baseline.standard_id, row.pk)
    check_test_day(entry.tested_on, row.valid_from, None, today())
    policy = wellness_policy(today())
    if case.programme_from is None:
        raise _nothing_trained()
    weeks = int(policy.values["retest_from_weeks"]), int(policy.values["retest_to_weeks"])
    check_window(window_of(case.programme_from, *weeks), entry.tested_on)
    recorded = keep_test(case.citizen, row, entry, acting_user)
    case.retest, case.policy_version = recorded.test, policy.version
    move_case(case, CaseAction.RE_TEST, acting_user, policy.version)
    settle_invitation(case.citizen, Invitation.Kind.EXERCISE_CASE, entry.tested_on)
    return recorded


def _baseline(case: ExerciseCase) -> FitnessTest:
    found = tests_in_sight(case.citizen).filter(pk=case.baseline_id or 0).first()
    if found is None:
        raise baseline_required()
    return found


def _nothing_trained() -> RuleBroken:
    return RuleBroken(
        "RETEST_WINDOW", zh="新处方后尚无运动记录，复测周数未开始计算", rule="J18",
        en="no session under the new prescription yet: the weeks have not begun",
        how_to_fix_zh="请先记录运动", how_to_fix_en="record a session first",
    )  # fmt: skip
