"""Writes of people and their passwords."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation

from tenants.accounts.models import AccessToken, User
from tenants.accounts.queries import user_for_update
from tenants.accounts.services.audit import record_audit
from wangge.errors import RuleBroken


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
