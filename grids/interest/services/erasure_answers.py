"""An office answers a request to be erased: the person is erased everywhere, or not, with a reason. Rule: X07"""

from __future__ import annotations

from django.db import transaction

from grids.interest.models import ErasureRequest
from grids.interest.queries.erasure_requests import (
    erasure_request_locked,
    erasure_request_seen,
    erasure_requests_visible_to,
)
from grids.interest.queries.participants import person_locked
from grids.interest.rules.erasure_request import ErasureState, check_answer, check_refusal_reason
from grids.interest.rules.standing import RIGHT_OF, Act
from grids.interest.services.erasing import erase_everywhere
from grids.interest.services.erasure_requests import settle
from tenants.accounts.models import User
from wangge.errors import not_found
from wangge.kernel.permissions import require


@transaction.atomic
def answer_erasure_request(
    *, request_id: int, answer: ErasureState, reason: str, acting_user: User
) -> ErasureRequest:
    """Erase the person everywhere, or refuse with a reason; whoever handed the request up is told.

    Raises 404, 403 without `member.edit` over all interest grids that still had the person, 409 ERASURE_ANSWERED, 422
    REASON_REQUIRED. Of two who answer at once the later is refused.
    """
    seen = erasure_request_seen(acting_user, request_id)
    require(acting_user, RIGHT_OF[Act.STAFF], seen.unit_path)
    # The person first, as whoever erases or hands up does.
    participant = person_locked(seen.participant_id)
    if participant is None:
        raise not_found("删除请求", "erasure request")
    request = erasure_request_locked(seen.pk)
    check_answer(ErasureState(request.state), answer, request.answered_on)
    if answer is ErasureState.REFUSED:
        check_refusal_reason(reason)
    settle(request, answer, reason, acting_user)
    if answer is ErasureState.ERASED:
        erase_everywhere(participant, reason, acting_user)
    return erasure_requests_visible_to(acting_user).get(pk=request.pk)
