"""A year's code table against the tree, line by line."""

from __future__ import annotations

from tenants.bureau.rules.division_changes import (
    DivisionRow,
    division_changes,
    orphan_refusals,
    read_divisions,
)

CITY = "410800"
TABLE = [
    ("410800", "焦作市"),
    ("410802", "解放区"),
    ("410802001", "民生街道"),
    ("410802001001", "枫华园社区居民委员会"),
]


def rows(*pairs: tuple[str, str]) -> list[DivisionRow]:
    return [DivisionRow(code, name, line) for line, (code, name) in enumerate(pairs, start=2)]


def names(*pairs: tuple[str, str]) -> dict[str, str]:
    return dict(pairs)


def test_the_citys_own_row_and_grouping_rows_are_no_units() -> None:
    read, refusals = read_divisions(rows(*TABLE, ("410801", "市辖区")), CITY)
    assert refusals == []
    assert [row.code.text for row in read] == ["410802", "410802001", "410802001001"]


def test_the_counties_of_a_municipality_belong_to_it() -> None:
    read, refusals = read_divisions(
        rows(("310000", "上海市"), ("310100", "市辖区"), ("310101", "黄浦区")), "310000"
    )
    assert (refusals, [row.code.text for row in read]) == ([], ["310101"])


def test_every_bad_line_is_named() -> None:
    bad = rows(
        ("41080X", "某区"), ("410802", " "), ("410102", "中原区"), ("410803", "甲区"), ("410803", "乙区")
    )
    read, refusals = read_divisions(bad, CITY)
    assert [(refusal.code, refusal.facts["line"]) for refusal in refusals] == [
        ("DIVISION_CODE", 2),
        ("DIVISION_NAME", 3),
        ("DIVISION_OTHER_CITY", 4),
        ("DIVISION_DUPLICATE", 6),
    ]
    assert refusals[0].zh.startswith("第2行：")
    assert [row.name for row in read] == ["甲区"]


def test_a_first_load_is_all_new_with_parents_first() -> None:
    read, _ = read_divisions(rows(*reversed(TABLE)), CITY)
    changes = division_changes({}, read, complete=True)
    assert [row.code.text for row in changes.new] == ["410802", "410802001", "410802001001"]
    assert orphan_refusals(changes, [], CITY) == []


def test_the_same_table_again_changes_nothing() -> None:
    read, _ = read_divisions(rows(*TABLE), CITY)
    changes = division_changes(names(*TABLE[1:]), read, complete=True)
    assert changes.is_empty
    assert changes.unchanged == 3


def test_new_names_and_vanished_codes() -> None:
    read, _ = read_divisions(rows(("410802", "解放新区"), ("410803", "中站区")), CITY)
    changes = division_changes({"410802": "解放区", "410811": "山阳区"}, read, complete=True)
    assert [row.name for row in changes.renamed] == ["解放新区"]
    assert [row.name for row in changes.new] == ["中站区"]
    assert changes.vanished == ["410811"]


def test_a_table_ends_nothing_on_a_level_it_does_not_name() -> None:
    read, _ = read_divisions(rows(TABLE[1]), CITY)
    changes = division_changes({"410802": "解放区", "410802001": "民生街道"}, read, complete=True)
    assert changes.vanished == []


def test_a_districts_own_table_ends_nothing() -> None:
    read, _ = read_divisions(rows(("410802", "解放区")), CITY)
    assert division_changes({"410803": "中站区"}, read, complete=False).vanished == []


def test_a_unit_needs_a_parent_that_stands_or_comes_and_does_not_go() -> None:
    read, _ = read_divisions(rows(("410802002", "某街道")), CITY)
    changes = division_changes({}, read, complete=True)
    assert [refusal.code for refusal in orphan_refusals(changes, [], CITY)] == ["DIVISION_NO_PARENT"]
    assert orphan_refusals(changes, ["410802"], CITY) == []
    going, _ = read_divisions(rows(("410803", "中站区"), ("410802002", "某街道")), CITY)
    changes = division_changes({"410802": "解放区"}, going, complete=True)
    assert [refusal.facts["parent"] for refusal in orphan_refusals(changes, ["410802"], CITY)] == ["410802"]
