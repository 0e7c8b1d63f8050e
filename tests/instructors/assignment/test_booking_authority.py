"""Whoever has decided on a person or a place by another right books these, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from instructors.assignment.rules.booking_orders import Authority
from instructors.assignment.services.bookings import book_series
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db


def test_a_person_without_rights_books_what_was_decided_on(alpha: Any, booked_world: Any, staff: Any) -> None:
    world = booked_world
    both = Authority(frozenset({world.person.pk}), frozenset({world.here.pk}))
    with schema_context(alpha.schema_name):
        done = book_series(orders=[world.order()], acting_user=staff.nobody, authority=both)
        assert [row.booked_by_id for row in done.bookings] == [staff.nobody.pk]


@pytest.mark.parametrize("missing", ["people", "sites", "other"])
def test_what_was_not_decided_on_is_not_found(
    alpha: Any, booked_world: Any, staff: Any, missing: str
) -> None:
    world = booked_world
    people, sites = frozenset({world.person.pk}), frozenset({world.here.pk})
    given = {
        "people": Authority(frozenset(), sites),
        "sites": Authority(people, frozenset()),
        "other": Authority(frozenset({world.other.pk}), frozenset({world.there.pk})),
    }[missing]
    with schema_context(alpha.schema_name), pytest.raises(RuleBroken) as refused:
        book_series(orders=[world.order()], acting_user=staff.nobody, authority=given)
    assert (refused.value.code, refused.value.status) == ("NOT_FOUND", 404)


def test_who_sees_without_a_right_to_book_is_still_refused(
    alpha: Any, booked_world: Any, make_user: Any
) -> None:
    world = booked_world
    looker = make_user(alpha, "looker", ["booking.view"])
    with schema_context(alpha.schema_name):
        with pytest.raises(RuleBroken) as refused:
            book_series(orders=[world.order()], acting_user=looker)
        assert refused.value.status == 403
        decided = Authority(frozenset({world.person.pk}), frozenset({world.here.pk}))
        assert book_series(orders=[world.order()], acting_user=looker, authority=decided).bookings
