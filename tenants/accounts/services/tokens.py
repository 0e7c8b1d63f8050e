"""Personal access tokens."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from tenants.accounts.models import AccessToken, User
from tenants.accounts.services.audit import record_audit
from wangge.errors import RuleBroken, not_found

LONGEST_TOKEN = timedelta(days=3653)


@transaction.atomic
def issue_token(
    *, acting_user: User, name: str, now: datetime, expires_at: datetime | None = None
) -> tuple[AccessToken, str]:
    """Issue a personal access token; the secret is returned once and kept only as SHA-256.

    Raises 422 TOKEN_EXPIRY unless it expires later than now, and within ten years.
    """
    if expires_at is not None and not now < expires_at <= now + LONGEST_TOKEN:
        raise RuleBroken(
            "TOKEN_EXPIRY",
            zh="令牌的失效时间须晚于现在，且不超过十年",
            en="a token must expire later than now and within ten years",
            field="expires_at",
            how_to_fix_zh="请填写将来的时间，或留空表示长期有效",
            how_to_fix_en="give a time to come, or leave it out for a token without end",
        )
    secret = "wg_" + secrets.token_urlsafe(32)
    token = AccessToken.objects.create(
        user=acting_user, name=name, digest=sha256(secret.encode()).hexdigest(), expires_at=expires_at
    )
    record_audit(acting_user=acting_user, action="token.issue", subject=token, after={"name": name})
    return token, secret


@transaction.atomic
def revoke_token(*, token_id: int, acting_user: User) -> None:
    """End one of one's own tokens; 404 for another person's."""
    changed = AccessToken.objects.filter(pk=token_id, user=acting_user, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if not changed:
        raise not_found("令牌", "token")
    record_audit(acting_user=acting_user, action="token.revoke", subject=("accounts.accesstoken", token_id))
