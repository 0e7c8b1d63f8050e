"""Writes of consents: given once per purpose, taken back at any time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.models import Consent
from wangge.errors import RuleBroken, not_found


@transaction.atomic
def give_consent(
    *,
    subject: str,
    purpose: str,
    text_version: str,
    given_at: datetime,
    acting_user: User,
    given_by_guardian: bool = False,
    evidence_id: int | None = None,
) -> Consent:
    """Record that a person agreed to one purpose in one wording; 409 CONSENT_EXISTS while an earlier one lives."""
    if (
        Consent.objects.select_for_update()
        .filter(subject=subject, purpose=purpose, withdrawn_at=None)
        .exists()
    ):
        raise RuleBroken(
            "CONSENT_EXISTS",
            zh="该事项已有有效同意",
            en="a consent to this purpose is already in force",
            status=409,
            rule="J17",
            facts={"purpose": purpose},
            how_to_fix_zh="如措辞已变更，请先撤回原同意",
            how_to_fix_en="withdraw the earlier one first if the wording has changed",
        )
    consent = Consent.objects.create(
        subject=subject,
        purpose=purpose,
        text_version=text_version,
        given_at=given_at,
        given_by_guardian=given_by_guardian,
        evidence_id=evidence_id,
    )
    after = {"purpose": purpose, "text_version": text_version, "given_by_guardian": given_by_guardian}
    record_audit(acting_user=acting_user, action="consent.give", subject=consent, after=after)
    return consent


@transaction.atomic
def withdraw_consent(*, consent_id: int, withdrawn_at: datetime, acting_user: User | None) -> Consent:
    """Take a consent back; 404 for one that does not live. None: a person without an account, by a code."""
    consent = Consent.objects.select_for_update().filter(pk=consent_id, withdrawn_at=None).first()
    if consent is None:
        raise not_found("同意记录", "consent")
    consent.withdrawn_at = withdrawn_at
    consent.save(update_fields=["withdrawn_at"])
    record_audit(acting_user=acting_user, action="consent.withdraw", subject=consent)
    return consent
