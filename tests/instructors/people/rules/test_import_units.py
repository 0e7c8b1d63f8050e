"""Units are found by the words of files. Rule: J12"""

from __future__ import annotations

import pytest

from gis.compute.intake.findings import Finding
from instructors.people.rules.import_units import UnitFinder, UnitOfTree, assumed_warning, moved_warning

TREE = (
    UnitOfTree(1, "/1/", "测试市", ""),
    UnitOfTree(2, "/1/2/", "东区", "990102"),
    UnitOfTree(3, "/1/2/3/", "民生街道", "990102001"),
    UnitOfTree(4, "/1/2/3/4/", "枫华园社区居民委员会", "990102001001"),
    UnitOfTree(5, "/1/2/5/", "王镇", "990102101"),
    UnitOfTree(6, "/1/2/5/6/", "枫华园社区", "990102101001"),
    UnitOfTree(7, "/1/2/5/7/", "王村村民委员会", "990102101201"),
)


@pytest.mark.parametrize(
    ("places", "code", "found"),
    [
        ((), "", 1), (("民生街道",), "", 3), (("民生街道办事处",), "", 3), (("990102001",), "", 3), ((), "990102101201", 7),
        (("民生街道", "枫华园社区"), "", 4), (("东区", "王镇", "枫华园"), "", 6), (("王村",), "", 7),
        (("东区王镇王村村民委员会",), "", 7), (("测试市东区民生街道",), "", 3), (("枫华园社区",), "", 6),
    ],
)  # fmt: skip
def test_a_unit_is_found_by_name_code_and_what_stands_above_it(
    places: tuple[str, ...], code: str, found: int
) -> None:
    assert UnitFinder(TREE, 1).find(2, places, code) == found


@pytest.mark.parametrize(
    ("places", "code", "refused"),
    [
        (("没有的社区",), "", "UNIT_UNKNOWN"), ((), "999999", "UNIT_UNKNOWN"), (("王镇", "民生街道"), "", "UNIT_UNKNOWN"),
        (("枫华园",), "", "UNIT_AMBIGUOUS"),
    ],
)  # fmt: skip
def test_J12_none_or_several_units_are_an_error_of_the_row(
    places: tuple[str, ...], code: str, refused: str
) -> None:
    answer = UnitFinder(TREE, 1).find(9, places, code)
    assert isinstance(answer, Finding) and (answer.code, answer.row) == (refused, 9)


def test_J12_rows_without_a_place_among_rows_with_one_are_told() -> None:
    [warning] = assumed_warning([(2, True), (3, False), (4, False)], "测试市")
    assert (warning.code, warning.facts) == ("UNIT_ASSUMED", {"count": 2, "rows": [3, 4]})
    assert warning.zh == "2行没有填写所属街镇或单位，登记在“测试市”（第3、4行）"
    assert assumed_warning([(2, False), (3, False)], "测试市") == [] == assumed_warning([(2, True)], "测试市")


def test_J12_people_who_change_their_unit_are_told() -> None:
    [warning] = moved_warning([2, 5])
    assert (warning.code, warning.zh, warning.facts["rows"]) == (
        "UNITS_CHANGED",
        "2人的所属单位按本文件更改",
        [2, 5],
    )
    assert moved_warning([]) == []
