"""Which site a layer speaks of, of which kind it is, and what of it is news."""

from __future__ import annotations

import pytest

from instructors.assignment.rules.sites import (
    EXERCISE_NODE,
    FACILITY,
    LECTURE_HALL,
    kind_of_site,
    news,
    ref_of_site,
)

PLACE = (114.3055001, 30.5928002)


@pytest.mark.parametrize(
    ("layer_kind", "name", "kind"),
    [
        ("晨练点", "滨江广场", EXERCISE_NODE),
        ("", "滨江广场晚练点", EXERCISE_NODE),
        ("", "晨晚练点", EXERCISE_NODE),
        ("健身站点", "", EXERCISE_NODE),
        ("", "社区大讲堂", LECTURE_HALL),
        ("礼堂", "", LECTURE_HALL),
        ("", "街道文化中心", LECTURE_HALL),
        ("健身设施", "滨江广场", FACILITY),
        ("", "", FACILITY),
    ],
)
def test_j13_the_kind_is_read_from_the_layer_and_the_name(layer_kind, name, kind):
    assert kind_of_site(layer_kind, name) == kind


@pytest.mark.parametrize(("layer_kind", "name"), [("礼堂", "晨练点"), ("晨练点", "礼堂")])
def test_j13_where_both_are_named_the_site_is_an_exercise_node(layer_kind, name):
    assert kind_of_site(layer_kind, name) == EXERCISE_NODE


@pytest.mark.parametrize(("layer_kind", "name"), [("晨", "练"), ("文化", "中心"), ("健身", "站点")])
def test_j13_a_word_does_not_come_about_where_kind_and_name_meet(layer_kind, name):
    assert kind_of_site(layer_kind, name) == FACILITY


def test_j20_a_reference_that_is_free_is_kept_wherever_the_site_stands():
    assert ref_of_site("A1", "滨江广场", PLACE, {"A2"}) == "A1"
    assert ref_of_site("A1", "江滩", (0.0, 0.0), ()) == "A1"


@pytest.mark.parametrize(("ref", "taken"), [("", set()), ("A1", {"A1"})])
def test_j20_a_reference_blank_or_taken_gives_way_to_a_digest_that_stays(ref, taken):
    first = ref_of_site(ref, "滨江广场", PLACE, taken)
    assert first == ref_of_site(ref, "滨江广场", PLACE, taken)
    assert first.startswith("~")
    assert len(first) == 21
    assert first not in taken


def test_j20_without_a_reference_another_name_or_place_is_another_site():
    lon, lat = PLACE
    found = {
        ref_of_site("", "滨江广场", PLACE, ()),
        ref_of_site("", "江滩", PLACE, ()),
        ref_of_site("", "滨江广场", (lon + 1e-7, lat), ()),
        ref_of_site("", "滨江广场", (lon, lat + 1e-7), ()),
        ref_of_site("", "滨江广场", (lat, lon), ()),
        ref_of_site("A1", "滨江广场", PLACE, {"A1"}),
    }
    assert len(found) == 6


def test_j20_less_than_half_of_the_seventh_decimal_is_no_move():
    lon, lat = PLACE
    moved = (lon + 4e-8, lat - 4e-8)
    assert ref_of_site("", "滨江广场", moved, ()) == ref_of_site("", "滨江广场", PLACE, ())


def test_j20_all_that_is_told_the_first_time_is_news():
    assert news({"name": "滨江广场", "area_m2": 300.0}, {}) == {"name": "滨江广场", "area_m2": 300.0}


def test_j20_what_was_told_before_is_no_news_so_that_an_edit_by_hand_stays():
    told = {"name": "滨江广场", "area_m2": 300.0, "facilities": ["篮球"]}
    assert news(told, dict(told)) == {}


def test_j20_only_what_is_told_otherwise_is_news():
    before = {"name": "滨江广场", "area_m2": 300.0, "address": "一号"}
    assert news({"name": "滨江广场", "area_m2": 301.0}, before) == {"area_m2": 301.0}


@pytest.mark.parametrize("nothing", [None, "", []])
def test_j20_nothing_told_takes_nothing_away(nothing):
    assert news({"address": nothing}, {"address": "一号"}) == {}
    assert news({"address": nothing}, {}) == {}


@pytest.mark.parametrize("value", [0, 0.0, False])
def test_j20_zero_and_no_are_told(value):
    assert news({"fact": value}, {"fact": 5}) == {"fact": value}
    assert news({"fact": value}, {}) == {"fact": value}
