"""Reads of people, tokens and audit rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from tenants.accounts.models import (
    AccessToken,
    DataKey,
    FormerPassword,
    RecoveryCode,
    SignedInSession,
    SignInFailure,
    TotpDevice,
    User,
)
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


def name_failures(username: str, now: datetime, reach: timedelta) -> list[datetime]:
    """Moments of the wrong tries of that name, that far back."""
    return _failures(now, reach, username=username.lower()[:64])


def address_failures(address: str, now: datetime, reach: timedelta) -> list[datetime]:
    """Moments of the wrong tries from that address, whatever the names, that far back."""
    return _failures(now, reach, remote_address=address)


def _failures(now: datetime, reach: timedelta, **which: str) -> list[datetime]:
    rows = SignInFailure.objects.filter(failed_at__gt=now - reach, **which)
    return list(rows.values_list("failed_at", flat=True))


def has_second_factor(user: User) -> bool:
    """Whether the person has proved an authenticator app."""
    return TotpDevice.objects.filter(user_id=user.pk, confirmed_at__isnull=False).exists()


def second_factor_since(user: User) -> datetime | None:
    """When the person's present app was proved; None without one."""
    rows = TotpDevice.objects.filter(user_id=user.pk, confirmed_at__isnull=False)
    return rows.values_list("confirmed_at", flat=True).first()


def recovery_codes_left(user: User) -> int:
    """How many recovery codes the person has not used."""
    return RecoveryCode.objects.filter(user_id=user.pk, used_at=None).count()


def sessions_visible_to(user: User) -> QuerySet[SignedInSession]:
    """One's own sessions that have not ended."""
    return SignedInSession.objects.filter(user_id=user.pk, session__expire_date__gt=Now()).order_by("id")


def former_passwords(user: User, number: int) -> list[str]:
    """The hashes of the person's last passwords, the present one first."""
    rows = FormerPassword.objects.filter(user_id=user.pk).order_by("-set_at", "-id")
    return list(rows.values_list("encoded", flat=True)[:number])


def password_set_at(user: User) -> datetime:
    """When the person's present password was given."""
    rows = FormerPassword.objects.filter(user_id=user.pk).order_by("-set_at")
    return rows.values_list("set_at", flat=True).first() or user.created_at


def sealer() -> Sealer:
    """What seals and opens personal data of the schema this connection stands in."""
    wrapped = DataKey.objects.values_list("wrapped", flat=True).get(pk=1)
    return Sealer(unwrap_key(bytes(wrapped), holder=city_connection().schema_name))
