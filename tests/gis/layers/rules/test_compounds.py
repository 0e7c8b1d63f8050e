"""A stand-in keeps its name over imports, and what is not counted twice is said."""

from __future__ import annotations

import pytest

from gis.layers.rules.compounds import OverlappedCompound, stand_in_ref, warn_of_left_out, warn_of_overlapped


@pytest.mark.parametrize(
    ("ref", "named"),
    [
        ("way/450175966", "compound:way/450175966"),
        ("", "compound:7"),
        ("x" * 55, "compound:" + "x" * 55),
        ("x" * 56, "compound:7"),
    ],
)
def test_a_stand_in_is_named_after_its_compound(ref: str, named: str) -> None:
    assert stand_in_ref(ref, 7) == named
    assert len(named) <= 64


def test_overlapped_compounds_are_told_once_with_the_households_they_gave() -> None:
    assert warn_of_overlapped([]) == []
    many = [OverlappedCompound(f"{i}号院", "北星城", 10 * i) for i in range(8)]
    (warning,) = warn_of_overlapped(many)
    assert (warning.code, warning.facts) == ("COMPOUNDS_OVERLAP", {"count": 8, "households": 280})
    assert "4号院（与北星城重叠）" in warning.zh and "5号院" not in warning.zh


def test_rows_of_an_export_that_are_no_buildings_are_told() -> None:
    assert warn_of_left_out(0) == []
    (warning,) = warn_of_left_out(3)
    assert (warning.code, warning.facts) == ("STAND_INS_LEFT_OUT", {"count": 3})
