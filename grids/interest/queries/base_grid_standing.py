"""How a person stands towards a base grid: what is done at its doors and with its faults.

Rules: J06, J08, J13
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q

from grids.interest.models import MemberPost
from grids.interest.queries.noting import record_days
from grids.interest.queries.standing import links_in_fact, posts_held_by
from grids.interest.rules.base_grid_standing import check_base_grid_standing
from grids.interest.rules.standing import RIGHT_OF, Act, Standing
from grids.units.models import Grid, GridLeader
from grids.units.queries.leaders import grids_led_by, standing_term
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import RuleBroken, not_found


def grids_at_post(user: User, on: date) -> list[int]:
    """The ids of the base grids the person leads or serves by a post that day; one statement.

    They are few, and read at once: named one by one they let an index find the rows among a million.
    """
    posts = posts_held_by(user, on).values("interest_grid_id")
    served = links_in_fact().filter(interestgrid_id__in=posts).values_list("grid_id", flat=True)
    return sorted(set(grids_led_by(user, on).order_by().union(served.order_by())))


def led_or_served(user: User, on: date, field: str = "pk") -> Q:
    """A filter for rows whose base grid (`field`) the person leads or serves."""
    return Q(**{f"{field}__in": grids_at_post(user, on)})


def _grids_lately_at_post(user: User, first: date, last: date) -> list[int]:
    """The ids of the base grids that the person led or served on any of these days."""
    held = Q(starts_on__lte=last) & (Q(ends_on=None) | Q(ends_on__gte=first))
    led = GridLeader.objects.filter(standing_term() & held, user=user.pk).values_list("grid_id", flat=True)
    posts = MemberPost.objects.filter(held, member__user=user.pk, confirmed_by__isnull=False)
    links = links_in_fact().filter(interestgrid_id__in=posts.values("interest_grid_id"))
    return sorted(set(led.order_by()) | set(links.values_list("grid_id", flat=True).order_by()))


def base_grid_in_reach(user: User, grid_id: int, act: Act, on: date | None = None) -> Grid:
    """The base grid, for an act there on a day, today by default; 404 unless seen, 403 POST_REQUIRED without a post.

    What was noted offline is judged by its own day: the post may have ended and the grid been redrawn before the phone
    found a network. Whoever had a post there lately, though not on that day, is told so instead of 404. Raises 409
    GRID_RETIRED for a grid that was not in force that day.
    """
    now = today()
    on = on or now
    by_office = under_paths(granted_paths(user, "grid.view"), "community__unit__path") | under_paths(
        granted_paths(user, RIGHT_OF[act]), "community__unit__path"
    )
    by_post = led_or_served(user, on)
    if on != now:
        by_post |= Q(pk__in=_grids_lately_at_post(user, min(on, now - timedelta(days=record_days(now))), now))
    seen = Grid.objects.select_related("community__unit").filter(by_office | by_post)
    found = seen.filter(pk=grid_id).first()
    if found is None:
        raise not_found("网格", "grid")
    _check_in_force(found, on)  # first: nobody leads or serves a retired grid, and that is what is to be told
    standings = base_grid_standings(user, found, act, on)
    check_base_grid_standing(act, standings, None if on == now else on)
    return found


def base_grid_standings(user: User, grid: Grid, act: Act, on: date) -> set[Standing]:
    """How the person stands towards the base grid when the act is asked for; empty: a stranger."""
    right, path = RIGHT_OF[act], grid.unit_path
    rows = Grid.objects.filter(pk=grid.pk).annotate(
        is_led=Exists(grids_led_by(user, on).filter(grid_id=OuterRef("pk"))),
        is_served=Exists(
            links_in_fact().filter(
                grid_id=OuterRef("pk"), interestgrid_id__in=posts_held_by(user, on).values("interest_grid_id")
            )
        ),
    )
    is_led, is_served = rows.values_list("is_led", "is_served").get()
    held = {
        Standing.OFFICE: any(path.startswith(top) for top in granted_paths(user, right)),
        Standing.LEADER: is_led,
        Standing.MEMBER: is_served,
    }
    return {standing for standing, is_held in held.items() if is_held}


def _check_in_force(grid: Grid, on: date) -> None:
    if grid.valid_to is None or grid.valid_to >= on:
        return
    raise RuleBroken(
        "GRID_RETIRED",
        zh=f"网格{grid.code}已于{grid.valid_to.isoformat()}停用",
        en=f"grid {grid.code} was retired on {grid.valid_to}",
        status=409,
        rule="J03",
        facts={"valid_to": grid.valid_to.isoformat()},
        how_to_fix_zh="请选择现行网格",
        how_to_fix_en="choose a grid that is in force",
    )
