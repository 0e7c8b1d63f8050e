"""Writes of people, tokens, sign-ins, audit rows and kept answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation

from tenants.accounts.models import AccessToken, AuditEvent, DataKey, IdempotencyRecord, SignInFailure, User
from tenants.accounts.queries import recent_failures, user_for_update
from tenants.accounts.rules.sign_in_throttle import ThrottlePolicy, check_may_try
from wangge.errors import RuleBroken, not_found
from wangge.kernel.context import request_id
from wangge.kernel.database.current import city_connection
from wangge.kernel.idempotency import StoredAnswer
from wangge.kernel.sealing import new_key, wrap_key

LONGEST_TOKEN = timedelta(days=3653)

ThrottleProvider = Callable[[datetime], ThrottlePolicy]


def _default_throttle(now: datetime) -> ThrottlePolicy:
    return ThrottlePolicy()


_throttle_policy: ThrottleProvider = _default_throttle


def register_throttle_policy(provider: ThrottleProvider) -> None:
    """Install who knows how many wrong passwords close a door, and for how long; called once by the app above."""
    global _throttle_policy
    _throttle_policy = provider


def record_audit(
    *,
    acting_user: User | None,
    action: str,
    subject: Any,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    organisation: str = "",
    policy_version: str = "",
) -> None:
    """Write one audit row in the caller's transaction; `subject` is a model row or a `(type, id)` pair.

    Personal fields must arrive masked. `acting_user` None is the system itself (a timer, the installation).
    """
    kind, key = subject if isinstance(subject, tuple) else (subject._meta.label_lower, subject.pk)
    AuditEvent.objects.create(
        actor_id=acting_user.pk if acting_user else None,
        actor_label=acting_user.username if acting_user else "system",
        organisation=organisation,
        action=action,
        subject_type=kind,
        subject_id=str(key),
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        reason=reason,
        policy_version=policy_version,
        request_id=request_id.get(),
    )


def _check_password(password: str, user: User) -> None:
    weak_zh, weak_en = (_weaknesses(password, user, language) for language in ("zh-hans", "en"))
    if weak_zh:
        raise RuleBroken(
            "PASSWORD_TOO_WEAK",
            zh="密码强度不足：" + "；".join(weak_zh),
            en="the password is too weak: " + "; ".join(weak_en),
            field="password",
            how_to_fix_zh="请使用至少 10 位、不常见且与姓名无关的密码",
            how_to_fix_en="use at least 10 characters, uncommon and unlike the name",
        )


def _weaknesses(password: str, user: User, language: str) -> list[str]:
    """What the validators say in a language: they word it when they refuse, so they are asked once in each."""
    with translation.override(language):
        try:
            validate_password(password, user)
        except ValidationError as exc:
            return [_worded(error, language).rstrip("。.") for error in exc.error_list]
    return []


def _worded(error: ValidationError, language: str) -> str:
    if language == "zh-hans" and error.code == "password_too_short" and error.params:
        return f"密码太短，至少需要 {error.params['min_length']} 个字符"  # Django 5.2 has no Chinese for it
    return str(error.messages[0])


@transaction.atomic
def create_user(*, username: str, display_name: str, password: str, acting_user: User | None) -> User:
    """Create a person who may sign in; 409 USERNAME_TAKEN, 422 PASSWORD_TOO_WEAK."""
    username = username.lower()
    if User.objects.filter(username=username).exists():
        raise RuleBroken(
            "USERNAME_TAKEN",
            zh=f"用户名“{username}”已存在",
            en=f"the name “{username}” is taken",
            status=409,
            field="username",
            how_to_fix_zh="请换一个用户名",
            how_to_fix_en="choose another name",
        )
    user = User(username=username, display_name=display_name)
    _check_password(password, user)
    user.set_password(password)
    user.save()
    record_audit(acting_user=acting_user, action="user.create", subject=user, after={"username": username})
    return user


@transaction.atomic
def change_password(*, user_id: int, password: str, acting_user: User) -> User:
    """Set a person's password and end the tokens issued before."""
    user = user_for_update(user_id)
    _check_password(password, user)
    user.set_password(password)
    user.version += 1
    user.save(update_fields=["password", "version"])
    AccessToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
    record_audit(acting_user=acting_user, action="user.change_password", subject=user)
    return user


def sign_in(
    *, username: str, password: str, remote_address: str, now: datetime, policy: ThrottlePolicy | None = None
) -> User:
    """The user whose name and password these are; 429 SIGN_IN_LOCKED, 401 WRONG_CREDENTIALS.

    Without a `policy` the registered provider's for that moment holds: the city's, or the default in public. A wrong
    try is counted in a transaction of its own, so that the refusal does not take the count back.
    """
    policy = _throttle_policy(now) if policy is None else policy
    check_may_try(recent_failures(username, now, policy.window), now, policy)
    user = User.objects.filter(username=username.lower(), is_active=True).first()
    # A password is hashed even for an unknown name, so that the time taken tells nothing.
    if user is None:
        User().set_password(password)
    if user is None or not user.check_password(password):
        SignInFailure.objects.create(
            username=username.lower()[:64], remote_address=remote_address, failed_at=now
        )
        raise RuleBroken(
            "WRONG_CREDENTIALS",
            zh="用户名或密码错误",
            en="wrong name or password",
            status=401,
            how_to_fix_zh="请核对后重试；忘记密码请联系本单位管理员",
            how_to_fix_en="check and try again; ask your administrator if you forgot it",
        )
    with transaction.atomic():
        SignInFailure.objects.filter(username=username.lower()).delete()
        user.last_login = now
        user.save(update_fields=["last_login"])
        record_audit(acting_user=user, action="session.open", subject=user)
    return user


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


class IdempotencyTable:
    """The kernel's idempotency port over this schema's table. Rule: X05"""

    def claim(self, user_id: int, key: str, fingerprint: str) -> StoredAnswer | None:
        """Claim the key by inserting its row; a rival connection waits here until the first commits or rolls back."""
        _, created = IdempotencyRecord.objects.get_or_create(
            user_id=user_id, key=key, defaults={"fingerprint": fingerprint}
        )
        if created:
            return None
        row = IdempotencyRecord.objects.get(user_id=user_id, key=key)
        return StoredAnswer(row.fingerprint, row.status, row.body, row.headers)

    def keep(self, user_id: int, key: str, answer: StoredAnswer) -> None:
        """Store the answer beside its key."""
        IdempotencyRecord.objects.filter(user_id=user_id, key=key).update(
            status=answer.status, body=answer.body, headers=answer.headers
        )


def keep_data_key(key: bytes | None = None) -> None:
    """Give the schema this connection stands in its data key, a fresh one unless given; a key that is there stays."""
    wrapped = wrap_key(key or new_key(), holder=city_connection().schema_name)
    DataKey.objects.bulk_create([DataKey(id=1, wrapped=wrapped)], ignore_conflicts=True)
