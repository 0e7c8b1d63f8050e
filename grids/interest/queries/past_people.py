"""People of whom nothing is needed any more but the counts: who took part in interest grids, and who served there.

Rules: J07, J08, X07
"""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from grids.interest.models import GridMember, MemberPost, Participant, Participation
from grids.interest.queries.indicators_places import until_end_of
from grids.interest.rules.people_states import PostState
from grids.units.models import FitnessGroupMember, GridLeader


def past_participations(last: date) -> QuerySet[Participation]:
    """Participations that ended on that day or before and still bear a name."""
    return Participation.objects.filter(left_on__lte=last, erased_on=None)


def participants_with_past(last: date) -> QuerySet[Participant]:
    """Whose participations these are, by id."""
    past = past_participations(last).filter(participant=OuterRef("pk"))
    return Participant.objects.filter(Exists(past)).order_by("id")


def past_members(last: date, on: date) -> QuerySet[GridMember]:
    """Members whose last post ended, or who were entered and never nominated, on that day or before; by id.

    Not those who still have a duty: a post that has not ended, a base grid to lead, a fitness organisation to serve.
    """
    posts = MemberPost.objects.filter(member=OuterRef("pk"))
    later = posts.filter(~Q(state=PostState.ENDED.value) | Q(ends_on=None) | Q(ends_on__gt=last))
    leads = GridLeader.objects.filter(user=OuterRef("user"), withdrawn_at=None)
    serves = FitnessGroupMember.objects.filter(user=OuterRef("user"))
    kept = (
        Exists(later)
        | (~Exists(posts) & Q(created_at__gte=until_end_of(last)))
        | Exists(leads.filter(Q(ends_on=None) | Q(ends_on__gte=on)))
        | Exists(serves.filter(Q(left_on=None) | Q(left_on__gte=on)))
    )
    return GridMember.objects.filter(~kept, erased_on=None).order_by("id")
