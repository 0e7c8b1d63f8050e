"""Who sees which people: grid staff that somebody was invited, testers the people of their units. Rule: J17"""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from gis.layers.models import Community
from gis.layers.queries.features import current_communities
from gis.layers.queries.outlines import outlines_of
from grids.units.models import Grid
from grids.units.queries.leaders import grids_led_by
from grids.wellness.models import Citizen, ExerciseCase, Invitation
from grids.wellness.rules.case_states import OPEN_STATES
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.bureau.models import Consent
from tenants.bureau.queries.days import today
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.phone import normal_phone
from wangge.errors import not_found
from wangge.kernel.permissions import require

PHONE_DIGEST = "wellness-phone"
INVITE, TEST, PRESCRIBE = "wellness.invite", "wellness.test", "wellness.prescribe"
# What no list reads along with its people.
_SEALED = ("phone_sealed", "phone_digest")


def _inviting(user: User, community: str) -> Q:
    """Rows of communities in which the person may invite: by the right, or by leading a base grid there."""
    led = Grid.objects.filter(pk__in=grids_led_by(user, today())).values("community_id")
    return under_paths(granted_paths(user, INVITE), f"{community}unit__path") | Q(
        **{f"{community.removesuffix('__') or 'pk'}__in": led}
    )


def communities_to_invite_in(user: User) -> QuerySet[Community]:
    """The communities in which the person may invite, by id, without their shapes."""
    return current_communities().filter(_inviting(user, "")).defer(*outlines_of(""))


def community_to_invite_in(user: User, community_id: int) -> Community:
    """The community, in which the person may invite; 404 otherwise."""
    found = communities_to_invite_in(user).filter(pk=community_id).first()
    if found is None:
        raise not_found("社区", "community")
    return found


def invitations_visible_to(user: User) -> QuerySet[Invitation]:
    """Invitations in the communities where the person may invite, by id."""
    rows = Invitation.objects.select_related("citizen__community__unit").defer(
        *(f"citizen__{column}" for column in _SEALED), *outlines_of("citizen__community")
    )
    return rows.filter(_inviting(user, "citizen__community__")).order_by("id")


def citizens_visible_to(user: User) -> QuerySet[Citizen]:
    """People of the units for which the user holds `wellness.test`, by id; not those who were erased."""
    allowed = under_paths(granted_paths(user, TEST), "community__unit__path")
    rows = Citizen.objects.filter(allowed, erased_at=None).select_related("community__unit")
    return rows.defer(*_SEALED, *outlines_of("community")).order_by("id")


def _with_standing(rows: QuerySet[Citizen]) -> QuerySet[Citizen]:
    """With `consents`, the purposes in force, and `open_case_id`."""
    subject = Concat(Value("wellness.citizen:"), Cast(OuterRef("pk"), CharField()))
    given = Consent.objects.filter(subject=subject, withdrawn_at=None).order_by("purpose")
    case = ExerciseCase.objects.filter(
        citizen=OuterRef("pk"), state__in=[state.value for state in OPEN_STATES]
    )
    return rows.annotate(
        consents=ArraySubquery(given.values("purpose")), open_case_id=Subquery(case.values("pk")[:1])
    )


def citizens_with_standing(user: User) -> QuerySet[Citizen]:
    """People one may test, with the purposes they consent to and their open case, by id."""
    return _with_standing(citizens_visible_to(user))


def citizens_named(user: User, *, name: str = "", phone: str = "") -> QuerySet[Citizen]:
    """Those of them who have exactly this name and this phone, where given; raises 422 PHONE_FORMAT."""
    rows = citizens_with_standing(user)
    if name:
        rows = rows.filter(name=" ".join(name.split()))
    if phone:
        rows = rows.filter(
            phone_digest=sealer().digest(normal_phone(phone, status=400), purpose=PHONE_DIGEST)
        )
    return rows


def own_standing(user: User) -> Citizen:
    """The same of oneself; 404 without a linked account."""
    return _with_standing(Citizen.objects.filter(pk=own_citizen(user).pk)).get()


def citizen_for_update(user: User, citizen_id: int, permission: str = TEST) -> Citizen:
    """The person, locked: 404 out of sight, 403 without the right there.

    Every write about a person holds this lock, so that a withdrawal and an entry wait for each other.
    """
    found = citizens_visible_to(user).filter(pk=citizen_id).first()
    if found is None:
        raise not_found("人员", "person")
    require(user, permission, found.unit_path)
    return locked_citizen(found.pk)


def locked_citizen(citizen_id: int) -> Citizen:
    """The person, locked, with the community; 404 when erased meanwhile."""
    rows = Citizen.objects.select_for_update(of=("self",)).select_related("community__unit")
    found = rows.filter(pk=citizen_id, erased_at=None).first()
    if found is None:
        raise not_found("人员", "person")
    return found


def own_citizen(user: User) -> Citizen:
    """The record linked with the account, for which no right is needed; 404 without one."""
    rows = Citizen.objects.filter(user_id=user.pk, erased_at=None).select_related("community__unit")
    found = rows.defer(*_SEALED).first()
    if found is None:
        raise not_found("本人体质档案", "record of one's own")
    return found
