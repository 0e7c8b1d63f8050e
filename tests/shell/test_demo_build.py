"""The whole demo on one street: from an empty city to a leader who has led for a season and a member with two posts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django_tenants.utils import schema_context
from rich.console import Console

from grids.interest.models import InterestGrid, MemberPost, Occurrence
from grids.interest.queries.indicators import indicators_of, terms_on
from grids.interest.queries.indicators_places import Places
from grids.interest.queries.standing import interest_grids_visible_to, posts_held_by
from grids.units.models import Grid
from grids.units.queries.leaders import grids_led_by
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.days import today
from wangge.shell.demo.build import build
from wangge.shell.demo.cities import JIAOZUO
from wangge.shell.demo.scale_frames import ScaleGround, generated_frames
from wangge.shell.demo.steps import Steps

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
STREET = ScaleGround("410802001", 3_000, 12)


def test_the_demo_is_built_from_nothing(db: None, tmp_path: Path) -> None:
    street = replace(JIAOZUO, frames=lambda: generated_frames(STREET), instructors=20)
    city = build(street, hosts=["demostreet.test"], folder=tmp_path, steps=Steps(Console(quiet=True), "测试"))
    with schema_context(city.schema_name):
        leader, member = User.objects.get(username="leader"), User.objects.get(username="member")
        led = Grid.objects.filter(pk__in=grids_led_by(leader, today()))
        assert led.exists() and led.values("community").distinct().count() == 1
        street = User.objects.get(username="town")
        assert set(interest_grids_visible_to(street)) == set(interest_grids_visible_to(leader))
        assert interest_grids_visible_to(leader).count() == InterestGrid.objects.count() == 7
        assert posts_held_by(member, today()).count() == 2
        assert MemberPost.objects.count() == 8 and Occurrence.objects.filter(state="held").count() > 20
        root = OrgUnit.objects.get(parent=None)
        one = indicators_of(Places("city", ids=(root.pk,)), terms_on(today(), None))[root.pk]
        assert one.coverage.covered >= 1 and one.served.reached_households > 0
