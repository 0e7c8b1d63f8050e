"""J06, J08: what each standing allows in an interest grid, act by act."""

from __future__ import annotations

import pytest

from grids.interest.rules.standing import ACT_WORDS, MAY, RIGHT_OF, Act, Standing, check_standing, may
from wangge.errors import RuleBroken

TABLE = {
    Act.SEE: "office leader member proposer",
    Act.EDIT: "office leader proposer",
    Act.CONFIRM: "office leader",
    Act.CROSS: "office",
    Act.STAFF: "office leader",
    Act.SEE_NUMBERS: "office leader",
    Act.SEE_PEOPLE: "office leader member",
    Act.ENROL: "office leader member",
    Act.RUN: "office leader member",
    Act.LOG: "office leader member",
    Act.ASK: "office leader member",
    Act.HAND_UP: "office leader",
}


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(Act) == set(RIGHT_OF) == set(ACT_WORDS) and set(MAY) == set(Standing)


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("act", Act)
def test_j08_each_standing_allows_its_acts_and_no_other(act: Act, standing: Standing) -> None:
    allowed = standing.value in TABLE[act].split()
    assert may(act, {standing}) is allowed
    if allowed:
        check_standing(act, {standing})
        return
    with pytest.raises(RuleBroken) as refused:
        check_standing(act, {standing})
    assert (refused.value.code, refused.value.status) == ("POST_REQUIRED", 403)
    assert ACT_WORDS[act][0] in refused.value.zh
    assert refused.value.facts["standings"] == [standing.value]


def test_j08_a_stranger_may_nothing_and_one_fitting_standing_is_enough() -> None:
    assert not any(may(act, set()) for act in Act)
    assert may(Act.STAFF, {Standing.MEMBER, Standing.LEADER})
