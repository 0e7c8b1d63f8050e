"""Who may lead a grid, that there is one leader at a time, and how long one may act."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.units.rules.leader import (
    Leadership,
    OfficeHeld,
    check_acting_term,
    check_leader_eligible,
    check_one_active_leader,
    check_within_office,
    last_acting_day,
    office_covers_until,
)
from wangge.errors import RuleBroken

PERSON, COMMUNITY, OTHER_COMMUNITY, GRID = 7, 3, 4, 11
START, END = date(2026, 1, 1), date(2026, 6, 30)
OFFICE = OfficeHeld(PERSON, COMMUNITY, START, END)


@pytest.mark.parametrize("on", [START, END])
def test_the_office_counts_from_its_first_to_its_last_day(on: date) -> None:
    check_leader_eligible(PERSON, COMMUNITY, [OFFICE], on)


@pytest.mark.parametrize(
    ("offices", "on", "elsewhere"),
    [
        ([], START, False),
        ([OFFICE], START - timedelta(1), False),
        ([OFFICE], END + timedelta(1), False),
        ([OfficeHeld(PERSON, OTHER_COMMUNITY, START)], START, True),
        ([OfficeHeld(PERSON + 1, COMMUNITY, START)], START, False),
    ],
)
def test_without_the_office_in_this_community_nobody_leads(
    offices: list[OfficeHeld], on: date, elsewhere: bool
) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_leader_eligible(PERSON, COMMUNITY, offices, on)
    assert (refused.value.code, refused.value.status) == ("LEADER_NOT_ELIGIBLE", 422)
    assert refused.value.zh == "网格长应由本社区（村）分管文体负责人担任"
    assert refused.value.facts["holds_office_elsewhere"] is elsewhere


def test_one_person_may_lead_several_grids() -> None:
    check_one_active_leader(Leadership(PERSON, GRID, START), [Leadership(PERSON, GRID + 1, START)])


def test_a_successor_begins_the_day_after() -> None:
    predecessor = Leadership(PERSON, GRID, START, END)
    check_one_active_leader(Leadership(8, GRID, END + timedelta(1)), [predecessor])
    with pytest.raises(RuleBroken) as refused:
        check_one_active_leader(Leadership(8, GRID, END), [predecessor])
    assert (refused.value.code, refused.value.status) == ("LEADER_ALREADY_ACTIVE", 409)


def test_an_acting_leader_counts_as_a_leader() -> None:
    acting = Leadership(PERSON, GRID, START, None, is_acting=True)
    with pytest.raises(RuleBroken, match="an acting leader"):
        check_one_active_leader(Leadership(8, GRID, END), [acting])


def test_ninety_days_of_acting_and_not_one_more() -> None:
    last = last_acting_day(START, 90)
    assert last == date(2026, 3, 31)
    check_acting_term(Leadership(PERSON, GRID, START, last, is_acting=True), 90)
    for ends_on in (last + timedelta(1), None):
        with pytest.raises(RuleBroken, match="ACTING_LEADER_TERM"):
            check_acting_term(Leadership(PERSON, GRID, START, ends_on, is_acting=True), 90)


def test_the_last_day_of_the_calendar_ends_every_term() -> None:
    assert last_acting_day(date.max, 90) == date.max
    assert last_acting_day(date.max - timedelta(89), 90) == date.max
    check_acting_term(Leadership(PERSON, GRID, date.max), 90)


def test_a_leader_in_office_has_no_such_limit() -> None:
    check_acting_term(Leadership(PERSON, GRID, START), 90)


terms = st.tuples(st.integers(0, 40), st.none() | st.integers(0, 40)).filter(
    lambda term: term[1] is None or term[0] <= term[1]
)


@given(terms, terms)
def test_two_leaders_are_refused_exactly_when_they_share_a_day(
    one: tuple[int, int | None], two: tuple[int, int | None]
) -> None:
    def days(term: tuple[int, int | None]) -> set[int]:
        return set(range(term[0], 60 if term[1] is None else term[1] + 1))

    def leadership(term: tuple[int, int | None]) -> Leadership:
        ends = None if term[1] is None else START + timedelta(term[1])
        return Leadership(PERSON, GRID, START + timedelta(term[0]), ends)

    if days(one) & days(two):
        with pytest.raises(RuleBroken, match="LEADER_ALREADY_ACTIVE"):
            check_one_active_leader(leadership(one), [leadership(two)])
    else:
        check_one_active_leader(leadership(one), [leadership(two)])


LATER = OfficeHeld(PERSON, COMMUNITY, END + timedelta(1), END + timedelta(10))


@pytest.mark.parametrize(
    ("offices", "on", "covered"),
    [
        ([OFFICE], START, (True, END)),
        ([OFFICE], END + timedelta(1), (False, None)),
        ([LATER, OFFICE], START, (True, END + timedelta(10))),
        ([OFFICE, OfficeHeld(PERSON, COMMUNITY, END + timedelta(2))], START, (True, END)),
        ([OFFICE, OfficeHeld(PERSON, COMMUNITY, END + timedelta(1))], END, (True, None)),
        ([OfficeHeld(PERSON, OTHER_COMMUNITY, START)], START, (False, None)),
        ([OfficeHeld(PERSON + 1, COMMUNITY, START)], START, (False, None)),
    ],
)
def test_offices_that_follow_one_another_are_one(
    offices: list[OfficeHeld], on: date, covered: tuple[bool, date | None]
) -> None:
    assert office_covers_until(PERSON, COMMUNITY, offices, on) == covered


def test_a_term_by_office_does_not_outlast_the_office() -> None:
    check_within_office(Leadership(PERSON, GRID, START, END), END)
    check_within_office(Leadership(PERSON, GRID, START, END + timedelta(1)), None)
    check_within_office(Leadership(PERSON, GRID, START, END + timedelta(1), is_acting=True), END)
    with pytest.raises(RuleBroken) as refused:
        check_within_office(Leadership(PERSON, GRID, START, END + timedelta(1)), END)
    assert (refused.value.code, refused.value.status) == ("LEADER_OUTLASTS_OFFICE", 422)
    assert "2026-06-30" in refused.value.zh
