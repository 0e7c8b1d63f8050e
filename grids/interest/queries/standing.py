"""Which interest grids a person sees, and how the person stands towards one; where they are locked.

One order of locks holds for all that is written about interest grids, so that no two wait for each other: community and
base grids → grid member → interest grids → activity → occurrence → instructor → site → bookings → participants →
participations → attendances; rows of one kind in the order of their ids. Whoever writes below an interest grid holds
it, so that one that closes closes with all of it. A row that others refer to is locked `no_key`, unless it is deleted:
foreign keys are looked at when a transaction commits, and such a look never waits for a lock like this.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from gis.layers.queries.outlines import outlines_of
from grids.interest.models import InterestGrid, MemberPost
from grids.interest.rules.people_states import InterestGridState, PostState
from grids.interest.rules.standing import RIGHT_OF, Act, Standing, check_standing
from grids.units.queries.leaders import grids_led_by
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found
from wangge.kernel.permissions import holds


def holding_post(on: date) -> Q:
    """Posts that are served on that day: confirmed or active, between their days; of a day gone by also those ended since.

    A post that was ended at once gives nothing any more today; a nomination that was withdrawn never gave anything.
    """
    in_state = Q(state__in=(PostState.CONFIRMED, PostState.ACTIVE))
    if on < today():
        in_state |= Q(state=PostState.ENDED, confirmed_by__isnull=False)
    return in_state & Q(starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=on))


def posts_held_by(user: User, on: date) -> QuerySet[MemberPost]:
    """The posts the person serves in on that day."""
    return MemberPost.objects.filter(holding_post(on), member__user_id=user.pk)


def served_in_fact(prefix: str = "") -> Q:
    """A filter for rows that reach base grids by `<prefix>base_grids`: of the home, others once a crossing is approved.

    A base grid of another community that a proposal merely names gives nobody a standing, on either side.
    """
    at_home = Q(**{f"{prefix}base_grids__community": F(f"{prefix}community")})
    return at_home | Q(**{f"{prefix}crossing_approved_on__isnull": False})


def links_in_fact() -> QuerySet[Any]:
    """Which interest grid serves which base grid, without what awaits the county's approval."""
    at_home = Q(grid__community_id=F("interestgrid__community_id"))
    rows = InterestGrid.base_grids.through.objects
    return rows.filter(at_home | Q(interestgrid__crossing_approved_on__isnull=False))


def _led_or_served(user: User, on: date) -> Q:
    """Interest grids that serve a base grid the person leads, or in which the person holds a post."""
    led = links_in_fact().filter(interestgrid_id=OuterRef("pk"), grid_id__in=grids_led_by(user, on))
    served = posts_held_by(user, on).filter(interest_grid_id=OuterRef("pk"))
    return Q(Exists(led)) | Q(Exists(served))


def led_or_served_by(user: User, on: date) -> QuerySet[InterestGrid]:
    """The interest grids of one's own posts: as leader of a base grid served, or as member."""
    return InterestGrid.objects.filter(_led_or_served(user, on))


def interest_grids_visible_to(user: User, on: date | None = None) -> QuerySet[InterestGrid]:
    """Interest grids the person sees, by id; `on`: by the posts of that day, today's by default.

    By a right for the unit, by leading a base grid it serves, by a post in it, or as the own proposal.
    """
    by_office = under_paths(granted_paths(user, RIGHT_OF[Act.SEE]), "community__unit__path")
    rows = InterestGrid.objects.select_related("community__unit", "item", "site").defer(
        *outlines_of("community")
    )
    proposed = Q(proposed_by=user.pk, state=InterestGridState.PROPOSED)
    return rows.filter(by_office | proposed | _led_or_served(user, on or today())).order_by("id")


def standings_of(user: User, found: InterestGrid, act: Act, on: date) -> set[Standing]:
    """How the person stands towards the interest grid when the act is asked for; empty: a stranger."""
    standings = set()
    if holds(user, RIGHT_OF[act], found.unit_path):
        standings.add(Standing.OFFICE)
    if links_in_fact().filter(interestgrid_id=found.pk, grid_id__in=grids_led_by(user, on)).exists():
        standings.add(Standing.LEADER)
    if posts_held_by(user, on).filter(interest_grid=found).exists():
        standings.add(Standing.MEMBER)
    if found.state == InterestGridState.PROPOSED and found.proposed_by_id == user.pk:
        standings.add(Standing.PROPOSER)
    return standings


def interest_grids_run_by(user: User, on: date) -> QuerySet[InterestGrid]:
    """Interest grids whose people the user manages: by `member.edit` for the unit, or by leading a base grid served."""
    by_office = under_paths(granted_paths(user, RIGHT_OF[Act.STAFF]), "community__unit__path")
    led = links_in_fact().filter(interestgrid_id=OuterRef("pk"), grid_id__in=grids_led_by(user, on))
    return InterestGrid.objects.filter(by_office | Q(Exists(led)))


def interest_grid_in_reach(
    user: User, interest_grid_id: int, act: Act, on: date | None = None
) -> InterestGrid:
    """The interest grid for reading; 404 unless visible, 403 POST_REQUIRED unless the person may do the act.

    `on`: the day the act is judged by, where it was noted offline; today by default.
    """
    on = on or today()
    found = interest_grids_visible_to(user, on).filter(pk=interest_grid_id).first()
    if found is None:
        raise not_found("兴趣网格", "interest grid")
    check_standing(act, standings_of(user, found, act, on))
    return found


def interest_grid_for_update(user: User, interest_grid_id: int, act: Act) -> InterestGrid:
    """The same, locked until the transaction ends."""
    found = interest_grid_in_reach(user, interest_grid_id, act)
    (locked,) = interest_grids_locked([found.pk])
    return locked


def interest_grids_locked(ids: Iterable[int] | QuerySet[Any, Any]) -> list[InterestGrid]:
    """These interest grids as they stand now, locked in the order of ids until the transaction ends."""
    rows = InterestGrid.objects.select_for_update(of=("self",), no_key=True)
    return list(rows.select_related("community__unit", "item", "site").filter(pk__in=ids).order_by("id"))
