"""Work logs a person sees, and the four roles in which a month's work was done. Rule: J14"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import ExtractHour

from grids.interest.models import WorkLog
from grids.interest.queries.names_shown import is_named
from grids.interest.queries.standing import links_in_fact
from grids.interest.rules.activity_states import AssistTheme
from grids.interest.rules.duty_role import BY_FORM, DutyRole
from grids.interest.rules.work_month import EVENING_FROM_HOUR, Days, week_of
from grids.units.queries.leaders import grids_led_by
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.queries.org_units import org_units_visible_to
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import not_found


def work_logs_visible_to(user: User) -> QuerySet[WorkLog]:
    """One's own, those done in base grids one leads or interest grids that serve them, and by `worklog.view`; by id."""
    rows = WorkLog.objects.select_related("user", "community", "interest_grid", "grid")
    return rows.filter(_visible_to(user)).annotate(is_named=is_named(user, "user_id")).order_by("id")


def _visible_to(user: User, prefix: str = "") -> Q:
    """That filter for logs, or for rows that reach them by `prefix`."""
    # A few ids, named one by one: so an index finds a leader's rows among a million.
    led = list(grids_led_by(user, today()))
    serving = links_in_fact().filter(grid_id__in=led).values_list("interestgrid_id", flat=True)
    by_office = under_paths(granted_paths(user, "worklog.view"), f"{prefix}community__unit__path")
    by_post = Q(**{f"{prefix}grid_id__in": led}) | Q(**{f"{prefix}interest_grid_id__in": list(serving)})
    return by_office | by_post | Q(**{f"{prefix}user_id": user.pk})


def work_profiles_visible_to(user: User, month: Days, unit_id: int | None = None) -> QuerySet[User, Any]:
    """People with work in that month that one may see, each with the counts of a profile; by id, never by number.

    `is_named`: the name may be shown in full.
    `unit_id`: only work done in communities under that unit; 404 for a unit out of sight. One statement a page.
    """
    wanted = _visible_to(user, "work_logs__") & Q(work_logs__done_on__range=(month.first, month.last))
    if unit_id is not None:
        unit = org_units_visible_to(user).filter(pk=unit_id).first()
        if unit is None:
            raise not_found("单位", "unit")
        wanted &= Q(work_logs__community__unit__path__startswith=unit.path)
    return (
        User.objects.filter(wanted)  # one filter: all of it speaks of the same log, which is then counted
        .annotate(evening_hour=ExtractHour("work_logs__done_at", tzinfo=SHANGHAI))
        .annotate(is_named=is_named(user, "pk"))
        .values("id", "display_name", "is_named")
        .annotate(**_counts("work_logs__", Q()))
        .order_by("id")
    )


def own_work_profile(user: User, month: Days, on: date) -> dict[str, Any]:
    """The four roles of one's own month, and what it cost to record this week's work; one statement."""
    week = week_of(on)
    in_month = Q(done_on__range=(month.first, month.last))
    in_week = Q(done_on__range=(week.first, week.last))
    rows = WorkLog.objects.filter(in_month | in_week, user_id=user.pk)
    found = rows.annotate(evening_hour=ExtractHour("done_at", tzinfo=SHANGHAI)).aggregate(
        **_counts("", in_month),
        week_total=Count("id", filter=in_week),
        week_typed=Count("id", filter=in_week & Q(is_typed=True)),
        week_forms=Count("id", filter=in_week & Q(kind__in=[kind.value for kind in BY_FORM])),
    )
    return {"month": month, "week": week, **found}


def _counts(prefix: str, within: Q) -> dict[str, Count]:
    """Counts of logs by role and by theme, in the evening, typed, and all."""

    def count(**wanted: Any) -> Count:
        return Count(f"{prefix}id", filter=within & Q(**wanted))

    return {
        **{role.value: count(**{f"{prefix}duty_role": role.value}) for role in DutyRole},
        **{
            f"theme_{each.value}": count(**{f"{prefix}themes__contains": [each.value]})
            for each in AssistTheme
        },
        "evening": count(evening_hour__gte=EVENING_FROM_HOUR),
        "typed": count(**{f"{prefix}is_typed": True}),
        "total": count(),
    }
