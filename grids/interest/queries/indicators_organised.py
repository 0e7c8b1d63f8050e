"""Whether the network of a place stands on a day: base grids and who leads them, interest grids, members. Rule: J01"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from grids.interest.models import InterestGridSpan, MemberPost
from grids.interest.queries.indicators_counts import Question, Row, by, of_places, people_counted, statement
from grids.interest.queries.indicators_places import Places, counted, held_on
from grids.interest.queries.standing import holding_post
from grids.interest.rules.indicators import Indicators
from grids.interest.rules.people_states import InterestGridState, MemberSource
from grids.units.models import GridFitnessGroup, GridLeader, PlanGrid, SportsBody
from grids.units.queries.leaders import active_on
from grids.units.queries.plans import plans_in_force
from grids.units.queries.sports_bodies import standing_on
from grids.units.rules.sports_bodies import SportsBodyKind
from tenants.bureau.queries.days import today


def add_base_grids(found: Mapping[int, Indicators], places: Places, on: date) -> None:
    """Base grids as the plans in force draw them, with their households, leaders and fitness organisations."""
    leader = GridLeader.objects.filter(active_on(on), grid=OuterRef("grid"))
    group = GridFitnessGroup.objects.filter(held_on(on, "founded_on", "dissolved_on"), grid=OuterRef("grid"))
    rows = places.keyed(base_grids_on(on), community="plan__community", grids=("grid",))
    for row in counted(
        rows,
        count=Count("id"),
        homes=Sum("households", default=0),
        office=Count("id", filter=Q(Exists(leader.filter(is_acting=False)))),
        acting=Count("id", filter=Q(Exists(leader.filter(is_acting=True)))),
        groups=Count("id", filter=Q(Exists(group))),
    ):
        organised = found[row["counts_for"]].organised
        organised.base_grids, organised.households = row["count"], row["homes"]
        organised.led_in_office, organised.led_acting = row["office"], row["acting"]
        organised.fitness_groups = row["groups"]


def base_grids_on(on: date) -> QuerySet[PlanGrid]:
    """The base grids of the day, as the plans in force draw them."""
    return PlanGrid.objects.filter(plan__in=plans_in_force(on), grid__isnull=False)


def add_sports_bodies(found: Mapping[int, Indicators], places: Places, on: date) -> None:
    """Sports federations and fitness organisations of the unit and of those below it; a base grid has none. Rule: J19"""
    if places.is_grid:
        return
    rows = places.of_units(SportsBody.objects.filter(standing_on(on)).order_by(), "unit__path")
    for row in counted(
        rows,
        federations=Count("id", filter=Q(kind=SportsBodyKind.FEDERATION)),
        organisations=Count("id", filter=Q(kind=SportsBodyKind.FITNESS_ORGANISATION)),
    ):
        organised = found[row["counts_for"]].organised
        organised.federations = row["federations"]
        organised.fitness_organisations = row["organisations"]


def interest_grids_asked(places: Places, on: date) -> Question:
    """Interest grids that were active, and those that slept, on the day. Rule: J07"""
    spans = of_places(places, spans_on(on, InterestGridState.ACTIVE, InterestGridState.DORMANT))
    by_state = by(places, spans, "interest_grid_id").annotate(
        active=Count("id", filter=Q(state=InterestGridState.ACTIVE)),
        dormant=Count("id", filter=Q(state=InterestGridState.DORMANT)),
    )

    def write(one: Indicators, row: Row) -> None:
        one.organised.interest_grids_active, one.organised.interest_grids_dormant = row

    return Question(statement(by_state), 2, write)


def spans_on(on: date, *states: InterestGridState) -> QuerySet[InterestGridSpan]:
    """The spans in one of the states that hold on the day; of an interest grid at most one does."""
    return InterestGridSpan.objects.filter(held_on(on, "since", "until"), state__in=states)


def add_members(found: Mapping[int, Indicators], places: Places, on: date) -> None:
    """Members who served on the day: different people, their posts, and people by where they come from."""
    by_source = {source.value: Q(source=source) for source in MemberSource}
    for counted_there in people_counted(places, posts_on(on), "member", **by_source):
        organised = found[counted_there.place].organised
        organised.members, organised.posts = counted_there.people, counted_there.rows
        organised.members_by_source = counted_there.people_marked


def posts_on(on: date) -> QuerySet[MemberPost]:
    """Posts that were served on the day, those ended since among them, in interest grids that stood on it.

    A nomination that came to nothing is none, nor is a post in a mere proposal: nobody serves there yet.
    """
    stood = spans_on(on, InterestGridState.ACTIVE, InterestGridState.DORMANT)
    posts = MemberPost.objects.filter(Exists(stood.filter(interest_grid=OuterRef("interest_grid"))))
    if on >= today():
        return posts.filter(holding_post(on))
    return posts.filter(held_on(on, "starts_on", "ends_on"), confirmed_by__isnull=False)
