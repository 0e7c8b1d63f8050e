"""Planning, changing and cancelling activities, and keeping series standing ahead. Rules: J09, J16"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from grids.interest.models import Activity, Occurrence
from grids.interest.queries.activities import activity_for_update, activity_locked, coming_of, to_extend
from grids.interest.queries.activity_policy import PlanningPolicy, planning_policy
from grids.interest.queries.standing import interest_grid_for_update
from grids.interest.rules.activity_plans import ActivityPlan, check_may_plan, no_times, plan_refusals
from grids.interest.rules.activity_states import (
    ActivityState,
    CancelCategory,
    OccurrenceState,
    check_activity_runs,
    check_one_off_not_held,
)
from grids.interest.rules.people_states import InterestGridState
from grids.interest.rules.quiet_hours import Warned, quiet_warnings
from grids.interest.rules.recurrence import normal_recurrence
from grids.interest.rules.standing import Act
from grids.interest.services.activity_bookings import NotBooked
from grids.interest.services.activity_fields import (
    TIME_AND_PLACE,
    check_site_stands,
    plan_of,
    told,
    write_plan,
)
from grids.interest.services.activity_notices import (
    CANCELLED,
    CHANGED,
    STUCK,
    Notice,
    notify_people,
    notify_runners,
)
from grids.interest.services.occurrences import cancel_coming
from grids.interest.services.series import (
    SPARE_DAYS,
    add_occurrences,
    book_or_cancel,
    extend_series,
    settle_series,
)
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, RulesBroken, refuse_all
from wangge.kernel.etag import check_if_match


@dataclass(frozen=True, slots=True)
class Planned:
    """An activity as it stands after a write, what could not be booked, and what is worth a second thought."""

    activity: Activity
    skipped: list[NotBooked] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)


@transaction.atomic
def plan_activity(
    *, interest_grid_id: int, plan: ActivityPlan, acting_user: User, skip_conflicts: bool = False
) -> Planned:
    """Plan an activity and its occurrences up to the horizon, and take the time of its place and instructor.

    Raises 404, 403 POST_REQUIRED, 409 INTEREST_GRID_NOT_ACTIVE and SITE_RETIRED, together 422 ACTIVITY_TIMES, ACTIVITY_UNTIL,
    ACTIVITY_PAST and ACTIVITY_PLACE, 422 RECURRENCE and ACTIVITY_NO_TIMES, and what `book_series` raises.
    """
    found = interest_grid_for_update(acting_user, interest_grid_id, Act.RUN)
    check_may_plan(InterestGridState(found.state))
    now = timezone.now()
    policy = planning_policy(local_date(now))
    plan = _checked(plan, now, policy)
    activity = Activity(interest_grid=found, planned_by=acting_user)
    write_plan(activity, plan, acting_user)
    check_site_stands(activity)
    first, activity.expanded_to = _days_of(activity, now, policy)
    activity.save()
    occurrences = add_occurrences(activity, first, activity.expanded_to)
    if not occurrences:
        raise no_times(activity.recurrence)
    skipped = book_or_cancel(activity, occurrences, acting_user, skip_conflicts=skip_conflicts)
    record_audit(
        acting_user=acting_user, action="activity.plan", subject=activity, after=told(activity),
        policy_version=policy.label,
    )  # fmt: skip
    return Planned(activity, skipped, _warnings(activity, policy))


def _checked(plan: ActivityPlan, now: datetime, policy: PlanningPolicy) -> ActivityPlan:
    plan = replace(plan, recurrence=normal_recurrence(plan.recurrence))
    refuse_all(plan_refusals(plan, now, policy.record_days))
    return plan


def _days_of(activity: Activity, now: datetime, policy: PlanningPolicy) -> tuple[date, date]:
    """From where a new series stands (what may still be recorded) to where."""
    today = local_date(now)
    first = max(local_date(activity.starts_at), today - timedelta(days=policy.record_days))
    return first, max(first, today) + timedelta(days=policy.horizon_days)


def _warnings(activity: Activity, policy: PlanningPolicy) -> list[Warned]:
    return quiet_warnings(activity.starts_at, activity.minutes, activity.is_outdoors, policy.quiet)


@transaction.atomic
def change_activity(
    *,
    activity_id: int,
    changes: Mapping[str, Any],
    acting_user: User,
    if_match: str | None,
    skip_conflicts: bool = False,
) -> Planned:
    """Change an activity by fields of `ActivityPlan`; what the changes leave out stays.

    Only coming occurrences follow; held ones and those that have begun keep time and place, and whoever's time stays
    keeps its id. A new start without a new end keeps the length. Raises 404, 403, 412, 428, 409 INVALID_TRANSITION,
    and what `plan_activity` raises.
    """
    activity = activity_for_update(acting_user, activity_id)
    before = told(activity)
    check_if_match(if_match, version=activity.version, current=before, sent=_sent(changes))
    check_activity_runs(ActivityState(activity.state))
    now = timezone.now()
    policy = planning_policy(local_date(now))
    old = plan_of(activity)
    plan = _checked(_changed(old, changes), now, policy)
    moves = any(getattr(plan, name) != getattr(old, name) for name in TIME_AND_PLACE)
    if moves and not plan.recurrence:
        check_one_off_not_held(_was_held(activity))
    write_plan(activity, plan, acting_user)
    activity.version += 1
    skipped: list[NotBooked] = []
    if moves:
        check_site_stands(activity)
        skipped = _move(activity, now, policy, acting_user, skip_conflicts=skip_conflicts)
    activity.save()
    record_audit(
        acting_user=acting_user, action="activity.change", subject=activity, before=before, after=told(activity),
        policy_version=policy.label,
    )  # fmt: skip
    return Planned(activity, skipped, _warnings(activity, policy))


def _changed(old: ActivityPlan, changes: Mapping[str, Any]) -> ActivityPlan:
    given = dict(changes)
    if "starts_at" in given and "ends_at" not in given:
        given["ends_at"] = given["starts_at"] + timedelta(minutes=old.minutes)
    if given.get("site_id", old.site_id) != old.site_id:
        given.setdefault("hall", "")
    return replace(old, **given)


def _sent(changes: Mapping[str, Any]) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in changes.items()}


def _was_held(activity: Activity) -> bool:
    held = Occurrence.objects.filter(activity=activity, state=OccurrenceState.HELD.value)
    return held.exists() and not coming_of(activity.pk, timezone.now()).exists()


def _move(
    activity: Activity, now: datetime, policy: PlanningPolicy, acting_user: User, *, skip_conflicts: bool
) -> list[NotBooked]:
    _, activity.expanded_to = _days_of(activity, now, policy)
    outcome = settle_series(activity, now, activity.expanded_to, acting_user, skip_conflicts=skip_conflicts)
    notify_people(
        activity.interest_grid,
        Notice(
            f"activity-changed:{activity.pk}:{activity.version}", CHANGED, f"活动调整：{activity.title}",
            f"“{activity.title}”的时间或地点有调整，请以最新安排为准。", activity.pk,
        ),
    )  # fmt: skip
    return outcome.skipped


@transaction.atomic
def cancel_activity(
    *, activity_id: int, category: CancelCategory, reason: str, acting_user: User
) -> Activity:
    """Call an activity off: all its coming occurrences but one to which somebody came early, with one notice to its people.

    Raises 404, 403, 409 INVALID_TRANSITION.
    """
    activity = activity_for_update(acting_user, activity_id)
    check_activity_runs(ActivityState(activity.state))
    before = told(activity)
    outcome = cancel_coming(Occurrence.objects.filter(activity=activity), category, reason, acting_user)
    activity.state, activity.version = ActivityState.CANCELLED.value, activity.version + 1
    activity.save(update_fields=["state", "version"])
    after = {**told(activity), "category": category.value, **outcome.told}
    record_audit(
        acting_user=acting_user, action="activity.cancel", subject=activity, before=before, after=after,
        reason=reason,
    )  # fmt: skip
    if outcome.cancelled:
        notify_people(activity.interest_grid, _called_off(activity, reason, goes_on=bool(outcome.kept)))
    return activity


def _called_off(activity: Activity, reason: str, *, goes_on: bool) -> Notice:
    kept = "已有人签到的一次照常进行。" if goes_on else ""
    return Notice(
        f"activity-cancelled:{activity.pk}", CANCELLED, f"活动取消：{activity.title}",
        f"“{activity.title}”今后的活动全部取消（{reason}）。{kept}", activity.pk,
    )  # fmt: skip


def extend_activities() -> int:
    """Let every series stand up to the horizon again; how many were extended. Regular work of a city.

    Each in a transaction of its own, in the name of whoever planned it. A series whose place or instructor may no
    longer be taken stops no other: it stands as it is, and its people are told once.
    """
    now = timezone.now()
    horizon = local_date(now) + timedelta(days=planning_policy(local_date(now)).horizon_days)
    extended = 0
    for activity_id in list(to_extend(horizon).values_list("pk", flat=True)):
        try:
            extended += _extended(activity_id, horizon)
        except (RuleBroken, RulesBroken) as refused:
            _tell_stuck(activity_id, refused.broken if isinstance(refused, RulesBroken) else [refused])
    return extended


@transaction.atomic
def _extended(activity_id: int, horizon: date) -> bool:
    activity = activity_locked(activity_id)
    if activity.state != ActivityState.ACTIVE or (activity.expanded_to or horizon) >= horizon:
        return False
    check_site_stands(
        activity
    )  # a series whose place was closed waits for another: no meeting is made to be cancelled
    extend_series(activity, horizon + timedelta(days=SPARE_DAYS), activity.planned_by)
    return True


@transaction.atomic
def _tell_stuck(activity_id: int, broken: Sequence[RuleBroken]) -> None:
    activity = activity_locked(activity_id)
    why = "；".join(refusal.zh for refusal in broken)
    notify_runners(
        activity.interest_grid,
        activity.planned_by,
        Notice(
            f"activity-stuck:{activity.pk}:{activity.expanded_to}", STUCK, f"活动未能顺延：{activity.title}",
            f"“{activity.title}”在{activity.expanded_to}之后的场次未能生成（{why}），请调整场地或指导员。", activity.pk,
        ),
    )  # fmt: skip
