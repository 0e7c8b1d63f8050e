"""Fitness tests, without what was measured: that is opened in services only, which log it. Rule: J17"""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from gis.layers.queries.outlines import outlines_of
from grids.wellness.models import Citizen, FitnessTest
from grids.wellness.queries.consents import IN_SIGHT
from grids.wellness.queries.people import TEST
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found

_SEALED = ("sealed", "grade_sealed")


def fitness_tests_visible_to(user: User) -> QuerySet[FitnessTest]:
    """Tests of people one may test, that were entered under a consent that lives, by id."""
    allowed = under_paths(granted_paths(user, TEST), "citizen__community__unit__path")
    rows = FitnessTest.objects.filter(allowed, IN_SIGHT, citizen__erased_at=None)
    rows = rows.select_related("citizen__community__unit", "standard")
    return rows.defer(*_SEALED, *outlines_of("citizen__community")).order_by("id")


def fitness_test_found(user: User, test_id: int) -> FitnessTest:
    """The test, sealed values and all; 404 out of sight."""
    found = fitness_tests_visible_to(user).defer(None).filter(pk=test_id).first()
    if found is None:
        raise not_found("体质测试", "fitness test")
    return found


def tests_in_sight(citizen: Citizen) -> QuerySet[FitnessTest]:
    """The person's tests that count and may be shown, oldest first."""
    rows = FitnessTest.objects.filter(IN_SIGHT, citizen=citizen, voided_at=None)
    return rows.select_related("standard").order_by("tested_on", "id")


def counted_tests(standard_id: int, first_day: date, last_day: date) -> QuerySet[FitnessTest]:
    """The tests of a standard that totals of these days count: one a person, the last."""
    rows = FitnessTest.objects.filter(
        IN_SIGHT,
        standard_id=standard_id,
        tested_on__range=(first_day, last_day),
        voided_at=None,
        citizen__erased_at=None,
        grade_sealed__isnull=False,
    )
    return rows.order_by("citizen_id", "-tested_on", "-id").distinct("citizen_id")
