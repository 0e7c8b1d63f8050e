"""Screening, clearance and the end of exercise cases. Rule: J18"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from grids.wellness.models import ExerciseCase
from grids.wellness.queries.cases import case_for_update
from grids.wellness.queries.consents import consents_of
from grids.wellness.queries.people import PRESCRIBE, TEST
from grids.wellness.queries.standards import screening_form_found
from grids.wellness.rules.case_states import CaseAction, CaseState, next_state
from grids.wellness.rules.consent import ConsentPurpose, check_consents
from grids.wellness.rules.prescription import check_not_oneself
from grids.wellness.rules.screening import (
    ClearanceBasis,
    DoctorsNote,
    check_clearance,
    needs_doctor,
    questionnaire_of,
)
from grids.wellness.services.moving import move_case
from tenants.accounts.models import User
from tenants.bureau.queries.days import today


def consenting_case(user: User, case_id: int, permission: str) -> ExerciseCase:
    """The case, locked, of a person who consents to it; 404, 403 PERMISSION_DENIED or CONSENT_REQUIRED."""
    case = case_for_update(user, case_id, permission)
    check_consents([ConsentPurpose.EXERCISE_CASE], consents_of(case.citizen))
    return case


@transaction.atomic
def screen_case(
    *, case_id: int, form_id: int, answers: Mapping[str, bool], acting_user: User
) -> ExerciseCase:
    """Weigh the answers of a questionnaire; only whether a doctor must be asked is kept.

    Raises 404, 403, 409 INVALID_TRANSITION, 422 ANSWERS_INCOMPLETE.
    """
    case = consenting_case(acting_user, case_id, TEST)
    form = screening_form_found(form_id)
    next_state(CaseState(case.state), CaseAction.SCREEN)
    case.asks_for_doctor = needs_doctor(questionnaire_of(form.form, form.text), answers)
    case.form, case.screened_on = form, today()
    move_case(case, CaseAction.SCREEN, acting_user)
    return case


@transaction.atomic
def refer_case(*, case_id: int, acting_user: User) -> ExerciseCase:
    """Send the person to a doctor. 404, 403, 409 INVALID_TRANSITION."""
    case = consenting_case(acting_user, case_id, TEST)
    move_case(case, CaseAction.REFER, acting_user)
    return case


@transaction.atomic
def clear_case(
    *, case_id: int, basis: ClearanceBasis, note: DoctorsNote | None, acting_user: User
) -> ExerciseCase:
    """Say, as a qualified person, that the person can exercise: on the questionnaire, or on a doctor's note.

    Raises 404, 403 also SELF_APPROVAL, 409 INVALID_TRANSITION, 422 CLEARANCE_REQUIRED and DOCTORS_NOTE.
    """
    case = consenting_case(acting_user, case_id, PRESCRIBE)
    check_not_oneself(case.citizen.user_id, acting_user.pk)
    state = CaseState(case.state)
    next_state(state, CaseAction.CLEAR)
    check_clearance(state, asks_for_doctor=bool(case.asks_for_doctor), basis=basis, note=note, today=today())
    case.clearance_basis, case.cleared_by = basis, acting_user
    if basis is ClearanceBasis.DOCTORS_NOTE and note is not None:
        case.note_reference, case.note_dated_on = note.reference, note.dated_on
        case.note_institution = note.institution
    move_case(case, CaseAction.CLEAR, acting_user)
    return case


@transaction.atomic
def close_case(*, case_id: int, acting_user: User) -> ExerciseCase:
    """Close a case after its re-test. 404, 403, 409 INVALID_TRANSITION."""
    case = consenting_case(acting_user, case_id, PRESCRIBE)
    move_case(case, CaseAction.CLOSE, acting_user)
    return case
