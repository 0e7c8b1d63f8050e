"""One tap after check-in: how it was. Given once, freely, by whoever was there. Rule: J09"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from grids.interest.models import Attendance, OccurrenceRating
from grids.interest.queries.activity_policy import RECORD, number_of
from tenants.accounts.queries import sealer
from tenants.accounts.services import record_audit
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, not_found

_PURPOSE = "interest.rating-pass"
_KEY_DIGITS, _SECOND_DIGITS = 19, 12


def rating_pass(present: Attendance, *, is_new: bool = True) -> str:
    """What lets the person who has just checked in tell how it was; sealed, so that it tells nothing itself.

    `is_new`: whether this check-in wrote the presence. A pass of a repeated one is as long, and is never told that the
    person has rated already.
    """
    told = f"{present.pk:0{_KEY_DIGITS}d}{int(is_new)}{int(timezone.now().timestamp()):0{_SECOND_DIGITS}d}"
    return urlsafe_b64encode(sealer().seal(told.encode(), purpose=_PURPOSE)).decode()


@dataclass(frozen=True, slots=True)
class _Pass:
    attendance_id: int
    is_new: bool


def _read(given_pass: str) -> _Pass:
    """What a pass says; 404 for one that is forged, of another city, or too old."""
    now = timezone.now()
    try:
        sealed = b64decode(given_pass.encode(), altchars=b"-_", validate=True)
        told = sealer().open(sealed, purpose=_PURPOSE).decode()
    except ValueError as forged:
        raise not_found("签到记录", "attendance") from forged
    made = datetime.fromtimestamp(int(told[-_SECOND_DIGITS:]), UTC)
    if now - made > timedelta(days=max(number_of(RECORD, local_date(now)), 1)):
        raise not_found("签到记录", "attendance")
    return _Pass(int(told[:_KEY_DIGITS]), told[_KEY_DIGITS] == "1")


@transaction.atomic
def rate_occurrence(*, given_pass: str, score: int) -> OccurrenceRating:
    """Keep the one tap; the same again is the same. 404 for a pass that is forged or too old, 409 RATING_GIVEN.

    With the pass of a repeated check-in a second tap changes nothing and is answered like the first: who repeats a
    check-in with somebody's phone does not learn whether that person was there and has told.
    """
    read = _read(given_pass)
    present = Attendance.objects.select_for_update().filter(pk=read.attendance_id).first()
    if present is None:
        raise not_found("签到记录", "attendance")
    given, is_new = OccurrenceRating.objects.get_or_create(
        attendance=present, defaults={"occurrence_id": present.occurrence_id, "score": score}
    )
    if given.score != score and read.is_new:
        raise RuleBroken(
            "RATING_GIVEN", zh="您已评价过本次活动", en="you have told how it was already", status=409, rule="J09",
            how_to_fix_zh="每次活动评价一次", how_to_fix_en="an activity is rated once",
        )  # fmt: skip
    if is_new:
        record_audit(
            acting_user=None, action="rating.give", subject=given, after={"occurrence": given.occurrence_id}
        )
    return given
