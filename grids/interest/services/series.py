"""The coming occurrences of an activity, brought into line with its times. Rule: J09

The caller holds the activity's lock, so that nobody else writes occurrences of it meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from grids.interest.models import Activity, Occurrence
from grids.interest.queries.activities import coming_of, somebody_came
from grids.interest.rules.activity_states import CancelCategory, OccurrenceState
from grids.interest.rules.occurrence_times import occurrence_times
from grids.interest.rules.series_changes import ComingOccurrence, series_change
from grids.interest.services.activity_bookings import NotBooked, give_back_time, take_time
from tenants.accounts.models import User
from tenants.bureau.rules.local_time import local_date

# A series is extended when it stands short of the horizon, and then by so much more: once a week, not every day.
SPARE_DAYS = 7


@dataclass(slots=True)
class SeriesOutcome:
    """What became of the coming occurrences: ids dropped, rows added, and those that could not be booked."""

    dropped: tuple[int, ...] = ()
    added: list[Occurrence] = field(default_factory=list)
    skipped: list[NotBooked] = field(default_factory=list)


def add_occurrences(activity: Activity, first: date, last: date) -> list[Occurrence]:
    """Write the occurrences of these days, which have none yet; a one-off stands whatever the days."""
    if not activity.recurrence:
        first = last = local_date(activity.starts_at)
    times = occurrence_times(activity.recurrence, activity.starts_at, activity.until, first, last)
    return _added(activity, times)


def settle_series(
    activity: Activity, now: datetime, last: date, acting_user: User, *, skip_conflicts: bool
) -> SeriesOutcome:
    """Keep, drop, revive and add coming occurrences as the activity's times say, and take the time they need anew.

    One to which somebody came early is neither dropped nor skipped. Raises what `book_series` raises.
    """
    change = series_change(_standing(activity, now), _coming_times(activity, now, last))
    _drop(change.dropped, acting_user)
    give_back_time(change.kept, "活动调整", acting_user)
    stays = [*change.kept, *change.revived]
    _renew(activity, stays)
    added = _added(activity, change.added)
    rows = Occurrence.objects.filter(pk__in=stays)
    # Where somebody is already, nothing is skipped: without a place for them the whole change is refused.
    book_or_cancel(activity, list(rows.filter(somebody_came())), acting_user, skip_conflicts=False)
    others = [*rows.exclude(somebody_came()), *added]
    skipped = book_or_cancel(activity, others, acting_user, skip_conflicts=skip_conflicts)
    return SeriesOutcome(change.dropped, added, skipped)


def extend_series(activity: Activity, last: date, acting_user: User) -> SeriesOutcome:
    """Add the occurrences from where the series ends to that day; those whose place is taken are cancelled."""
    first = (activity.expanded_to or local_date(activity.starts_at)) + timedelta(days=1)
    added = add_occurrences(activity, first, last)
    skipped = book_or_cancel(activity, added, acting_user, skip_conflicts=True)
    activity.expanded_to = last
    activity.save(update_fields=["expanded_to"])
    return SeriesOutcome(added=added, skipped=skipped)


def book_or_cancel(
    activity: Activity, occurrences: Sequence[Occurrence], acting_user: User, *, skip_conflicts: bool
) -> list[NotBooked]:
    """Take the time of occurrences in order; those that cannot be booked are cancelled, where they may be skipped."""
    ordered = sorted(occurrences, key=lambda each: each.starts_at)
    coming = [each for each in ordered if each.starts_at > timezone.now()]
    skipped = take_time(activity, coming, acting_user, skip_conflicts=skip_conflicts)
    for each in skipped:
        row = each.occurrence
        row.state, row.cancel_category = OccurrenceState.CANCELLED.value, CancelCategory.CONFLICT.value
        row.cancel_reason = "；".join(refusal.zh for refusal in each.refusals)[:300]
        row.version += 1
        row.save(update_fields=["state", "cancel_category", "cancel_reason", "version"])
    return skipped


def _coming_times(activity: Activity, now: datetime, last: date) -> list[datetime]:
    if not activity.recurrence:
        return [activity.starts_at]
    times = occurrence_times(activity.recurrence, activity.starts_at, activity.until, local_date(now), last)
    return [each for each in times if each > now]


def _standing(activity: Activity, now: datetime) -> list[ComingOccurrence]:
    changeable = _changeable(activity, now)
    attended = set(changeable.filter(somebody_came()).values_list("pk", flat=True))
    return [
        ComingOccurrence(
            row.pk, row.starts_at, OccurrenceState(row.state), row.cancel_category, row.pk in attended
        )
        for row in changeable
    ]


def _changeable(activity: Activity, now: datetime) -> QuerySet[Occurrence]:
    """The occurrences that a change may touch: those that have not begun, and a one-off as long as it was not held."""
    coming = coming_of(activity.pk, now)
    if activity.recurrence or coming.exists():
        return coming
    only = Occurrence.objects.filter(activity=activity)
    return only.exclude(state=OccurrenceState.HELD.value) if only.count() == 1 else coming


def _added(activity: Activity, times: Sequence[datetime]) -> list[Occurrence]:
    lasts = timedelta(minutes=activity.minutes)
    return Occurrence.objects.bulk_create(
        Occurrence(
            activity=activity, interest_grid_id=activity.interest_grid_id, starts_at=each, ends_at=each + lasts,
            site_id=activity.site_id, place=activity.place, place_name=activity.place_name,
        )
        for each in times
    )  # fmt: skip


def _renew(activity: Activity, ids: Sequence[int]) -> None:
    """Give occurrences the activity's length and place, planned again where a change of the series had dropped them."""
    Occurrence.objects.filter(pk__in=ids).update(
        ends_at=F("starts_at") + timedelta(minutes=activity.minutes), site_id=activity.site_id,
        place=activity.place, place_name=activity.place_name, state=OccurrenceState.PLANNED.value,
        cancel_category="", cancel_reason="", version=F("version") + 1,
    )  # fmt: skip


def _drop(ids: Sequence[int], acting_user: User) -> None:
    if not ids:
        return
    Occurrence.objects.filter(pk__in=ids).update(
        state=OccurrenceState.CANCELLED.value, cancel_category=CancelCategory.RESCHEDULED.value,
        cancel_reason="活动时间调整", version=F("version") + 1,
    )  # fmt: skip
    give_back_time(ids, "活动时间调整", acting_user)
