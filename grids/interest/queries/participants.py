"""Who takes part in an interest grid."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonpath

from django.db.models import QuerySet
from django.db.models.functions import Length

from grids.interest.models import Participant, Participation
from grids.interest.queries.members import PARTICIPANT_PHONE
from grids.interest.queries.standing import interest_grids_visible_to
from grids.interest.rules.standing import RIGHT_OF, Act
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.bureau.models import Grant, OrgUnit
from wangge.errors import not_found


def participations_of(interest_grid_id: int, *, with_past: bool = False) -> QuerySet[Participation]:
    """Who takes part in it, and on request who did, by id; the caller has decided who may look."""
    rows = Participation.objects.filter(interest_grid=interest_grid_id)
    if not with_past:
        rows = rows.filter(left_on=None)
    return rows.select_related("participant").defer("participant__phone_sealed").order_by("id")


def participations_visible_to(user: User) -> QuerySet[Participation]:
    """Participations in the interest grids one sees, by id."""
    seen = interest_grids_visible_to(user).order_by().values("pk")
    rows = Participation.objects.filter(interest_grid__in=seen)
    return rows.select_related("participant", "interest_grid__community__unit").order_by("id")


def participation_seen(user: User, participation_id: int) -> Participation:
    """One participation in an interest grid one sees; else 404."""
    found = participations_visible_to(user).filter(pk=participation_id).first()
    if found is None:
        raise not_found("参与记录", "participation")
    return found


def participant_of_phone(phone: str) -> Participant | None:
    """Who has this normal phone, anywhere in the city, locked: whoever is being erased or taken back is not found."""
    digest = sealer().digest(phone, purpose=PARTICIPANT_PHONE)
    return Participant.objects.select_for_update().filter(phone_digest=digest).first()


def person_locked(participant_id: int) -> Participant | None:
    """The person, locked, then all the person's participations in the order of ids; None for one who is gone by now.

    Of two who erase one person, each from another interest grid, one waits; so does who closes one of them.
    """
    person = Participant.objects.select_for_update().filter(pk=participant_id).first()
    held = Participation.objects.select_for_update(no_key=True).filter(participant=participant_id)
    list(held.order_by("id").values_list("pk"))
    return person


def present_participations(participant_id: int) -> QuerySet[Participation]:
    """Where a person takes part today, anywhere in the city, by id; who asks has decided what of it is told."""
    return Participation.objects.filter(participant=participant_id, left_on=None).order_by("id")


def nearest_office_over(paths: Sequence[str], act: Act) -> list[int]:
    """The ids of the active people who hold the act's right at the lowest unit over all these paths that has any."""
    grants = Grant.objects.filter(
        permission=RIGHT_OF[act], unit__path__in=_over_all(paths), user__is_active=True
    )
    by_path: dict[str, list[int]] = {}
    for path, user_id in grants.order_by("user").values_list("unit__path", "user_id"):
        by_path.setdefault(path, []).append(user_id)
    return by_path[max(by_path, key=len)] if by_path else []


def lowest_unit_over(paths: Sequence[str]) -> OrgUnit:
    """The lowest org unit over all these paths."""
    return OrgUnit.objects.filter(path__in=_over_all(paths)).order_by(Length("path").desc())[0]


def _over_all(paths: Sequence[str]) -> list[str]:
    shared = f"{commonpath(list(paths))}/"
    return [shared[: at + 1] for at, letter in enumerate(shared) if letter == "/"]
