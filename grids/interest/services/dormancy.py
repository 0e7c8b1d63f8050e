"""Interest grids without activities fall asleep, posts begin and end by their days: the city's daily round. Rules: J07, J08"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import F, Q

from grids.interest.models import InterestGrid, MemberPost
from grids.interest.queries.interest_grids import interest_grid_policy
from grids.interest.queries.standing import interest_grids_locked
from grids.interest.rules.dormancy import last_day_of_silence
from grids.interest.rules.people_states import InterestGridState, PostState
from grids.interest.services.spans import begin_state
from grids.units.queries.leaders import leaders_of
from tenants.accounts.services import AuditSubject, record_audits
from tenants.bureau.queries.days import today
from tenants.bureau.services.outbox import Message, queue_messages

TEMPLATE = "interest_grid.dormant"

# One statement for the whole city, which locks in the order of ids; GREATEST passes over days that are unknown.
_FALL_ASLEEP = """
WITH silent AS MATERIALIZED (
    SELECT id FROM interest_interestgrid
    WHERE state = 'active' AND GREATEST(last_activity_on, active_since, woken_on) <= %(silent)s
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE interest_interestgrid AS found SET state = 'dormant', dormant_since = %(on)s, version = version + 1
FROM silent WHERE found.id = silent.id
RETURNING found.id, code, name, last_activity_on"""


@dataclass(frozen=True, slots=True)
class FallenAsleep:
    """An interest grid that sleeps from today."""

    id: int
    code: str
    name: str
    last_activity_on: date | None


@transaction.atomic
def let_silent_sleep() -> list[FallenAsleep]:
    """Every active interest grid without an activity for longer than policy says sleeps; its leaders are told once."""
    on = today()
    policy = interest_grid_policy(on)
    days = int(policy.values["dormant_days"])
    with connection.cursor() as cursor:
        cursor.execute(_FALL_ASLEEP, {"on": on, "silent": last_day_of_silence(on, days)})
        asleep = [FallenAsleep(*row) for row in cursor.fetchall()]
    if not asleep:
        return []
    begin_state([each.id for each in asleep], InterestGridState.DORMANT, on)
    record_audits(
        acting_user=None,
        action="interest_grid.sleep",
        subjects=[
            AuditSubject(
                (InterestGrid._meta.label_lower, each.id),
                {"state": InterestGridState.ACTIVE.value},
                {
                    "state": InterestGridState.DORMANT.value,
                    "last_activity_on": each.last_activity_on and each.last_activity_on.isoformat(),
                    "policy_version": policy.version,
                },
            )
            for each in asleep
        ],
    )
    _tell_leaders(asleep, on, days)
    return asleep


@transaction.atomic
def begin_and_end_posts() -> Mapping[str, int]:
    """Confirmed posts whose first day has come are active; posts whose last day is over have ended."""
    on = today()
    posts = MemberPost.objects.exclude(state=PostState.ENDED.value)
    changed = {"version": F("version") + 1}
    over, due = Q(ends_on__lt=on), Q(state=PostState.CONFIRMED.value, starts_on__lte=on)
    held = interest_grids_locked(posts.filter(over | due).order_by().values("interest_grid"))
    posts = posts.filter(interest_grid__in=[each.pk for each in held])
    ended = posts.filter(over).update(state=PostState.ENDED.value, **changed)
    begun = posts.filter(due)
    return {"ended": ended, "begun": begun.update(state=PostState.ACTIVE.value, **changed)}


def _tell_leaders(asleep: Sequence[FallenAsleep], on: date, days: int) -> None:
    """One message for each leader and interest grid; the same sleep is told once, however often the round runs."""
    through = InterestGrid.base_grids.through
    served = list(
        through.objects.filter(interestgrid_id__in=[each.id for each in asleep]).values_list(
            "interestgrid_id", "grid_id"
        )
    )
    leaders = leaders_of({grid_id for _, grid_id in served}, on)
    named = {each.id: each for each in asleep}
    told = {(key, leaders[grid_id].user_id) for key, grid_id in served if grid_id in leaders}
    queue_messages(_message(named[key], user_id, on, days) for key, user_id in sorted(told))


def _message(found: FallenAsleep, user_id: int, on: date, days: int) -> Message:
    return Message(
        channel="in_app",
        recipient=f"accounts.user:{user_id}",
        template=TEMPLATE,
        facts={
            "title": f"兴趣网格“{found.name}”超过{days}天没有活动，已转为休眠",
            "interest_grid": found.id,
            "code": found.code,
            "name": found.name,
            "days": days,
            "rule": "J07",
        },
        dedup_key=f"{TEMPLATE}:{found.id}:{on.isoformat()}:{user_id}",
    )
