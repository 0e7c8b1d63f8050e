"""An interest grid is closed: its activities, posts and participations end with it. Rule: J07"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Least

from grids.interest.models import InterestGrid, MemberPost, Occurrence, Participation
from grids.interest.queries.standing import interest_grid_for_update
from grids.interest.rules.people_states import (
    InterestGridAction,
    InterestGridState,
    PostState,
    check_interest_grid_action,
)
from grids.interest.rules.standing import Act
from grids.interest.services.activity_notices import CANCELLED, Notice, notify_people
from grids.interest.services.occurrences import CalledOff, cancel_coming_occurrences
from grids.interest.services.spans import begin_state
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today


@transaction.atomic
def close_interest_grid(*, interest_grid_id: int, reason: str, acting_user: User) -> InterestGrid:
    """Close it for good: its posts and participations end that day, its coming activities are cancelled.

    A meeting to which somebody came before its start is not: the leader or the office ends it as any other, or it
    ends by itself. A proposal that is closed was rejected. Raises 404, 403, 409 INVALID_TRANSITION.
    """
    on = today()
    found = interest_grid_for_update(acting_user, interest_grid_id, Act.CONFIRM)
    check_interest_grid_action(InterestGridState(found.state), InterestGridAction.CLOSE)
    before = {"state": found.state}
    found.state, found.closed_on, found.close_reason = InterestGridState.CLOSED.value, on, reason
    found.dormant_since = None
    found.version += 1
    found.save(update_fields=["state", "closed_on", "close_reason", "dormant_since", "version"])
    begin_state([found.pk], InterestGridState.CLOSED, on)
    outcome = cancel_coming_occurrences(interest_grid=found, reason=reason, acting_user=acting_user)
    _tell_people(found, outcome, reason)
    meetings = {"occurrences_cancelled": len(outcome.cancelled), "occurrences_kept": len(outcome.kept)}
    ended = {**meetings, **_end_people(found, on, reason)}
    record_audit(
        acting_user=acting_user, action="interest_grid.close", subject=found, reason=reason, before=before,
        after={"state": found.state, **ended},
    )  # fmt: skip
    return found


def _tell_people(found: InterestGrid, outcome: CalledOff, reason: str) -> None:
    """One word to everybody while they still belong to it; nobody waits for a meeting that does not take place."""
    if not outcome.cancelled:
        return
    activity = Occurrence.objects.values_list("activity_id", flat=True).get(pk=outcome.cancelled[0])
    goes_on = "已有人签到的一次照常进行。" if outcome.kept else ""
    notice = Notice(
        f"interest-grid-closed:{found.pk}", CANCELLED, f"兴趣网格关闭：{found.name}",
        f"“{found.name}”已关闭（{reason}），今后的活动全部取消。{goes_on}", activity,
    )  # fmt: skip
    notify_people(found, notice)


def _end_people(found: InterestGrid, on: date, reason: str) -> dict[str, int]:
    """Those who serve or take part do so for the last time; what had not begun never begins."""
    posts = MemberPost.objects.filter(interest_grid=found).exclude(state=PostState.ENDED.value)
    ending = {"state": PostState.ENDED.value, "end_reason": reason}
    coming = posts.filter(starts_on__gt=on).update(
        **ending, ends_on=F("starts_on"), confirmed_by=None, version=F("version") + 1
    )
    serving = posts.update(**ending, ends_on=Least("ends_on", Value(on)), version=F("version") + 1)
    taking_part = Participation.objects.filter(interest_grid=found, left_on=None).order_by("id")
    # Whoever erases a person ends participations in several interest grids, in the order of ids too.
    ids = list(taking_part.select_for_update(no_key=True).values_list("pk", flat=True))
    present = Participation.objects.filter(pk__in=ids).update(left_on=on)
    return {"posts_ended": coming + serving, "participants_left": present}
