"""An order's numbers: both limits are allowed, everything beyond is named with its limits."""

from __future__ import annotations

import pytest

from grids.units.rules.drawing_order import ORDER_LIMITS, check_order
from wangge.errors import RuleBroken, RulesBroken


def test_defaults_and_both_limits_are_allowed() -> None:
    check_order(dict.fromkeys(ORDER_LIMITS))
    check_order({name: limit.least for name, limit in ORDER_LIMITS.items()})
    check_order({name: limit.most for name, limit in ORDER_LIMITS.items()})


@pytest.mark.parametrize("name", ORDER_LIMITS)
@pytest.mark.parametrize("step", [-0.001, 0.001])
def test_beyond_a_limit_is_refused_with_it(name: str, step: float) -> None:
    limit = ORDER_LIMITS[name]
    value = limit.most + step if step > 0 else limit.least + step
    with pytest.raises(RuleBroken) as refused:
        check_order({name: value})
    assert (refused.value.code, refused.value.status, refused.value.field) == ("ORDER_LIMITS", 422, name)
    assert refused.value.facts == {
        "name": name,
        "given": value,
        "least": limit.least,
        "most": limit.most,
    }


def test_what_is_no_number_is_refused_and_several_faults_are_told_at_once() -> None:
    with pytest.raises(RulesBroken) as refused:
        check_order({"alpha": float("nan"), "band": 0.0, "compound": float("inf")})
    assert [broken.facts["given"] for broken in refused.value.broken] == ["nan", 0.0, "inf"]
