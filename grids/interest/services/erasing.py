"""People who ask for it are erased: everywhere by who may, else where one is in charge, and the rest is handed up. Rule: X07"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from grids.interest.models import ErasureRequest, Participant, Participation
from grids.interest.queries.participants import participation_seen, person_locked, present_participations
from grids.interest.queries.standing import (
    interest_grid_in_reach,
    interest_grids_run_by,
    standings_of,
)
from grids.interest.rules.participation import ERASED_NAME, check_erasure
from grids.interest.rules.standing import Act, Standing
from grids.interest.services.erasure_requests import HandingUp, hand_up, settle_erased
from grids.interest.services.phones import keep_phone
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from wangge.errors import not_found


@dataclass(frozen=True, slots=True)
class ErasedHere:
    """In how many interest grids outside one's charge the person remains, and the request that was handed up for them."""

    elsewhere: int
    request: ErasureRequest | None = None


@transaction.atomic
def erase_participant(*, participation_id: int, reason: str, acting_user: User) -> Participant:
    """Erase a person's name and phone, in every interest grid; the row stays for the counts.

    For an office with the right over this participation; for a leader where no interest grid outside the leader's
    charge still has the person. The person leaves every interest grid. Raises 404, 403 POST_REQUIRED and
    PARTICIPANT_ELSEWHERE. Erasing twice changes nothing.
    """
    row, participant = _person_for_update(acting_user, participation_id)
    if participant.erased_on is not None:
        return participant
    by_office = Standing.OFFICE in standings_of(acting_user, row.interest_grid, Act.STAFF, today())
    check_erasure(_elsewhere(participant, acting_user).count(), by_office=by_office)
    erase_everywhere(participant, reason, acting_user)
    return participant


def erase_everywhere(participant: Participant, reason: str, acting_user: User) -> None:
    """The same for a person the caller has locked and may erase; a request that waited for it is answered by it."""
    present = present_participations(participant.pk)
    ids = list(present.values_list("pk", flat=True))
    present.update(left_on=today())
    forget_participant(participant)
    record_audit(
        acting_user=acting_user, action="participant.erase", subject=participant, reason=reason,
        after={"erased_on": today().isoformat(), "participations_left": ids},
    )  # fmt: skip
    settle_erased([participant.pk], acting_user)


def forget_participant(participant: Participant) -> None:
    """Take name and phone out of a person's row and participations; the caller has locked the person."""
    Participation.objects.filter(participant=participant, erased_on=None).update(erased_on=today())
    Participation.objects.filter(participant=participant).update(name="")
    participant.name, participant.erased_on = ERASED_NAME, today()
    participant.save(update_fields=["name", "erased_on"])
    keep_phone(participant, "")


@transaction.atomic
def erase_in_own_grids(*, participation_id: int, reason: str, acting_user: User) -> ErasedHere:
    """End and erase the person's participations in interest grids whose people one manages; what remains elsewhere.

    Where nothing remains the person is erased as a whole. Else the request is handed up to whoever manages people over
    all that remains. Raises 404 and 403 POST_REQUIRED.
    """
    row, participant = _person_for_update(acting_user, participation_id)
    elsewhere = _elsewhere(participant, acting_user).select_related(
        "participant", "interest_grid__community__unit"
    )
    remaining = list(elsewhere)
    if not remaining:
        erase_participant(participation_id=participation_id, reason=reason, acting_user=acting_user)
        return ErasedHere(0)
    handed_up = hand_up(
        HandingUp(participant, row.interest_grid, [each.unit_path for each in remaining], reason), acting_user
    )
    run = interest_grids_run_by(acting_user, today()).order_by().values("pk")
    own = Participation.objects.filter(participant=participant, interest_grid__in=run, erased_on=None)
    ids = list(own.order_by("id").values_list("pk", flat=True))
    own.filter(left_on=None).update(left_on=today())
    Participation.objects.filter(pk__in=ids).update(name=ERASED_NAME, erased_on=today())
    forget_name(participant, [each.shown_name for each in remaining])
    record_audit(
        acting_user=acting_user, action="participation.erase", subject=row, reason=reason,
        after={"participations": ids, "elsewhere": len(remaining), "request": handed_up.pk},
    )  # fmt: skip
    return ErasedHere(len(remaining), handed_up)


def _person_for_update(user: User, participation_id: int) -> tuple[Participation, Participant]:
    """The participation and its person: 404 out of sight, 403 POST_REQUIRED.

    The person is locked with all participations.
    """
    row = participation_seen(user, participation_id)
    interest_grid_in_reach(user, row.interest_grid_id, Act.STAFF)
    participant = person_locked(row.participant_id)
    # The check-in that made the person join may have been taken back until the person was locked.
    if participant is None or not Participation.objects.filter(pk=row.pk).exists():
        raise not_found("参与记录", "participation")
    return row, participant


def forget_name(participant: Participant, known: Collection[str]) -> None:
    """Keep no name that only erased participations told: the person bears one of those still known."""
    if participant.name not in known:
        participant.name = next(iter(known))
        participant.save(update_fields=["name"])


def _elsewhere(participant: Participant, user: User) -> QuerySet[Participation]:
    """Where the person still takes part outside the charge of the user."""
    run = interest_grids_run_by(user, today()).order_by().values("pk")
    return present_participations(participant.pk).exclude(interest_grid__in=run)
