"""Computed assignments that a user may see: the runs are the city's, their pairs go by the sites one may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet, Sum

from instructors.assignment.models import (
    AssignmentPin,
    AssignmentRun,
    RunState,
    SiteAssignment,
    UnservedNeed,
)
from instructors.people.models import Instructor
from instructors.people.queries.instructors import instructors_visible_to
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found
from wangge.kernel.permissions import holds, require

VIEW, RUN, ADOPT = "assignment.view", "assignment.run", "assignment.adopt"
_HEAVY = ("inputs", "prices")
Pair = tuple[int, int]
UNSHOWN = ("need__site__as_imported", "need__site__opening_hours")


def runs_visible_to(user: User) -> QuerySet[AssignmentRun]:
    """All runs, for who holds `assignment.view` anywhere, without what they were computed from; by id."""
    rows = AssignmentRun.objects.select_related("unit", "job", "asked_by", "adopted_by").defer(*_HEAVY)
    return rows.order_by("id") if holds(user, VIEW) else rows.none()


def run_for_update(user: User, run_id: int, permission: str) -> AssignmentRun:
    """The run, locked, with all of it: 404 out of sight, 403 without the right."""
    found = runs_visible_to(user).filter(pk=run_id).first()
    if found is None:
        raise not_found("分配", "assignment run")
    require(user, permission, found.unit_path)
    locked = AssignmentRun.objects.select_for_update(of=("self",)).select_related("unit", "job")
    return locked.get(pk=run_id)


def standing_run() -> AssignmentRun | None:
    """The run in force."""
    return AssignmentRun.objects.filter(state=RunState.ADOPTED).defer(*_HEAVY).first()


def pairs_of(run_id: int) -> list[Pair]:
    """Who (instructor) serves what (need) in a run, for whom nobody's sight matters."""
    return list(SiteAssignment.objects.filter(run=run_id).values_list("instructor_id", "need_id"))


def pairs_visible_to(user: User, run_id: int) -> QuerySet[SiteAssignment]:
    """Who serves what in a run, at the sites for which the user holds `assignment.view`, by id."""
    allowed = under_paths(granted_paths(user, VIEW), "need__site__unit__path")
    return (
        SiteAssignment.objects.filter(allowed, run_id=run_id)
        .select_related("need__site__unit", "need__site__town", "need__item", "instructor__unit")
        .defer("instructor__home", *UNSHOWN)
        .order_by("id")
    )


def unserved_visible_to(user: User, run_id: int) -> QuerySet[UnservedNeed]:
    """Places that stay empty in a run, at the sites for which the user holds `assignment.view`, by id."""
    allowed = under_paths(granted_paths(user, VIEW), "need__site__unit__path")
    return (
        UnservedNeed.objects.filter(allowed, run_id=run_id)
        .select_related("need__site__unit", "need__site__town", "need__item")
        .defer(*UNSHOWN)
        .order_by("id")
    )


def left_out_of(user: User, run: AssignmentRun) -> tuple[QuerySet[Instructor], dict[int, str]]:
    """Who was left out of a run, as far as the user may see them, by id; and the reason of each."""
    reasons = {key: reason for reason, ids in run.inputs["left_out"].items() for key in ids}
    return instructors_visible_to(user).filter(pk__in=list(reasons)), reasons


def pins_visible_to(user: User) -> QuerySet[AssignmentPin]:
    """Pins at the sites for which the user holds `assignment.view`, by id."""
    allowed = under_paths(granted_paths(user, VIEW), "need__site__unit__path")
    return (
        AssignmentPin.objects.filter(allowed)
        .select_related("need__site__unit", "need__item", "instructor__unit", "pinned_by")
        .order_by("id")
    )


def sites_of_run(user: User, run_id: int) -> list[dict[str, Any]]:
    """Each site one may see at which the run assigned or missed somebody: places served and empty, by site."""
    served = dict(
        pairs_visible_to(user, run_id).order_by().values_list("need__site_id").annotate(Count("id"))
    )
    empty = dict(
        unserved_visible_to(user, run_id).order_by().values_list("need__site_id").annotate(Sum("places"))
    )
    return [
        {"site_id": site, "served": served.get(site, 0), "empty": empty.get(site, 0)}
        for site in sorted({*served, *empty})
    ]
