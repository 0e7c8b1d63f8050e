"""X07: what is counted stays what it was when the time of keeping names has ended: indicators, regularity, profiles."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest
from django_tenants.utils import schema_context

from grids.interest.queries.indicators import indicators_of, terms_on
from grids.interest.queries.indicators_places import Places
from grids.interest.queries.regularity import regular_activities, regular_interest_grids
from grids.interest.queries.work_logs import own_work_profile, work_profiles_visible_to
from grids.interest.rules.work_month import Days
from grids.interest.services.retention import erase_past_people

pytestmark = pytest.mark.django_db
LEVELS = ("grid", "community", "town", "county", "city")


def figures(on: date, acting: Any, city: Any) -> dict[str, Any]:
    """Every indicator on every level, what is regular, and the four-role profiles of the month that ends that day."""
    terms = terms_on(on, None)
    told: dict[str, Any] = {}
    for level in LEVELS:
        found = indicators_of(Places(level, paths=(city.path,)), terms)
        told[level] = {place: asdict(one) for place, one in found.items()}
    month = Days(on - timedelta(days=30), on)
    told["regular"] = regular_activities(on), regular_interest_grids(on)
    told["profile"] = own_work_profile(acting, month, on)
    told["profiles"] = list(work_profiles_visible_to(acting, month).values())
    return told


def test_x07_every_figure_stays_when_names_and_phones_go(alpha: Any, chance_city: Any) -> None:
    from grids.interest.models import GridMember, MemberPost, Participant, Participation
    from tenants.accounts.models import User

    with schema_context(alpha.schema_name):
        city = chance_city.units["city"]
        acting = User.objects.get(username="builder")
        MemberPost.objects.filter(member__in=GridMember.objects.order_by("id")[:6]).update(
            state="ended", ends_on=chance_city.today
        )
        days = [chance_city.today - timedelta(days=back) for back in (0, 10, 22, 61)]
        before = {on: figures(on, acting, city) for on in days}
        erased = erase_past_people(on=chance_city.today + timedelta(days=5 * 366))
        assert erased["participations"] == Participation.objects.exclude(left_on=None).count() > 20
        assert erased["members"] == GridMember.objects.exclude(erased_on=None).count() >= 6
        assert Participant.objects.exclude(erased_on=None).exists()
        assert {on: figures(on, acting, city) for on in days} == before
