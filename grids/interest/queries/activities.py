"""Which activities and occurrences a person sees, and who may run them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TypeVar

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from gis.layers.models import Community
from grids.interest.models import Activity, Attendance, InterestGrid, Occurrence
from grids.interest.queries.interest_grids import narrowed
from grids.interest.queries.standing import interest_grid_in_reach, interest_grids_visible_to
from grids.interest.rules.activity_plans import LONGEST
from grids.interest.rules.activity_states import ActivityState, CheckInWay, OccurrenceState
from grids.interest.rules.standing import RIGHT_OF, Act
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.local_time import local_moment
from wangge.errors import not_found

Row = TypeVar("Row", Activity, Occurrence)
_SHOWN_WITH = ("interest_grid__community__unit", "site", "instructor__unit")
_OCCURRENCE_WITH = ("activity__instructor__unit", "interest_grid__community__unit", "site")
# PostgreSQL locks a row's tables in the order in which `FOR UPDATE OF` names them.
_GRID_FIRST = ("interest_grid", "self")


def activities_visible_to(user: User) -> QuerySet[Activity]:
    """Activities of the interest grids the person sees, by id."""
    rows = Activity.objects.filter(interest_grid__in=interest_grids_visible_to(user).order_by())
    return rows.select_related(*_SHOWN_WITH).order_by("id")


def activity_for_update(user: User, activity_id: int) -> Activity:
    """The activity, locked; 404 outside sight, 403 POST_REQUIRED unless the person runs the interest grid's activities."""
    found = activities_visible_to(user).filter(pk=activity_id).first()
    if found is None:
        raise not_found("活动", "activity")
    interest_grid_in_reach(user, found.interest_grid_id, Act.RUN)
    return activity_locked(activity_id)


def activity_locked(activity_id: int) -> Activity:
    """The activity's row as it stands now, locked with its interest grid until the transaction ends."""
    rows = Activity.objects.select_for_update(of=_GRID_FIRST, no_key=True).select_related(*_SHOWN_WITH)
    return rows.get(pk=activity_id)


def occurrences_visible_to(user: User) -> QuerySet[Occurrence]:
    """Occurrences in the interest grids the person sees, by id."""
    rows = Occurrence.objects.filter(interest_grid__in=interest_grids_visible_to(user).order_by())
    return rows.select_related(*_OCCURRENCE_WITH).order_by("id")


def with_people(rows: QuerySet[Occurrence]) -> QuerySet[Occurrence]:
    """The same with `named`: how many are present by name, and `by_code`: how many of them checked in by themselves."""
    present = Attendance.objects.filter(occurrence=OuterRef("pk"))
    return rows.annotate(named=_number_of(present), by_code=_number_of(present.filter(way=CheckInWay.QR)))


def _number_of(rows: QuerySet[Attendance]) -> Coalesce:
    numbers = rows.order_by().values("occurrence").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(numbers, output_field=IntegerField()), 0)


def own_interest_grids(user: User) -> QuerySet[InterestGrid]:
    """Interest grids the person leads or serves in."""
    return narrowed(InterestGrid.objects.all(), {"mine": True}, user, today())


def of_own_interest_grids(rows: QuerySet[Row], user: User) -> QuerySet[Row]:
    """Those of the interest grids that the person leads or serves in."""
    # They are few, and read at once: named one by one they let an index find their rows among a city's.
    own = list(own_interest_grids(user).values_list("pk", flat=True))
    return rows.filter(interest_grid__in=own)


def of_days(rows: QuerySet[Occurrence], first: date | None, last: date | None) -> QuerySet[Occurrence]:
    """Those that go on in local days from the first to the last, both counted; None: no limit on that side.

    One that began the evening before and goes on after midnight is of the first day, too.
    """
    if first is not None:
        dawn = local_moment(first, time())
        rows = rows.filter(starts_at__gt=dawn - LONGEST, ends_at__gt=dawn)
    if last is not None:
        rows = rows.filter(starts_at__lt=local_moment(last + timedelta(days=1), time()))
    return rows


def occurrence_in_reach(user: User, occurrence_id: int, act: Act) -> Occurrence:
    """The occurrence for reading; 404 outside sight, 403 POST_REQUIRED unless the person may do the act."""
    found = occurrences_visible_to(user).filter(pk=occurrence_id).first()
    if found is None:
        raise not_found("活动场次", "occurrence")
    interest_grid_in_reach(user, found.interest_grid_id, act)
    return found


def occurrence_for_update(user: User, occurrence_id: int) -> Occurrence:
    """The same for whoever runs the activities, locked until the transaction ends."""
    occurrence_in_reach(user, occurrence_id, Act.RUN)
    return occurrence_locked(occurrence_id)


def occurrence_locked(occurrence_id: int) -> Occurrence:
    """The occurrence's row as it stands now, locked with its interest grid until the transaction ends."""
    rows = Occurrence.objects.select_for_update(of=_GRID_FIRST, no_key=True)
    return rows.select_related(*_OCCURRENCE_WITH).get(pk=occurrence_id)


def lone_occurrence_for_update(user: User, occurrence_id: int) -> Occurrence:
    """The same without its interest grid: for slow work that touches nothing else, such as taking in a photo."""
    occurrence_in_reach(user, occurrence_id, Act.RUN)
    rows = Occurrence.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related(*_OCCURRENCE_WITH).get(pk=occurrence_id)


def coming_of(activity_id: int, now: datetime) -> QuerySet[Occurrence]:
    """The activity's occurrences that have not begun, whatever their state, in order of time."""
    rows = Occurrence.objects.filter(activity_id=activity_id, starts_at__gt=now)
    return rows.select_related(*_OCCURRENCE_WITH).order_by("starts_at")


def to_extend(before: date) -> QuerySet[Activity]:
    """Series that go on and whose occurrences do not stand up to that day, by id."""
    rows = Activity.objects.filter(state=ActivityState.ACTIVE.value).exclude(recurrence="")
    goes_on = Q(until=None) | Q(until__gt=F("expanded_to"))
    return rows.filter(goes_on, expanded_to__lt=before).order_by("id")


def somebody_came() -> Q:
    """A filter for occurrences that people checked in to, were ticked at or counted at, before the start too."""
    return Exists(Attendance.objects.filter(occurrence=OuterRef("pk"))) | Q(headcount__gt=0)


def left_open(before: datetime) -> QuerySet[Occurrence]:
    """Occurrences that ended before that moment, were attended, and that nobody finished, by id."""
    rows = Occurrence.objects.filter(state=OccurrenceState.PLANNED.value, ends_at__lt=before)
    return rows.filter(somebody_came()).order_by("id")


def never_recorded(before: datetime) -> QuerySet[Occurrence]:
    """Occurrences that ended before that moment and of which nobody told anything: neither people nor an end."""
    attended = Attendance.objects.filter(occurrence=OuterRef("pk"))
    rows = Occurrence.objects.filter(state=OccurrenceState.PLANNED.value, ends_at__lt=before, headcount=0)
    return rows.filter(~Exists(attended))


def told_of_community(community_id: int) -> QuerySet[Occurrence]:
    """What the interest grids at home in the community do, as everybody may know it."""
    rows = Occurrence.objects.filter(interest_grid__community=community_id)
    return rows.select_related("activity", "interest_grid", "site")


# Whoever may look at the city's fitness sites may know what goes on there; a calendar and its list name nobody.
LOOKS_AROUND = "site.view"


def communities_with_activities_visible_to(user: User) -> QuerySet[Community]:
    """Communities whose activities the person may list, by id.

    By the right to see interest grids or sites there, and those of the own interest grids.
    """
    by_office = under_paths(granted_paths(user, RIGHT_OF[Act.SEE]), "unit__path")
    looking = under_paths(granted_paths(user, LOOKS_AROUND), "unit__path")
    own = own_interest_grids(user).filter(community=OuterRef("pk"))
    rows = Community.objects.filter(by_office | looking | Exists(own))
    return rows.select_related("unit").order_by("id")
