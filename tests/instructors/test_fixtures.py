"""The shared fixtures make what they say."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


def test_people_and_sites_stand_in_the_small_city(in_alpha, small_city, staff, make_instructor, make_site):
    person, site = make_instructor(), make_site(hours=[(1, 540, 600)])
    assert person.unit_path.startswith(small_city.units["town"].path)
    assert site.unit_path.startswith(site.town.path)
    assert person.grades.count() == person.items.count() == 1 and person.free_times.count() == 7
    assert staff.dispatcher.secret != staff.clerk.secret
