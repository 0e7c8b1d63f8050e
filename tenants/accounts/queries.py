"""Reads of people, tokens and audit rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Q, QuerySet

from tenants.accounts.models import AccessToken, AuditEvent, DataKey, SignInFailure, User
from wangge.errors import not_found
from wangge.kernel.database.current import city_connection
from wangge.kernel.permissions import holds
from wangge.kernel.sealing import Sealer, unwrap_key


def users_visible_to(user: User) -> QuerySet[User]:
    """Everybody of the city for those who manage users; otherwise only oneself."""
    rows = User.objects.order_by("id")
    return rows if holds(user, "user.manage") else rows.filter(pk=user.pk)


def user_for_update(user_id: int) -> User:
    """The user row, locked; 404 when there is none."""
    found = User.objects.select_for_update().filter(pk=user_id).first()
    if found is None:
        raise not_found("用户", "user")
    return found


def tokens_visible_to(user: User) -> QuerySet[AccessToken]:
    """One's own tokens that are not revoked."""
    return AccessToken.objects.filter(user_id=user.pk, revoked_at=None).order_by("id")


def token_by_secret(secret: str, now: datetime) -> AccessToken | None:
    """The live token of an active user that has this secret, with its user."""
    digest = sha256(secret.encode()).hexdigest()
    live = Q(expires_at=None) | Q(expires_at__gt=now)
    return (
        AccessToken.objects.select_related("user")
        .filter(live, digest=digest, revoked_at=None, user__is_active=True)
        .first()
    )


def recent_failures(username: str, now: datetime, window: timedelta) -> list[datetime]:
    """Moments of the wrong passwords given for that name within the window."""
    rows = SignInFailure.objects.filter(username=username.lower(), failed_at__gt=now - window)
    return list(rows.values_list("failed_at", flat=True))


def audit_events_visible_to(user: User) -> QuerySet[AuditEvent]:
    """The audit rows for those who may read them; none for the rest."""
    rows = AuditEvent.objects.order_by("id")
    return rows if holds(user, "audit.view") else rows.none()


def sealer() -> Sealer:
    """What seals and opens personal data of the schema this connection stands in."""
    wrapped = DataKey.objects.values_list("wrapped", flat=True).get(pk=1)
    return Sealer(unwrap_key(bytes(wrapped), holder=city_connection().schema_name))
