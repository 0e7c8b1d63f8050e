"""A consent is one purpose in one wording, and can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tenants.accounts.models import AuditEvent, User
from tenants.bureau.services.consents import give_consent, withdraw_consent
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
LATER = datetime(2026, 4, 2, 4, tzinfo=UTC)


@pytest.fixture
def staff(in_alpha):
    return User.objects.create(username="staff", display_name="测试人员")


def given(staff, **changes):
    facts = {
        "subject": "people.citizen:12",
        "purpose": "portrait",
        "text_version": "2026-1",
        "given_at": NOON,
    }
    return give_consent(**(facts | changes), acting_user=staff)


def test_purposes_are_separate(staff):
    given(staff)
    given(staff, purpose="fitness_test")
    with pytest.raises(RuleBroken, match="CONSENT_EXISTS"):
        given(staff)
    assert AuditEvent.objects.filter(action="consent.give").count() == 2


def test_a_withdrawn_consent_may_be_given_anew(staff):
    first = given(staff)
    assert withdraw_consent(consent_id=first.pk, withdrawn_at=LATER, acting_user=staff).withdrawn_at == LATER
    with pytest.raises(RuleBroken, match="NOT_FOUND"):
        withdraw_consent(consent_id=first.pk, withdrawn_at=LATER, acting_user=staff)
    assert given(staff, text_version="2026-2").pk != first.pk
