"""J17: values are read for a purpose."""

from __future__ import annotations

import pytest

from grids.wellness.rules.reading import RIGHT_FOR, STAFF_PURPOSES, check_staff_purpose
from wangge.errors import RuleBroken


@pytest.mark.parametrize("purpose", STAFF_PURPOSES)
def test_staff_have_these(purpose: str) -> None:
    assert check_staff_purpose(purpose) == purpose
    assert RIGHT_FOR[check_staff_purpose(purpose)] in ("wellness.test", "wellness.prescribe")


@pytest.mark.parametrize("purpose", ["", "curiosity", "own", "health_centre"])
def test_j17_purpose_required(purpose: str) -> None:
    with pytest.raises(RuleBroken, match="PURPOSE_REQUIRED") as refused:
        check_staff_purpose(purpose)
    assert refused.value.zh == "查看体质数据须选择用途"
