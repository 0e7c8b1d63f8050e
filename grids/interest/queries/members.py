"""Grid members and their posts, as far as one may see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import BooleanField, Case, Exists, OuterRef, Prefetch, Q, QuerySet, Value, When

from gis.layers.queries.outlines import outlines_of
from grids.interest.models import GridMember, InterestGrid, MemberPost
from grids.interest.queries.standing import (
    interest_grids_run_by,
    interest_grids_visible_to,
    led_or_served_by,
    posts_held_by,
)
from grids.interest.rules.people_states import PostState
from grids.interest.rules.standing import RIGHT_OF, Act, Standing, check_standing
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.bureau.queries.days import today
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.phone import normal_phone
from wangge.errors import not_found

MEMBER_PHONE, PARTICIPANT_PHONE = "grid-member-phone", "participant-phone"


def _post_in(interest_grids: QuerySet[InterestGrid], *, standing: bool = False) -> Exists:
    """Whether the person has, or had, a post in one of them; `standing`: one that has not ended."""
    ids = interest_grids.order_by().values("pk")
    posts = MemberPost.objects.filter(member=OuterRef("pk"), interest_grid__in=ids)
    return Exists(posts.exclude(state=PostState.ENDED.value) if standing else posts)


def managed_by(user: User, on: date) -> Q:
    """People the user manages: of the own units, in the own interest grids, or entered by the user without a post.

    Who once served there and does so no more is seen still, but managed by others: one nomination gives nobody
    a hold on a person for ever.
    """
    return (
        under_paths(granted_paths(user, RIGHT_OF[Act.STAFF]), "community__unit__path")
        | Q(_post_in(interest_grids_run_by(user, on), standing=True))
        | (Q(added_by=user.pk) & ~Q(Exists(MemberPost.objects.filter(member=OuterRef("pk")))))
    )


def members_visible_to(user: User) -> QuerySet[GridMember]:
    """People one manages, oversees, has served in interest grids one runs, or serves beside, and oneself, by id.

    Not those whose record was erased when its time of keeping had ended.

    `is_managed`: name and masked phone may be shown; `is_own`: the reader's own record; `has_served`: has or had a
    post in an interest grid the reader runs, who may nominate the person there anew.
    """
    on = today()
    managed = managed_by(user, on)
    overseen = under_paths(granted_paths(user, RIGHT_OF[Act.SEE]), "community__unit__path")
    fellow = Exists(
        MemberPost.objects.filter(
            member=OuterRef("pk"),
            interest_grid__in=posts_held_by(user, on).order_by().values("interest_grid"),
        ).exclude(state=PostState.ENDED.value)
    )
    office = InterestGrid.objects.filter(
        under_paths(granted_paths(user, RIGHT_OF[Act.SEE]), "community__unit__path")
    )
    once = Q(_post_in(interest_grids_run_by(user, on)))
    flags = {"is_managed": _flag(managed), "is_own": _flag(Q(user=user.pk)), "has_served": _flag(once)}
    seen = managed | overseen | Q(_post_in(office)) | once | Q(fellow) | Q(user=user.pk)
    rows = GridMember.objects.annotate(**flags).filter(seen, erased_on=None).select_related("community__unit")
    return rows.defer("phone_sealed", *outlines_of("community")).order_by("id")


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def with_posts(rows: QuerySet[GridMember], user: User) -> QuerySet[GridMember]:
    """The same with their posts in interest grids the user sees, one statement for all of them."""
    seen = interest_grids_visible_to(user).order_by().values("pk")
    posts = MemberPost.objects.filter(interest_grid__in=seen).select_related("interest_grid__item", "site")
    return rows.prefetch_related(Prefetch("posts", posts.order_by("id")))


def narrowed(rows: QuerySet[GridMember], asked: Mapping[str, Any], user: User) -> QuerySet[GridMember]:
    """Only those asked for: `name` (a part of it where it is shown, else the whole), `phone` (exact, of people one
    manages), `community`, `mine` (with a post where the user leads or serves), and by one post `source`, `state`,
    `interest_grid`, `grid` (a base grid served).

    Raises 422 PHONE_FORMAT.
    """
    if asked.get("name"):
        shown = Q(is_managed=True) | Q(is_own=True)
        rows = rows.filter(Q(name=asked["name"]) | (shown & Q(name__icontains=asked["name"])))
    if asked.get("phone"):
        digest = sealer().digest(normal_phone(asked["phone"], status=400), purpose=MEMBER_PHONE)
        rows = rows.filter(Q(is_managed=True) | Q(is_own=True), phone_digest=digest)
    if asked.get("community"):
        rows = rows.filter(community=asked["community"])
    if asked.get("mine"):
        rows = rows.filter(_post_in(led_or_served_by(user, today())))
    posts = _posts_asked_for(asked)
    if posts is None:
        return rows
    seen = interest_grids_visible_to(user).order_by().values("pk")
    return rows.filter(Exists(posts.filter(member=OuterRef("pk"), interest_grid__in=seen)))


def _posts_asked_for(asked: Mapping[str, Any]) -> QuerySet[MemberPost] | None:
    wanted = {key: asked[key] for key in ("source", "state", "interest_grid") if asked.get(key)}
    if asked.get("grid"):
        wanted["interest_grid__base_grids"] = asked["grid"]
    return MemberPost.objects.filter(**wanted) if wanted else None


def member_in_reach(user: User, member_id: int) -> GridMember:
    """The person with posts and flags as the user sees them; 404 out of sight."""
    found = with_posts(members_visible_to(user), user).filter(pk=member_id).first()
    if found is None:
        raise not_found("网格员", "grid member")
    return found


def member_for_update(user: User, member_id: int, *, to_nominate: bool = False) -> GridMember:
    """The person, locked: 404 out of sight, 403 POST_REQUIRED for who does not manage the person.

    `to_nominate`: also for who runs an interest grid in which the person once served.
    """
    seen: Any = members_visible_to(user).filter(pk=member_id).first()
    if seen is None:
        raise not_found("网格员", "grid member")
    if not (seen.is_managed or (to_nominate and seen.has_served)):
        check_standing(Act.STAFF, {Standing.MEMBER})
    locked = GridMember.objects.select_for_update(of=("self",), no_key=True).select_related("community__unit")
    return locked.get(pk=member_id)


def serves_elsewhere(user: User, member_id: int) -> bool:
    """Whether the person holds or is nominated for a post in an interest grid that the user does not run."""
    run = interest_grids_run_by(user, today()).order_by().values("pk")
    standing = MemberPost.objects.filter(member=member_id).exclude(state=PostState.ENDED.value)
    return standing.exclude(interest_grid__in=run).exists()


def posts_visible_to(user: User) -> QuerySet[MemberPost]:
    """Posts in the interest grids one sees, of every state, by id."""
    seen = interest_grids_visible_to(user).order_by().values("pk")
    rows = MemberPost.objects.filter(interest_grid__in=seen)
    return rows.select_related(
        "member", "interest_grid__community__unit", "interest_grid__item", "site"
    ).order_by("id")


def member_of_phone(phone: str) -> GridMember | None:
    """Who has this normal phone, anywhere in the city, locked."""
    digest = sealer().digest(phone, purpose=MEMBER_PHONE)
    return GridMember.objects.select_for_update(no_key=True).filter(phone_digest=digest).first()
