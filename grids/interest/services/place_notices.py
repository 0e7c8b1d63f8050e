"""Word to those who run an interest grid that its place was closed, or stands again. Rules: J07, J09, J13

Its leaders, its members, whoever planned a meeting there, and of a proposal who made it, in the product. Participants
are told once a meeting is moved or called off, and not before: what becomes of it is not decided yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from django.utils import timezone

from grids.interest.models import InterestGrid, MemberPost
from grids.interest.queries.closed_places import AtSites, interest_grids_at
from grids.interest.queries.standing import holding_post, links_in_fact
from grids.interest.rules.closed_place import PlaceWords, words_of_closed, words_of_opened
from grids.interest.rules.people_states import InterestGridState
from grids.units.queries.leaders import leaders_of
from instructors.assignment.models import Site
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import local_moment
from tenants.bureau.services.outbox import Message, queue_messages

CLOSED, OPENED = "place.closed", "place.opened"


def tell_places_closed(sites: Sequence[Site], import_id: int) -> None:
    """Queue a notice to everybody who runs an interest grid that meets at these sites, once; nothing is cancelled."""
    last = today()
    found = _at(sites, local_moment(last + timedelta(days=1), time()))
    names = {site.pk: site.name for site in sites}
    words = {
        each.interest_grid.pk: words_of_closed(
            each.interest_grid.name, _named(each, names), last, sum(map(len, each.meetings.values()))
        )
        for each in found
    }
    queue_messages(_messages(found, CLOSED, import_id, words))


def tell_places_opened(sites: Sequence[Site], import_id: int) -> None:
    """The same when the sites stand again, to those who still meet there."""
    found = _at(sites, timezone.now())
    names = {site.pk: site.name for site in sites}
    words = {
        each.interest_grid.pk: words_of_opened(each.interest_grid.name, _named(each, names)) for each in found
    }
    queue_messages(_messages(found, OPENED, import_id, words))


def _at(sites: Sequence[Site], first: datetime) -> list[AtSites]:
    return interest_grids_at([site.pk for site in sites], first)


def _named(each: AtSites, names: dict[int, str]) -> list[str]:
    return [names[site] for site in sorted(each.sites)]


def _messages(
    found: Sequence[AtSites], template: str, import_id: int, words: dict[int, PlaceWords]
) -> Iterator[Message]:
    readers = _runners(found)
    for each in found:
        grid = each.interest_grid
        facts = {
            "title": words[grid.pk].title, "text": words[grid.pk].text, "interest_grid": grid.pk, "code": grid.code,
            "meetings": sum(map(len, each.meetings.values())), "rule": "J07",
        }  # fmt: skip
        for user_id in sorted(readers[grid.pk]):
            key = f"{template}:{import_id}:{grid.pk}:u{user_id}"
            yield Message("in_app", f"accounts.user:{user_id}", template, facts, key)


def _runners(found: Sequence[AtSites]) -> defaultdict[int, set[int]]:
    """The accounts that run each interest grid, by its id; three statements for any number of them."""
    on, ids = today(), [each.interest_grid.pk for each in found]
    readers: defaultdict[int, set[int]] = defaultdict(set)
    posts = MemberPost.objects.filter(holding_post(on), interest_grid__in=ids).exclude(member__user=None)
    for grid_id, user_id in posts.values_list("interest_grid_id", "member__user_id"):
        readers[grid_id].add(user_id)
    served = list(links_in_fact().filter(interestgrid_id__in=ids).values_list("interestgrid_id", "grid_id"))
    leaders = leaders_of({base for _, base in served}, on)
    for grid_id, base in served:
        if base in leaders:
            readers[grid_id].add(leaders[base].user_id)
    for each in found:
        readers[each.interest_grid.pk] |= each.planners | _proposer(each.interest_grid)
    return readers


def _proposer(grid: InterestGrid) -> set[int]:
    return {grid.proposed_by_id} if grid.state == InterestGridState.PROPOSED else set()
