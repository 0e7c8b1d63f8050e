"""What is asked for or done belongs to one grid: an interest grid, or a base grid where no interest grid is meant.

Rules: J14, J22
"""

from __future__ import annotations

from wangge.errors import RuleBroken


def check_one_grid(interest_grid_id: int | None, grid_id: int | None) -> None:
    """Refuse with 422 ONE_GRID both or neither of an interest grid and a base grid.

    Rules: J14, J22
    """
    if (interest_grid_id is None) != (grid_id is None):
        return
    raise RuleBroken(
        "ONE_GRID",
        zh="请选择一个兴趣网格或一个基础网格" if grid_id is None else "兴趣网格和基础网格只能选择一个",
        en="name an interest grid or a base grid"
        if grid_id is None
        else "name an interest grid or a base grid, not both",
        rule="J22",
        facts={"interest_grid_id": interest_grid_id, "grid_id": grid_id},
        how_to_fix_zh="有对应的兴趣网格时填写兴趣网格，否则填写基础网格",
        how_to_fix_en="name the interest grid where there is one, else the base grid",
        field="interest_grid_id",
    )
