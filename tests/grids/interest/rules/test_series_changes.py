"""J09: a series read anew keeps ids where the time stays, leaves people's decisions alone, and settles in one go."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from grids.interest.rules.activity_states import CancelCategory, OccurrenceState
from grids.interest.rules.series_changes import ComingOccurrence, series_change
from tenants.bureau.rules.local_time import SHANGHAI

NINE = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
PLANNED, CANCELLED, HELD = OccurrenceState.PLANNED, OccurrenceState.CANCELLED, OccurrenceState.HELD


def _day(number: int) -> datetime:
    return NINE + timedelta(days=number)


def test_what_stays_what_goes_and_what_is_new() -> None:
    rows = [
        ComingOccurrence(1, _day(0), PLANNED),
        ComingOccurrence(2, _day(1), PLANNED),
        ComingOccurrence(3, _day(2), CANCELLED, CancelCategory.WEATHER),
        ComingOccurrence(4, _day(3), CANCELLED, CancelCategory.RESCHEDULED),
        ComingOccurrence(5, _day(4), CANCELLED, CancelCategory.CONFLICT),
        ComingOccurrence(6, _day(5), HELD),
    ]
    change = series_change(rows, [_day(0), _day(2), _day(3), _day(4), _day(5), _day(6)])
    assert (change.kept, change.revived, change.dropped) == ((1,), (4, 5), (2,))
    assert change.added == (_day(6),)


def test_one_to_which_people_have_checked_in_is_not_dropped() -> None:
    rows = [ComingOccurrence(1, _day(0), PLANNED, is_attended=True), ComingOccurrence(2, _day(1), PLANNED)]
    assert series_change(rows, []).dropped == (2,)


@given(planned=st.sets(st.integers(0, 20)), wanted=st.sets(st.integers(0, 20)))
def test_doing_it_twice_changes_nothing_more(planned: set[int], wanted: set[int]) -> None:
    rows = [ComingOccurrence(number, _day(number), PLANNED) for number in planned]
    change = series_change(rows, [_day(number) for number in wanted])
    after = [
        *(ComingOccurrence(each, _day(each), PLANNED) for each in change.kept),
        *(
            ComingOccurrence(each, _day(each), CANCELLED, CancelCategory.RESCHEDULED)
            for each in change.dropped
        ),
        *(ComingOccurrence(100 + at, each, PLANNED) for at, each in enumerate(change.added)),
    ]
    again = series_change(after, [_day(number) for number in wanted])
    assert (again.dropped, again.added, again.revived) == ((), (), ())
    assert len(again.kept) == len(wanted)
