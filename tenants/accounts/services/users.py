"""Writes of people and their passwords."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import check_password as password_fits
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation

from tenants.accounts.models import AccessToken, FormerPassword, SignedInSession, User
from tenants.accounts.queries import former_passwords, second_factor_since, user_for_update
from tenants.accounts.rules.passwords import PasswordPolicy, weaknesses
from tenants.accounts.services.audit import record_audit
from tenants.accounts.services.sessions import end_sessions
from tenants.accounts.services.sign_in_policy import sign_in_policy
from tenants.accounts.services.tries import begin_try
from wangge.errors import RuleBroken


def _check_password(password: str, user: User, policy: PasswordPolicy) -> None:
    weak = weaknesses(password, policy)
    weak += list(zip(*(_likenesses(password, user, language) for language in ("zh-hans", "en")), strict=True))
    if weak:
        raise RuleBroken(
            "PASSWORD_TOO_WEAK",
            zh="密码强度不足：" + "；".join(zh for zh, _ in weak),
            en="the password is too weak: " + "; ".join(en for _, en in weak),
            field="password",
            rule="X07",
            how_to_fix_zh=f"请使用至少 {policy.shortest} 位、混合多类字符、不常见且与姓名无关的密码",
            how_to_fix_en=f"use at least {policy.shortest} mixed characters, uncommon and unlike the name",
        )
    _check_not_used(password, user, policy)


def _check_not_used(password: str, user: User, policy: PasswordPolicy) -> None:
    if user.pk is None or not policy.no_reuse_of:
        return
    former = former_passwords(user, policy.no_reuse_of) or [user.password]
    if any(password_fits(password, encoded) for encoded in former):
        raise RuleBroken(
            "PASSWORD_USED",
            zh=f"不得使用最近 {policy.no_reuse_of} 次用过的密码",
            en=f"none of the last {policy.no_reuse_of} passwords may be used again",
            field="password",
            rule="X07",
            how_to_fix_zh="请另设一个新密码",
            how_to_fix_en="choose a new one",
        )


def _likenesses(password: str, user: User, language: str) -> list[str]:
    """What the validators say in a language: they word it when they refuse, so they are asked once in each."""
    with translation.override(language):
        try:
            validate_password(password, user)
        except ValidationError as exc:
            return [str(error.messages[0]).rstrip("。.") for error in exc.error_list]
    return []


def _give_password(user: User, password: str, now: datetime) -> None:
    policy = sign_in_policy().password(now)
    _check_password(password, user, policy)
    user.set_password(password)
    user.save()
    FormerPassword.objects.create(user=user, encoded=user.password, set_at=now)
    kept = FormerPassword.objects.filter(user=user).order_by("-set_at", "-id").values_list("pk", flat=True)
    # One more than the policy counts is kept, so that there is always one that tells the password's age.
    FormerPassword.objects.filter(user=user).exclude(pk__in=list(kept[: policy.no_reuse_of + 1])).delete()


def _check_no_colon(username: str) -> None:
    """In a log a colon tells who acts from elsewhere (`operator:name`), and in Basic credentials it ends the name."""
    if ":" in username:
        raise RuleBroken(
            "USERNAME_FORMAT",
            zh="用户名不得含冒号",
            en="a name must hold no colon",
            field="username",
            how_to_fix_zh="请去掉用户名中的冒号",
            how_to_fix_en="leave the colon out",
        )


@transaction.atomic
def create_user(*, username: str, display_name: str, password: str, acting_user: User | None) -> User:
    """Create a person who may sign in; 409 USERNAME_TAKEN, 422 USERNAME_FORMAT or PASSWORD_TOO_WEAK."""
    username = username.lower()
    _check_no_colon(username)
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
    _give_password(user, password, timezone.now())
    record_audit(acting_user=acting_user, action="user.create", subject=user, after={"username": username})
    return user


@transaction.atomic
def change_password(*, user_id: int, password: str, acting_user: User | None) -> User:
    """Set a person's password, and end the sessions and tokens that stood before.

    Raises 422 PASSWORD_TOO_WEAK or PASSWORD_USED.
    """
    user = user_for_update(user_id)
    user.version += 1
    _give_password(user, password, timezone.now())
    end_access(user=user, acting_user=acting_user)
    record_audit(acting_user=acting_user, action="user.change_password", subject=user)
    return user


def change_own_password(
    *, acting_user: User, old_password: str, password: str, session_key: str | None, remote_address: str
) -> User:
    """Change one's own password, for the old one; all sessions but the present and all tokens end.

    The session must then be told of the new hash. Raises 422 OLD_PASSWORD_WRONG, which is counted as at the door,
    429 SIGN_IN_LOCKED, 422 PASSWORD_TOO_WEAK or PASSWORD_USED.
    """
    now = timezone.now()
    policy = sign_in_policy().throttle(now)
    tried = begin_try(username=acting_user.username, remote_address=remote_address, now=now, policy=policy)
    if not acting_user.check_password(old_password):
        tried.is_wrong(acting_user)
        raise RuleBroken(
            "OLD_PASSWORD_WRONG",
            zh="原密码错误",
            en="the old password is wrong",
            field="old_password",
            how_to_fix_zh="请核对后重试；忘记密码请联系本单位管理员",
            how_to_fix_en="check and try again; ask your administrator if you forgot it",
        )
    tried.is_right()
    with transaction.atomic():
        user = user_for_update(acting_user.pk)
        user.version += 1
        _give_password(user, password, now)
        end_access(user=user, acting_user=acting_user, but_session=session_key)
        record_audit(acting_user=acting_user, action="user.change_password", subject=user)
    return user


@transaction.atomic
def end_access(*, user: User, acting_user: User | None, but_session: str | None = None) -> None:
    """End a person's sessions, all but the one of that key, and all tokens, at once and for good."""
    end_sessions(user=user, acting_user=acting_user, but=but_session)
    AccessToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def end_access_before_second_factor(*, user: User, acting_user: User | None) -> None:
    """End the tokens a person issued before an authenticator was confirmed; without one all of them and the sessions.

    For when a right is given that makes a second factor due: they would carry the right past it.
    """
    since = second_factor_since(user)
    tokens = AccessToken.objects.filter(user=user, revoked_at=None)
    if since is not None:
        tokens = tokens.filter(created_at__lt=since)
    elif SignedInSession.objects.filter(user=user).exists():
        end_sessions(user=user, acting_user=acting_user)
    if ended := tokens.update(revoked_at=timezone.now()):
        record_audit(acting_user=acting_user, action="token.end_all", subject=user, after={"ended": ended})


@transaction.atomic
def let_in(*, user: User, is_active: bool, acting_user: User | None) -> None:
    """Let a person in, or shut them out, which ends their sessions and tokens; the caller has asked whether one may."""
    user = user_for_update(user.pk)
    before, user.is_active = user.is_active, is_active
    user.version += 1
    user.save(update_fields=["is_active", "version"])
    if not is_active:
        end_access(user=user, acting_user=acting_user)
    record_audit(
        acting_user=acting_user,
        action="user.update",
        subject=user,
        before={"is_active": before},
        after={"is_active": is_active},
    )
