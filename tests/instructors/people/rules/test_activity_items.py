"""The shipped catalogue names no item twice."""

from __future__ import annotations

from instructors.people.rules.activity_items import ActivityCategory, catalogue


def test_every_word_means_one_item() -> None:
    words = [word for item in catalogue() for word in (item.code, item.name, *item.other_names)]
    assert len(words) == len(set(words)) and len(catalogue()) >= 20
    assert all(len(item.code) <= 32 and len(item.name) <= 40 for item in catalogue())


def test_j07_every_category_has_items() -> None:
    assert {item.category for item in catalogue()} == set(ActivityCategory)
