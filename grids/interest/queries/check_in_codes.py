"""Check-in codes: signed for one occurrence of one city, good for some minutes, and drawn as a QR code. Rule: J09

The code that is shown is made anew each time somebody looks at it; a photo of it is worth nothing after its minutes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

import segno
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.utils import timezone

from grids.interest.queries.activities import occurrence_in_reach
from grids.interest.queries.activity_policy import CODE_MINUTES, check_in_policy, number_of
from grids.interest.rules.activity_states import OccurrenceAction, OccurrenceState, check_occurrence_action
from grids.interest.rules.check_in import check_in_window, interest_grid_gone
from grids.interest.rules.people_states import InterestGridState
from grids.interest.rules.standing import Act
from tenants.accounts.models import User
from tenants.bureau.rules.local_time import local_date
from wangge.errors import not_found
from wangge.kernel.database.current import city_connection


@dataclass(frozen=True, slots=True)
class CheckInCode:
    """A code, until when it is good, and from when to when it opens the door."""

    token: str
    expires_at: datetime
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class ReadCode:
    """What a genuine code says: which occurrence, and whether its minutes are over."""

    occurrence_id: int
    is_expired: bool
    minutes: int


def _signer() -> TimestampSigner:
    """Bound to the city: the neighbour's code is no code here."""
    return TimestampSigner(sep=".", salt=f"interest.check-in:{city_connection().schema_name}")


def show_code(*, occurrence_id: int, acting_user: User) -> CheckInCode:
    """A new code for whoever runs the activity.

    Raises 404, 403, 409 INVALID_TRANSITION for a cancelled one and for one that goes on in an interest grid closed since.
    """
    row = occurrence_in_reach(acting_user, occurrence_id, Act.RUN)
    check_occurrence_action(OccurrenceState(row.state), OccurrenceAction.RECORD)
    if row.interest_grid.state == InterestGridState.CLOSED:
        raise interest_grid_gone()
    now = timezone.now()
    minutes = number_of(CODE_MINUTES, local_date(now))
    window = check_in_window(row.starts_at, row.ends_at, check_in_policy(local_date(now)))
    return CheckInCode(
        _signer().sign(str(row.pk)), now + timedelta(minutes=minutes), window.opens_at, window.closes_at
    )


def read_code(token: str) -> ReadCode:
    """What the code says; 404 for one that this city did not sign."""
    minutes = number_of(CODE_MINUTES, local_date(timezone.now()))
    signer = _signer()
    try:
        return ReadCode(int(signer.unsign(token, max_age=timedelta(minutes=minutes))), False, minutes)
    except SignatureExpired:
        return ReadCode(int(signer.unsign(token)), True, minutes)
    except (BadSignature, ValueError) as forged:
        raise not_found("签到码", "check-in code") from forged


def drawn(address: str) -> str:
    """The address as a QR code in SVG, black on white with its quiet zone."""
    picture = io.BytesIO()
    code = segno.make(address, error="m")
    code.save(picture, kind="svg", xmldecl=False, scale=8, border=4, light="#fff", omitsize=True)
    return picture.getvalue().decode()
