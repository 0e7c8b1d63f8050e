"""Exercise cases, and what belongs to them. Rule: J18"""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import QuerySet

from gis.layers.queries.outlines import outlines_of
from grids.wellness.models import Citizen, ExerciseCase, ExercisePrescription, ExerciseSession
from grids.wellness.queries.people import TEST, locked_citizen
from grids.wellness.rules.case_states import OPEN_STATES, CaseState
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found
from wangge.kernel.permissions import require

_OPEN = [state.value for state in OPEN_STATES]


def cases_visible_to(user: User) -> QuerySet[ExerciseCase]:
    """Cases of people one may test, by id; not those of people who withdrew."""
    allowed = under_paths(granted_paths(user, TEST), "citizen__community__unit__path")
    rows = ExerciseCase.objects.filter(allowed, citizen__erased_at=None).exclude(state="withdrawn")
    return (
        rows.select_related("citizen__community__unit")
        .defer(*outlines_of("citizen__community"))
        .order_by("id")
    )


def cases_to_retest(user: User, on: date, from_weeks: int) -> QuerySet[ExerciseCase]:
    """Those of them whose re-test may be taken on that day or is overdue, by id."""
    begun = on - timedelta(weeks=from_weeks)
    state = CaseState.IN_PROGRAMME.value
    return cases_visible_to(user).filter(state=state, programme_from__lte=begun)


def case_for_update(user: User, case_id: int, permission: str) -> ExerciseCase:
    """The case, its person and itself locked: 404 out of sight, 403 without the right there."""
    found = cases_visible_to(user).filter(pk=case_id).first()
    if found is None:
        raise not_found("运动干预个案", "exercise case")
    require(user, permission, found.unit_path)
    citizen = locked_citizen(found.citizen_id)
    case = ExerciseCase.objects.select_for_update().get(pk=found.pk)
    case.citizen = citizen
    return case


def open_case(citizen: Citizen) -> ExerciseCase | None:
    """The person's case that has not ended, or None."""
    return ExerciseCase.objects.filter(citizen=citizen, state__in=_OPEN).first()


def present_prescription(case: ExerciseCase) -> ExercisePrescription | None:
    """The newest version, or None."""
    return ExercisePrescription.objects.filter(case=case).order_by("-number").first()


def prescription_for(case: ExerciseCase, on: date) -> ExercisePrescription | None:
    """The newest version that has begun on that day, else the newest; None without any."""
    rows = ExercisePrescription.objects.filter(case=case).order_by("-number")
    return rows.filter(starts_on__lte=on).first() or rows.first()


def sessions_of(case: ExerciseCase) -> QuerySet[ExerciseSession]:
    """The case's sessions, oldest first."""
    return ExerciseSession.objects.filter(case=case).order_by("held_on")
