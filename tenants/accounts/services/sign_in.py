"""Signing in with name and password and, where the person has one, a second factor."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tenants.accounts.models import User
from tenants.accounts.queries import has_second_factor
from tenants.accounts.rules.sign_in_throttle import ThrottlePolicy
from tenants.accounts.services.audit import record_audit
from tenants.accounts.services.second_factor import check_second_factor
from tenants.accounts.services.sign_in_policy import sign_in_policy
from tenants.accounts.services.tries import Try, begin_try, forget_wrong_tries
from wangge.errors import RuleBroken


class SecondFactorRequired(RuleBroken):
    """Name and password were right; a code is wanted too. A page keeps `user_id` on the server until it has one."""

    def __init__(self, user: User) -> None:
        super().__init__(
            "SECOND_FACTOR_REQUIRED",
            zh="请输入验证器显示的 6 位验证码",
            en="enter the six-digit code of your authenticator",
            status=401,
            rule="X07",
            field="code",
            how_to_fix_zh="请在 code 中提交验证码或恢复码，与用户名、密码一并发送",
            how_to_fix_en="send the code, or a recovery code, as `code` with name and password",
        )
        self.user_id = user.pk


def sign_in(
    *,
    username: str,
    password: str,
    remote_address: str,
    now: datetime,
    code: str = "",
    policy: ThrottlePolicy | None = None,
) -> User:
    """The user whose name, password and second factor these are.

    Raises 429 SIGN_IN_LOCKED or ADDRESS_LOCKED, 401 WRONG_CREDENTIALS, SECOND_FACTOR_REQUIRED or SECOND_FACTOR_WRONG.
    A code is looked at only after the right password, so that a wrong password learns nothing by it. Wrong passwords
    and wrong codes are counted alike; the counts stand in transactions of their own, so that the refusal does not take
    them back. Without a `policy` the schema's own holds.
    """
    policy = sign_in_policy().throttle(now) if policy is None else policy
    tried = begin_try(username=username, remote_address=remote_address, now=now, policy=policy)
    user = User.objects.filter(username=username.lower(), is_active=True).first()
    # A password is hashed even for an unknown name, so that the time taken tells nothing.
    if user is None:
        User().set_password(password)
    if user is None or not user.check_password(password):
        tried.is_wrong(user)
        raise _wrong_credentials()
    if has_second_factor(user):
        if not code:
            tried.is_void()
            raise SecondFactorRequired(user)
        _check_code(user, code, now, tried)
    return _welcome(user, now, tried)


def finish_sign_in(*, user_id: int, code: str, remote_address: str, now: datetime) -> User:
    """The user of that id, whose password a page has proved before, with the code now; raises as `sign_in` does."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise _wrong_credentials()
    policy = sign_in_policy().throttle(now)
    tried = begin_try(username=user.username, remote_address=remote_address, now=now, policy=policy)
    _check_code(user, code, now, tried)
    return _welcome(user, now, tried)


def unlock_sign_in(*, user: User, acting_user: User | None) -> None:
    """Open a person's door again before the lock ends; the caller has asked whether one may."""
    with transaction.atomic():
        forgotten = forget_wrong_tries(username=user.username)
        after = {"forgotten": forgotten}
        record_audit(acting_user=acting_user, action="sign_in.unlock", subject=user, after=after)


def _check_code(user: User, code: str, now: datetime, tried: Try) -> None:
    try:
        check_second_factor(user=user, code=code, now=now)
    except RuleBroken:
        tried.is_wrong(user)
        raise


def _welcome(user: User, now: datetime, tried: Try) -> User:
    with transaction.atomic():
        tried.is_right()
        user.last_login = now
        user.save(update_fields=["last_login"])
        record_audit(acting_user=user, action="session.open", subject=user)
    return user


def _wrong_credentials() -> RuleBroken:
    return RuleBroken(
        "WRONG_CREDENTIALS",
        zh="用户名或密码错误",
        en="wrong name or password",
        status=401,
        how_to_fix_zh="请核对后重试；忘记密码请联系本单位管理员",
        how_to_fix_en="check and try again; ask your administrator if you forgot it",
    )
