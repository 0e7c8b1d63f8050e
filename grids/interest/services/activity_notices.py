"""Word to those who would come: an SMS to participants with a phone, a message in the product to members. Rule: J09"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grids.interest.models import InterestGrid, MemberPost, Occurrence, Participation
from grids.interest.queries.standing import holding_post
from grids.interest.rules.activity_states import CANCEL_WORDS, CancelCategory
from grids.interest.services.phones import opened_phone
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import SHANGHAI
from tenants.bureau.services.outbox import Message, queue_messages

CANCELLED, CHANGED, STUCK = "activity.cancelled", "activity.changed", "activity.stuck"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: `key` makes it one message for each reader however often it is queued."""

    key: str
    template: str
    title: str
    text: str
    activity: int


def notify_people(interest_grid: InterestGrid, notice: Notice) -> None:
    """Queue the notice to everybody of the interest grid, once; it leaves when the caller's transaction has committed."""
    queue_messages([*_to_participants(interest_grid, notice), *_to_members(interest_grid, notice)])


def notify_runners(interest_grid: InterestGrid, planned_by: User, notice: Notice) -> None:
    """The same to whoever planned it and to its members with an account, in the product only."""
    planner = _message(notice, "in_app", f"accounts.user:{planned_by.pk}", f"u{planned_by.pk}")
    queue_messages([planner, *(each for each in _to_members(interest_grid, notice) if each != planner)])


def notice_of_cancelled(occurrence: Occurrence) -> Notice:
    """An occurrence will not take place."""
    when = f"{occurrence.starts_at.astimezone(SHANGHAI):%m月%d日 %H:%M}"
    why = occurrence.cancel_reason or CANCEL_WORDS[CancelCategory(occurrence.cancel_category)]
    title = occurrence.activity.title
    return Notice(
        f"occurrence-cancelled:{occurrence.pk}:{occurrence.version}", CANCELLED, f"活动取消：{title}",
        f"{when}的“{title}”取消（{why}）。", occurrence.activity_id,
    )  # fmt: skip


def _to_participants(interest_grid: InterestGrid, notice: Notice) -> Iterator[Message]:
    joined = Participation.objects.filter(interest_grid=interest_grid, left_on=None)
    joined = joined.exclude(participant__phone_sealed=None).select_related("participant").order_by("id")
    keys = sealer()
    for each in joined:
        yield _message(notice, "sms", opened_phone(each.participant, keys), f"p{each.participant_id}")


def _to_members(interest_grid: InterestGrid, notice: Notice) -> Iterator[Message]:
    posts = MemberPost.objects.filter(holding_post(today()), interest_grid=interest_grid)
    users = posts.exclude(member__user=None).order_by("member__user").distinct("member__user")
    for user_id in users.values_list("member__user_id", flat=True):
        yield _message(notice, "in_app", f"accounts.user:{user_id}", f"u{user_id}")


def _message(notice: Notice, channel: str, recipient: str, reader: str) -> Message:
    facts = {"title": notice.title, "text": notice.text, "activity": notice.activity}
    return Message(channel, recipient, notice.template, facts, f"{notice.key}:{reader}")
