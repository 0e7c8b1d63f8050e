"""Every pair of state and step of a city's life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from tenants.registry.rules.city_life import (
    CityState,
    CityStep,
    Standing,
    check_confirmation,
    check_grace_over,
    drop_moment,
    is_refused_while_read_only,
    next_state,
    read_only_refusal,
    time_to_learn,
)
from wangge.errors import RuleBroken

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
ALLOWED = {
    ("active", "suspend"): "suspended",
    ("suspended", "suspend"): "suspended",
    ("suspended", "resume"): "active",
    ("active", "schedule_drop"): "to_be_dropped",
    ("suspended", "schedule_drop"): "to_be_dropped",
    ("to_be_dropped", "cancel_drop"): "suspended",
    ("to_be_dropped", "drop"): None,
}


@pytest.mark.parametrize(("state", "step"), list(product(CityState, CityStep)))
def test_every_pair(state, step):
    if (state.value, step.value) in ALLOWED:
        assert next_state(state, step) == ALLOWED[state.value, step.value]
        return
    with pytest.raises(RuleBroken) as refused:
        next_state(state, step)
    assert (refused.value.code, refused.value.status) == ("INVALID_TRANSITION", 409)


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (Standing(None, None), CityState.ACTIVE),
        (Standing(NOW, None), CityState.SUSPENDED),
        (Standing(NOW, NOW), CityState.TO_BE_DROPPED),
        (Standing(None, NOW), CityState.TO_BE_DROPPED),
    ],
)
def test_state_of_a_standing(standing, state):
    assert standing.state is state


@pytest.mark.parametrize("typed", ["", "Jiaozuo", "jiaozuo ", "jiaozu"])
def test_another_name_is_no_confirmation(typed):
    check_confirmation("jiaozuo", "jiaozuo")
    with pytest.raises(RuleBroken) as refused:
        check_confirmation(typed, "jiaozuo")
    assert (refused.value.code, refused.value.status) == ("CONFIRMATION_MISMATCH", 422)


@pytest.mark.parametrize(("ago_s", "left_s"), [(0, 6), (2, 4), (6, 0), (3600, 0), (-3600, 6)])
def test_a_suspension_is_learnt_within_seconds_whatever_the_clocks_say(ago_s, left_s):
    assert time_to_learn(NOW - timedelta(seconds=ago_s), NOW) == timedelta(seconds=left_s)


def test_grace_ends_at_its_moment_and_not_before():
    ends = drop_moment(NOW, 30)
    assert ends - NOW == timedelta(days=30)
    check_grace_over(ends, ends)
    for moment, now in ((ends, ends - timedelta(seconds=1)), (None, NOW)):
        with pytest.raises(RuleBroken) as refused:
            check_grace_over(moment, now)
        assert refused.value.code == "GRACE_NOT_OVER"


@pytest.mark.parametrize(
    ("method", "path", "refused"),
    [
        ("GET", "/api/v1/layers", False),
        ("HEAD", "/", False),
        ("POST", "/api/v1/layers", True),
        ("PATCH", "/api/v1/me", True),
        ("DELETE", "/api/v1/tokens/1", True),
        ("POST", "/api/v1/sessions", False),
        ("DELETE", "/api/v1/sessions/current", False),
        ("POST", "/sign-in", False),
        ("POST", "/sign-out", False),
        ("POST", "/sign-inx", True),
        ("POST", "/api/v1/sessionsx", True),
    ],
)
def test_reading_and_signing_in_stay_possible(method, path, refused):
    assert is_refused_while_read_only(method, path) is refused


def test_the_refusal_tells_message_and_date():
    plain = read_only_refusal(Standing(NOW, None))
    assert (plain.code, plain.status, plain.zh) == ("CITY_SUSPENDED", 403, "该城市已暂停服务，目前只读")
    told = read_only_refusal(Standing(NOW, NOW + timedelta(days=30), "迁移中"))
    assert told.zh == "迁移中（将于 2026-12-01 之后注销）"
    assert "2026-12-01" in told.en
