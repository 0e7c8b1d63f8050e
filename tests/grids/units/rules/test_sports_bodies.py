"""Federations stand on three levels, fitness organisations on four; a share says 100 only when none is missing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.units.rules.sports_bodies import (
    SportsBodyKind,
    body_exists,
    check_body_days,
    check_body_level,
    check_unit_stands,
    coverage_percent,
)
from tenants.bureau.rules.org_levels import OrgLevel
from wangge.errors import RuleBroken

TODAY = date(2026, 3, 2)
ONE_DAY = timedelta(days=1)


def test_j19_a_village_has_no_federation() -> None:
    allowed = {
        SportsBodyKind.FEDERATION: ["city", "county", "town"],
        SportsBodyKind.FITNESS_ORGANISATION: ["city", "county", "town", "village"],
    }
    for kind in SportsBodyKind:
        for level in OrgLevel:
            if level.value in allowed[kind]:
                check_body_level(kind, level)
                continue
            with pytest.raises(RuleBroken) as refused:
                check_body_level(kind, level, row=4)
            assert (refused.value.code, refused.value.status) == ("ORG_LEVEL", 422)
            assert refused.value.zh == "第4行：组织层级不正确：体育总会不设在村（社区）一级"


@pytest.mark.parametrize(
    ("covered", "units", "percent"),
    [(0, 0, None), (0, 7, "0.0"), (2, 3, "66.6"), (1999, 2000, "99.9"), (2000, 2000, "100.0"), (9999, 10000, "99.9")],
)  # fmt: skip
def test_a_share_is_rounded_down(covered: int, units: int, percent: str | None) -> None:
    assert coverage_percent(covered, units) == percent


@pytest.mark.parametrize(
    ("founded", "dissolved"),
    [(TODAY + ONE_DAY, None), (TODAY, TODAY - ONE_DAY), (TODAY - ONE_DAY, TODAY + ONE_DAY)],
)
def test_days_are_in_order_and_not_ahead(founded: date, dissolved: date | None) -> None:
    check_body_days(TODAY, None, TODAY)
    check_body_days(TODAY, TODAY, TODAY)
    with pytest.raises(RuleBroken, match="SPORTS_BODY_PERIOD"):
        check_body_days(founded, dissolved, TODAY)


def test_a_unit_that_ended_gets_no_body() -> None:
    check_unit_stands("旧镇", None, TODAY)
    check_unit_stands("旧镇", TODAY, TODAY)
    with pytest.raises(RuleBroken) as refused:
        check_unit_stands("旧镇", TODAY - ONE_DAY, TODAY)
    assert (refused.value.code, refused.value.status, refused.value.zh) == (
        "UNIT_ENDED", 409, "旧镇已于2026-03-01撤销",
    )  # fmt: skip


def test_a_second_body_is_refused_by_name() -> None:
    refused = body_exists(SportsBodyKind.FEDERATION, "解放区", "解放区体育总会", 7)
    assert (refused.code, refused.status) == ("SPORTS_BODY_EXISTS", 409)
    assert refused.zh == "第7行：解放区已有体育总会“解放区体育总会”"
