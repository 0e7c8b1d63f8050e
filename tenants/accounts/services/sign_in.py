"""Signing in with name and password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from tenants.accounts.models import SignInFailure, User
from tenants.accounts.queries import recent_failures
from tenants.accounts.rules.sign_in_throttle import ThrottlePolicy, check_may_try
from tenants.accounts.services.audit import record_audit
from wangge.errors import RuleBroken

ThrottleProvider = Callable[[datetime], ThrottlePolicy]


def _default_throttle(now: datetime) -> ThrottlePolicy:
    return ThrottlePolicy()


_throttle_policy: ThrottleProvider = _default_throttle


def register_throttle_policy(provider: ThrottleProvider) -> None:
    """Install who knows how many wrong passwords close a door, and for how long; called once by the app above."""
    global _throttle_policy
    _throttle_policy = provider


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
