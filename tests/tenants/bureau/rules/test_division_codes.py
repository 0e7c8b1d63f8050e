"""Codes of 4, 6, 9 and 12 digits: level, kind, parent, and what is no code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.bureau.rules.division_codes import CodeKind, parse_city_code, parse_division_code
from tenants.bureau.rules.org_levels import OrgLevel
from wangge.errors import RuleBroken


@pytest.mark.parametrize(
    ("text", "level", "kind", "parent"),
    [
        ("4108", OrgLevel.CITY, CodeKind.OTHER, None),
        ("410800", OrgLevel.CITY, CodeKind.OTHER, None),
        ("310000", OrgLevel.CITY, CodeKind.OTHER, None),
        ("410802", OrgLevel.COUNTY, CodeKind.OTHER, "4108"),
        ("310101", OrgLevel.COUNTY, CodeKind.OTHER, "3100"),
        ("410802001", OrgLevel.TOWN, CodeKind.STREET, "410802"),
        ("410802099", OrgLevel.TOWN, CodeKind.STREET, "410802"),
        ("410802100", OrgLevel.TOWN, CodeKind.TOWN, "410802"),
        ("410802199", OrgLevel.TOWN, CodeKind.TOWN, "410802"),
        ("410802200", OrgLevel.TOWN, CodeKind.TOWNSHIP, "410802"),
        ("410802399", OrgLevel.TOWN, CodeKind.TOWNSHIP, "410802"),
        ("410802400", OrgLevel.TOWN, CodeKind.ENTERPRISE, "410802"),
        ("410802600", OrgLevel.TOWN, CodeKind.OTHER, "410802"),
        ("410802001001", OrgLevel.VILLAGE, CodeKind.COMMUNITY, "410802001"),
        ("410802001199", OrgLevel.VILLAGE, CodeKind.COMMUNITY, "410802001"),
        ("410802001200", OrgLevel.VILLAGE, CodeKind.ADMIN_VILLAGE, "410802001"),
        ("410802001399", OrgLevel.VILLAGE, CodeKind.ADMIN_VILLAGE, "410802001"),
        ("410802001498", OrgLevel.VILLAGE, CodeKind.OTHER, "410802001"),
    ],
)
def test_what_a_code_says(text: str, level: OrgLevel, kind: CodeKind, parent: str | None) -> None:
    code = parse_division_code(text)
    assert (code.level, code.kind, code.parent) == (level, kind, parent)


@pytest.mark.parametrize(("text", "digits"), [("410800", "4108"), ("4108", "4108"), ("310000", "3100")])
def test_a_citys_code(text: str, digits: str) -> None:
    assert parse_city_code(text).text == digits


@pytest.mark.parametrize("text", ["410802", "410802001", "410802001001"])
def test_what_is_no_city(text: str) -> None:
    with pytest.raises(RuleBroken, match="DIVISION_CODE"):
        parse_city_code(text)


def test_the_statistical_form_has_twelve_digits() -> None:
    assert parse_division_code("410802").stat_code == "410802000000"


@pytest.mark.parametrize(
    "text",
    ["", "41", "41080", "41080A", "４１０８０２", "410802000", "410802001000", "410802000001",
     "000802", "400000",
     "4108020010011", "-410802", "410802.0"],
)  # fmt: skip
def test_what_is_no_code(text: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_division_code(text)
    assert (refused.value.code, refused.value.status) == ("DIVISION_CODE", 422)


@given(st.integers(1, 999), st.integers(1, 999))
def test_the_parents_of_a_village_lead_up_to_its_city(town: int, village: int) -> None:
    code = parse_division_code(f"410802{town:03d}{village:03d}")
    levels = []
    while code.parent is not None:
        code = parse_division_code(code.parent)
        levels.append(code.level)
    assert levels == [OrgLevel.TOWN, OrgLevel.COUNTY, OrgLevel.CITY]
