"""What a post allows in a base grid. Rules: J06, J13, J15"""

from __future__ import annotations

from itertools import product

import pytest

from grids.interest.rules.base_grid_standing import check_base_grid_standing
from grids.interest.rules.standing import Act, Standing
from wangge.errors import RuleBroken

ALLOWED = {
    Act.LOG: {Standing.OFFICE, Standing.LEADER, Standing.MEMBER},
    Act.ASK: {Standing.OFFICE, Standing.LEADER, Standing.MEMBER},
    Act.HAND_UP: {Standing.OFFICE, Standing.LEADER},
}


@pytest.mark.parametrize(
    ("act", "standing"), list(product(ALLOWED, [None, Standing.OFFICE, Standing.LEADER, Standing.MEMBER]))
)
def test_j13_acts_in_a_base_grid(act: Act, standing: Standing | None) -> None:
    held = set() if standing is None else {standing}
    if standing in ALLOWED[act]:
        check_base_grid_standing(act, held)
        return
    with pytest.raises(RuleBroken) as refused:
        check_base_grid_standing(act, held)
    assert (refused.value.code, refused.value.status) == ("POST_REQUIRED", 403)
    assert refused.value.facts["act"] == act.value
