"""S07: an item in a role is one key; what came, went and changed since a run, and what its pairs do not outlast."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructors.assignment.rules.qualifications import (
    InputsSeen,
    breaking_changes,
    changes_since,
    digest,
    item_and_role,
    qualification,
    role_asked_at,
)
from instructors.assignment.rules.sites import EXERCISE_NODE, FACILITY, LECTURE_HALL
from instructors.people.rules.grades import TeachingRole

KEYS = st.tuples(st.integers(1, 2**40), st.sampled_from(TeachingRole))
DIGESTS = st.dictionaries(st.integers(1, 9).map(str), st.sampled_from("abc"))
SEEN = st.builds(InputsSeen, DIGESTS, DIGESTS, DIGESTS)


@given(KEYS, KEYS)
def test_s07_a_key_stands_for_one_item_in_one_role(
    first: tuple[int, TeachingRole], second: tuple[int, TeachingRole]
) -> None:
    assert item_and_role(qualification(*first)) == first
    assert (qualification(*first) == qualification(*second)) == (first == second)


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (LECTURE_HALL, TeachingRole.LECTURER),
        (EXERCISE_NODE, TeachingRole.SKILL_COACH),
        (FACILITY, TeachingRole.SKILL_COACH),
    ],
)
def test_s07_only_a_lecture_hall_asks_for_lecturers(kind: str, role: TeachingRole) -> None:
    assert role_asked_at(kind) is role


def test_s07_a_digest_changes_with_the_values_and_shows_none_of_them() -> None:
    home = (113.2418, 35.2159, "taiji")
    assert digest(home) == digest((113.2418, 35.2159, "taiji"))
    assert digest(home) != digest((113.2418, 35.2158, "taiji"))
    assert re.fullmatch("[0-9a-f]{8}", digest(home))


@given(SEEN)
def test_s07_the_same_inputs_kept_as_json_tell_no_change(seen: InputsSeen) -> None:
    kept = json.loads(json.dumps(seen.as_json()))
    assert changes_since(kept, seen) == {}
    assert breaking_changes(kept, seen, [(1, 1), (2, 3)]) == {}


def test_s07_what_came_went_and_changed_is_told_by_kind_without_empty_words() -> None:
    before = InputsSeen({"1": "a", "2": "b"}, {"5": "x"}, {"1-5": ""}).as_json()
    assert changes_since(before, InputsSeen({"2": "B", "3": "d"}, {"5": "x"}, {"1-5": ""})) == {
        "instructors": {
            "added": {"count": 1, "ids": ["3"]},
            "removed": {"count": 1, "ids": ["1"]},
            "changed": {"count": 1, "ids": ["2"]},
        }
    }


def test_s07_a_kind_that_a_run_did_not_keep_has_all_come_since() -> None:
    assert changes_since({}, InputsSeen({}, {"5": "x"}, {})) == {
        "needs": {"added": {"count": 1, "ids": ["5"]}}
    }


@pytest.mark.parametrize("count", [20, 21])
def test_s07_twenty_keys_are_told_in_order_of_number_and_the_others_counted(count: int) -> None:
    now = InputsSeen({str(key): "a" for key in range(count, 0, -1)}, {}, {})
    added = changes_since(InputsSeen({}, {}, {}).as_json(), now)["instructors"]["added"]
    assert added == {"count": count, "ids": [str(key) for key in range(1, 21)]}


BEFORE = InputsSeen({"1": "a", "2": "b"}, {"5": "x", "6": "y"}, {"1-5": "p"})
PAIRS = [(1, 5)]


@pytest.mark.parametrize(
    ("now", "kind", "word", "key"),
    [
        (InputsSeen({"1": "A", "2": "b"}, BEFORE.needs, BEFORE.pins), "instructors", "changed", "1"),
        (InputsSeen({"2": "b"}, BEFORE.needs, BEFORE.pins), "instructors", "removed", "1"),
        (InputsSeen(BEFORE.instructors, {"5": "X", "6": "y"}, BEFORE.pins), "needs", "changed", "5"),
        (InputsSeen(BEFORE.instructors, {"6": "y"}, BEFORE.pins), "needs", "removed", "5"),
        (InputsSeen(BEFORE.instructors, BEFORE.needs, {}), "pins", "removed", "1-5"),
        (InputsSeen(BEFORE.instructors, BEFORE.needs, {"1-5": "P"}), "pins", "changed", "1-5"),
        (InputsSeen(BEFORE.instructors, BEFORE.needs, {"1-5": "p", "2-6": "q"}), "pins", "added", "2-6"),
    ],
)
def test_s07_pairs_do_not_outlast_changes_of_their_people_and_needs_nor_of_pins(
    now: InputsSeen, kind: str, word: str, key: str
) -> None:
    assert breaking_changes(BEFORE.as_json(), now, PAIRS) == {kind: {word: {"count": 1, "ids": [key]}}}


def test_s07_pairs_outlast_what_touches_others_only() -> None:
    now = InputsSeen({"1": "a", "3": "new"}, {"5": "x", "6": "Y", "7": "new"}, BEFORE.pins)
    assert set(changes_since(BEFORE.as_json(), now)) == {"instructors", "needs"}
    assert breaking_changes(BEFORE.as_json(), now, PAIRS) == {}


def test_s07_a_pin_that_came_since_for_a_pair_that_stands_breaks_nothing() -> None:
    before = InputsSeen(BEFORE.instructors, BEFORE.needs, {})
    now = InputsSeen(BEFORE.instructors, BEFORE.needs, {"1-5": "p"})
    assert breaking_changes(before.as_json(), now, PAIRS) == {}
    assert set(breaking_changes(before.as_json(), now, [(1, 6), (2, 5)])) == {"pins"}
