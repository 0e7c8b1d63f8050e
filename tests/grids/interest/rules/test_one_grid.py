"""An interest grid or a base grid, one of them. Rules: J14, J22"""

from __future__ import annotations

import pytest

from grids.interest.rules.one_grid import check_one_grid
from wangge.errors import RuleBroken


def test_j22_one_grid() -> None:
    check_one_grid(1, None)
    check_one_grid(None, 1)


@pytest.mark.parametrize(
    ("interest_grid", "grid", "zh"),
    [(None, None, "请选择一个兴趣网格或一个基础网格"), (1, 2, "兴趣网格和基础网格只能选择一个")],
)
def test_j22_both_or_neither(interest_grid: int | None, grid: int | None, zh: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_one_grid(interest_grid, grid)
    assert (refused.value.code, refused.value.zh) == ("ONE_GRID", zh)
