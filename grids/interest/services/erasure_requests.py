"""A request to be erased is handed up once and waits for an office; whoever asked learns what came of it. Rule: X07"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from grids.interest.models import ErasureAsk, ErasureRequest, InterestGrid, Participant
from grids.interest.queries.participants import lowest_unit_over, nearest_office_over
from grids.interest.rules.erasure_request import STATE_WORDS, ErasureState, answer_due_on
from grids.interest.rules.standing import Act
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.queries.policy import policy_label, policy_number
from tenants.bureau.services.outbox import Message, queue_messages

ASKED_FOR, ANSWERED = "participant.erase_asked", "participant.erase_answered"
ANSWER_DAYS = "erasure.answer_days"


@dataclass(frozen=True, slots=True)
class HandingUp:
    """Who asks, through which interest grid and how, and the org unit paths of those that still have the person."""

    participant: Participant
    interest_grid: InterestGrid
    paths: Sequence[str]
    reason: str


def hand_up(order: HandingUp, acting_user: User) -> ErasureRequest:
    """The request that waits for this person, a new one or the one there is; the nearest office is told of a new one.

    Inside the transaction of the caller, who has locked the person: of one person never two wait.
    """
    request = ErasureRequest.objects.filter(
        participant=order.participant, state=ErasureState.WAITING.value
    ).first()
    is_new = request is None
    if request is None:
        on = today()
        request = ErasureRequest.objects.create(
            participant=order.participant, unit=lowest_unit_over(order.paths), asked_on=on,
            due_on=answer_due_on(on, policy_number(ANSWER_DAYS, on)),
            policy_version=policy_label([ANSWER_DAYS], on),
        )  # fmt: skip
    ErasureAsk.objects.get_or_create(
        request=request, interest_grid=order.interest_grid,
        defaults={"asked_by": acting_user, "asked_on": today(), "reason": order.reason.strip()},
    )  # fmt: skip
    if is_new:
        told = nearest_office_over(order.paths, Act.STAFF)
        queue_messages(_asked(request, len(order.paths), user_id) for user_id in told)
        record_audit(
            acting_user=acting_user, action="erasure_request.ask", subject=request, reason=order.reason,
            after={"unit": request.unit_id, "due_on": request.due_on.isoformat(), "told": told},
            policy_version=request.policy_version,
        )  # fmt: skip
    return request


def settle_erased(participant_ids: Collection[int], acting_user: User | None, reason: str = "") -> None:
    """Answer what waits for people who are erased now, in the caller's transaction; None: the time of keeping ended."""
    waiting = ErasureRequest.objects.filter(
        participant__in=participant_ids, state=ErasureState.WAITING.value
    ).select_related("unit")
    for request in waiting.order_by("id"):
        settle(request, ErasureState.ERASED, reason, acting_user)


def settle(request: ErasureRequest, answer: ErasureState, reason: str, acting_user: User | None) -> None:
    """Write the answer to a request that waits, and tell whoever asked; the caller has locked the person."""
    request.state, request.answered_on = answer.value, today()
    request.answered_by, request.answer_reason = acting_user, reason.strip()
    request.save(update_fields=["state", "answered_on", "answered_by", "answer_reason"])
    record_audit(
        acting_user=acting_user, action=f"erasure_request.{answer.value}", subject=request, reason=reason,
        before={"state": ErasureState.WAITING.value, "due_on": request.due_on.isoformat()},
        after={"state": request.state}, policy_version=request.policy_version,
    )  # fmt: skip
    queue_messages(_answered(request))


def _asked(request: ErasureRequest, elsewhere: int, user_id: int) -> Message:
    facts = {
        "title": f"1名参与者要求删除个人信息，其仍参加{elsewhere}个兴趣网格，请于{request.due_on.isoformat()}前答复",
        "text": "请在“兴趣网格”页面的“等您办理”中答复。",
        "erasure_request": request.pk,
        "due_on": request.due_on.isoformat(),
        "rule": "X07",
    }
    return Message(
        "in_app", f"accounts.user:{user_id}", ASKED_FOR, facts, f"{ASKED_FOR}:{request.pk}:{user_id}"
    )


def _answered(request: ErasureRequest) -> Iterable[Message]:
    """One message to everybody who handed it up, which bears no name."""
    state = STATE_WORDS[ErasureState(request.state)]
    facts = {
        "title": f"删除个人信息的请求（编号{request.pk}）：{state}",
        "text": request.answer_reason or f"编号{request.pk}的请求{state}，请告知本人。",
        "erasure_request": request.pk,
        "state": request.state,
        "rule": "X07",
    }
    askers = request.asks.order_by("asked_by").values_list("asked_by", flat=True).distinct()
    for user_id in askers:
        yield Message(
            "in_app", f"accounts.user:{user_id}", ANSWERED, facts, f"{ANSWERED}:{request.pk}:{user_id}"
        )
