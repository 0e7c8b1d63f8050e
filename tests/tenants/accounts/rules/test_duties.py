"""Who owes a second factor or a new password may do only that."""

from __future__ import annotations

import pytest

from tenants.accounts.rules.duties import Duty, check_no_duty
from wangge.errors import RuleBroken

FACTOR, PASSWORD = Duty.SECOND_FACTOR, Duty.PASSWORD


@pytest.mark.parametrize(
    ("owed", "open_under", "code"),
    [
        ([], (), None),
        ([FACTOR], (), "SECOND_FACTOR_NOT_ENROLLED"),
        ([FACTOR], (PASSWORD,), "SECOND_FACTOR_NOT_ENROLLED"),
        ([FACTOR], (FACTOR,), None),
        ([PASSWORD], (), "PASSWORD_TOO_OLD"),
        ([PASSWORD], (FACTOR,), "PASSWORD_TOO_OLD"),
        ([PASSWORD], (PASSWORD,), None),
        ([FACTOR, PASSWORD], (), "SECOND_FACTOR_NOT_ENROLLED"),
        ([FACTOR, PASSWORD], (PASSWORD,), None),
        (["second_factor"], ("second_factor",), None),
    ],
)
def test_what_is_owed_closes_all_but_its_own_doing(owed, open_under, code):
    try:
        check_no_duty(owed, open_under=open_under)
    except RuleBroken as refused:
        assert (refused.code, refused.status) == (code, 403)
        assert refused.how_to_fix_zh and refused.how_to_fix_en
    else:
        assert code is None
