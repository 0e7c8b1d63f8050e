"""Who leads which grid, and who holds the office in charge of culture and sports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from gis.layers.queries.outlines import outlines_of
from grids.units.models import CultureSportsOfficer, GridLeader
from grids.units.queries.account_names import with_names
from grids.units.rules.leader_states import LeaderState, TermFacts, state_on
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths

_PEOPLE = ("user", "appointed_by", "confirmed_by")


def leaders_visible_to(user: User) -> QuerySet[GridLeader]:
    """Present, past and coming leaders in the communities for which the user holds `leader.view`, by id."""
    allowed = under_paths(granted_paths(user, "leader.view"), "grid__community__unit__path")
    rows = GridLeader.objects.filter(allowed).select_related("grid__community__unit", *_PEOPLE)
    return with_names(rows, user, *_PEOPLE).defer(*outlines_of("grid__community")).order_by("id")


def officers_visible_to(user: User) -> QuerySet[CultureSportsOfficer]:
    """Officials in charge of culture and sports in the user's communities, by id."""
    allowed = under_paths(granted_paths(user, "leader.view"), "community__unit__path")
    rows = CultureSportsOfficer.objects.filter(allowed).select_related("community__unit", "user")
    return with_names(rows, user, "user").defer(*outlines_of("community")).order_by("id")


def standing_term() -> Q:
    """Terms that were confirmed and not called off, whenever they are."""
    return Q(confirmed_at__isnull=False, withdrawn_at=None)


def active_on(on: date) -> Q:
    """Leaders who serve on that day, in office or acting."""
    return standing_term() & Q(starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=on))


def in_state(state: LeaderState, on: date) -> Q:
    """Terms that are in that state on that day, as `rules.leader_states.state_on` says."""
    over = Q(withdrawn_at__isnull=False) | Q(ends_on__lt=on)
    confirmed = Q(confirmed_at__isnull=False)
    return {
        LeaderState.ENDED: over,
        LeaderState.NOMINATED: ~over & ~confirmed,
        LeaderState.CONFIRMED: ~over & confirmed & Q(starts_on__gt=on),
        LeaderState.ACTIVE: active_on(on) & Q(is_acting=False),
        LeaderState.ACTING: active_on(on) & Q(is_acting=True),
    }[state]


def state_of(leader: GridLeader, on: date) -> LeaderState:
    """The state of a term on that day."""
    facts = TermFacts(
        leader.starts_on,
        leader.ends_on,
        leader.is_acting,
        is_confirmed=leader.confirmed_at is not None,
        is_withdrawn=leader.withdrawn_at is not None,
    )
    return state_on(facts, on)


def leaders_of(grid_ids: Iterable[int], on: date) -> dict[int, GridLeader]:
    """The leader of each of these grids on that day; a grid without one is missing."""
    rows = GridLeader.objects.filter(active_on(on), grid_id__in=list(grid_ids)).select_related("user")
    return {row.grid_id: row for row in rows}


def grids_with_leader(grid_ids: Iterable[int | None], on: date) -> set[int]:
    """Those of these grids that are led on that day."""
    wanted = [grid_id for grid_id in grid_ids if grid_id is not None]
    return set(GridLeader.objects.filter(active_on(on), grid_id__in=wanted).values_list("grid_id", flat=True))


def grids_led_by(user: User, on: date) -> QuerySet[GridLeader, int]:
    """The ids of the grids the user leads on that day; a grid that was retired is led by nobody."""
    stands = Q(grid__valid_to=None) | Q(grid__valid_to__gte=on)
    return GridLeader.objects.filter(active_on(on), stands, user=user).values_list("grid_id", flat=True)


def terms_of(grid_id: int, reader: User | None = None) -> list[GridLeader]:
    """Every term of the grid's leaders, oldest first; for a reader with whose names are read in full."""
    rows = GridLeader.objects.filter(grid_id=grid_id).select_related("grid__community__unit", *_PEOPLE)
    if reader is not None:
        rows = with_names(rows, reader, *_PEOPLE)
    return list(rows.order_by("starts_on", "id"))
