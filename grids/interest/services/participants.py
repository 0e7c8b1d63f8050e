"""Participants join and leave interest grids with no more than a name and a phone. Rules: J07, X07"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from grids.interest.models import InterestGrid, Participant, Participation
from grids.interest.queries.participants import participant_of_phone, participation_seen
from grids.interest.queries.standing import interest_grid_for_update
from grids.interest.rules.duty_role import WorkKind
from grids.interest.rules.participation import already_joined, check_consent, named_otherwise
from grids.interest.rules.people_states import (
    InterestGridAction,
    InterestGridState,
    check_interest_grid_action,
)
from grids.interest.rules.standing import Act
from grids.interest.services.phones import keep_phone
from grids.interest.services.work_logs import WorkDone, record_work
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name
from tenants.bureau.rules.phone import normal_phone
from wangge.errors import RuleBroken, not_found


@dataclass(frozen=True, slots=True)
class JoinOrder:
    """Who joins, and the wording agreed to; people without a phone have none."""

    name: str
    phone: str = ""
    has_consented: bool = False
    consent_version: str = ""


@transaction.atomic
def enrol_participant(*, interest_grid_id: int, order: JoinOrder, acting_user: User) -> Participation:
    """Let a person join, entered by the leader, a member or the office.

    Raises 404, 403 POST_REQUIRED, 409 INVALID_TRANSITION, PARTICIPATION_TWICE and PARTICIPANT_NAME_DIFFERS (both speak of
    this interest grid only), 422 CONSENT_REQUIRED and PHONE_FORMAT.
    """
    found = interest_grid_for_update(acting_user, interest_grid_id, Act.ENROL)
    participation = join(found, order, timezone.now(), acting_user)
    work = WorkDone(
        WorkKind.PERSON_ENROLLED, reference=f"participation:{participation.pk}", at=participation.consented_at
    )
    record_work(work=work, acting_user=acting_user, interest_grid=found)
    return participation


def join(
    found: InterestGrid, order: JoinOrder, consented_at: datetime, acting_user: User | None
) -> Participation:
    """The same for an interest grid the caller has decided on; inside the caller's transaction. None: by oneself."""
    check_interest_grid_action(InterestGridState(found.state), InterestGridAction.EDIT)
    check_consent(order.has_consented, order.consent_version)
    name = " ".join(order.name.split())
    participant = found_or_made_participant(name=name, phone=order.phone)
    _check_not_joined(found, participant, name)
    try:
        with transaction.atomic():
            participation = Participation.objects.create(
                participant=participant, interest_grid=found, name=name, joined_on=today(),
                consented_at=consented_at, consent_version=order.consent_version.strip(), enrolled_by=acting_user,
            )  # fmt: skip
    except IntegrityError as clash:
        raise already_joined(found.name, has_phone=bool(order.phone)) from clash
    record_audit(
        acting_user=acting_user, action="participation.join", subject=participation,
        after=_told(participation),
    )  # fmt: skip
    return participation


def _check_not_joined(found: InterestGrid, participant: Participant, name: str) -> None:
    """Nobody joins twice: by one phone under another name, or by one name without a phone."""
    present = Participation.objects.filter(interest_grid=found, left_on=None).select_related("participant")
    if participant.phone_digest is not None:
        same = present.filter(participant=participant).first()
        if same is not None and same.shown_name != name:
            raise named_otherwise(found.name)
        return
    others = present.filter(participant__phone_digest=None).exclude(participant=participant)
    if others.filter(Q(name=name) | Q(name="", participant__name=name)).exists():
        raise already_joined(found.name, has_phone=False)


def found_or_made_participant(*, name: str, phone: str = "") -> Participant:
    """The participant with this phone, whatever the name, or a new one of this name; two connections make one row.

    Inside a transaction; without a phone always a new one. Raises 422 PHONE_FORMAT.
    """
    phone = normal_phone(phone) if phone else ""
    found = participant_of_phone(phone) if phone else None
    if found is not None:
        return found
    try:
        with transaction.atomic():
            made = Participant.objects.create(name=" ".join(name.split()))
            keep_phone(made, phone)
            return made
    except IntegrityError:
        entered = participant_of_phone(phone)  # by somebody else at this moment
        if entered is None:
            raise
        return entered


@transaction.atomic
def leave_interest_grid(*, participation_id: int, acting_user: User) -> Participation:
    """Today is the person's last day in the interest grid. 404, 403 POST_REQUIRED, 409 ALREADY_LEFT."""
    row = _participation_for_update(acting_user, participation_id, Act.ENROL)
    if row.left_on is not None:
        raise RuleBroken(
            "ALREADY_LEFT", zh=f"该参与者已于{row.left_on.isoformat()}退出", status=409, rule="J07",
            en=f"this person left on {row.left_on} already", facts={"left_on": row.left_on.isoformat()},
        )  # fmt: skip
    before = _told(row)
    row.left_on = today()
    row.save(update_fields=["left_on"])
    record_audit(
        acting_user=acting_user, action="participation.leave", subject=row, before=before, after=_told(row)
    )
    return row


def _participation_for_update(user: User, participation_id: int, act: Act) -> Participation:
    """The participation, locked with its interest grid: 404 out of sight, 403 POST_REQUIRED unless the act is allowed.

    404 also where the check-in that made it was taken back at this moment.
    """
    found = participation_seen(user, participation_id)
    interest_grid_for_update(user, found.interest_grid_id, act)
    rows = Participation.objects.select_for_update(of=("self",), no_key=True).select_related(
        "participant", "interest_grid"
    )
    locked = rows.filter(pk=participation_id).first()
    if locked is None:
        raise not_found("参与记录", "participation")
    return locked


def _told(row: Participation) -> dict[str, Any]:
    return {
        "interest_grid": row.interest_grid.code,
        "participant": row.participant_id,
        "name": mask_name(row.shown_name),
        "phone": row.shown_phone,
        "joined_on": row.joined_on.isoformat(),
        "left_on": None if row.left_on is None else row.left_on.isoformat(),
        "consent_version": row.consent_version,
    }
