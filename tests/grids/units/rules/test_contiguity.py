"""Several pieces of land are pointed out, never refused."""

from __future__ import annotations

from grids.units.rules.contiguity import contiguity_hint


def test_one_piece_is_no_matter() -> None:
    assert contiguity_hint("A1", 1) is None


def test_two_pieces_are_pointed_out() -> None:
    hint = contiguity_hint("A1", 2)
    assert hint is not None
    assert (hint.code, hint.rule, hint.facts["parts"]) == ("NOT_CONTIGUOUS", "J05", 2)


def test_an_island_with_a_reason_is_fine_and_blanks_are_no_reason() -> None:
    assert contiguity_hint("A1", 2, "江心岛") is None
    assert contiguity_hint("A1", 2, " ") is not None
