"""J06: what waits for a leader among interest grids and members."""

from __future__ import annotations

import pytest

from grids.interest.rules.people_tasks import (
    memberless,
    nominations_to_confirm,
    places_closed,
    proposals_to_confirm,
    sleepers_to_wake,
)


@pytest.mark.parametrize(
    ("task", "kind", "zh"),
    [
        (proposals_to_confirm, "interest_grid_proposed", "7个兴趣网格待确认"),
        (sleepers_to_wake, "interest_grid_dormant", "7个兴趣网格休眠，请组织活动或关闭"),
        (memberless, "interest_grid_memberless", "7个兴趣网格没有在任网格员"),
        (nominations_to_confirm, "member_nominated", "7名网格员待确认"),
        (places_closed, "interest_grid_place_closed", "7个兴趣网格的活动地点已停用，请另选地点"),
    ],
)
def test_j06_a_task_counts_all_and_names_a_few(task, kind, zh):
    told = task(3, [11, 12, 13, 14, 15, 16, 17])
    assert (told.kind, told.grid, told.count, told.zh) == (kind, 3, 7, zh)
    assert told.subjects == (11, 12, 13, 14, 15) and told.is_alert is (
        kind in ("interest_grid_memberless", "interest_grid_place_closed")
    )
