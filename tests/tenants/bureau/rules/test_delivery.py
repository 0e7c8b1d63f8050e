"""Later each time, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.bureau.rules.delivery import DeliveryPolicy, next_attempt

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 5), (3, 30), (4, 120), (7, 1440)])
def test_the_pauses_grow(attempts, minutes):
    assert next_attempt(attempts, NOW, DeliveryPolicy()) == NOW + timedelta(minutes=minutes)


@given(st.integers(1, 30), st.integers(1, 30))
def test_a_message_is_given_up_after_its_tries(attempts, allowed):
    policy = DeliveryPolicy(attempts=allowed)
    again = next_attempt(attempts, NOW, policy)
    assert (again is None) is (attempts >= allowed)
    assert again is None or again > NOW
