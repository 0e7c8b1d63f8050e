"""The second factor: enrolling an authenticator app, proving a code, recovery codes, removing it.

Secrets and codes go to the person once and nowhere else: neither audit rows nor kept answers hold them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import segno
from django.db import transaction

from tenants.accounts.models import RecoveryCode, TotpDevice, User
from tenants.accounts.queries import has_second_factor, recovery_codes_left, sealer, user_for_update
from tenants.accounts.rules.second_factor import (
    accepted_step,
    as_typed,
    in_groups,
    is_totp,
    new_recovery_codes,
    new_secret,
    provisioning_uri,
)
from tenants.accounts.services.audit import record_audit
from tenants.accounts.services.sign_in_policy import sign_in_policy
from tenants.accounts.services.tries import begin_try
from wangge.errors import RuleBroken

NOT_BEGUN = "SECOND_FACTOR_NOT_BEGUN"


@dataclass(frozen=True)
class Enrolment:
    """What the person puts into the app, shown this once: the secret, its otpauth address, and that as a picture."""

    secret: str = field(repr=False)
    secret_in_groups: str = field(repr=False)
    uri: str = field(repr=False)
    qr_svg: str = field(repr=False)


def begin_enrolment(
    *, acting_user: User, issuer: str, now: datetime, code: str = "", remote_address: str = ""
) -> Enrolment:
    """Give the person a new secret, which counts once `confirm_enrolment` has proved the app.

    Who has an app already proves it first, by a code; it counts until the new one is proved. `issuer` is how the app
    will name this place. Raises 409 SECOND_FACTOR_ENROLLED without that code, 422 SECOND_FACTOR_WRONG for a wrong one.
    """
    if has_second_factor(acting_user):
        if not code:
            raise _enrolled_already()
        _prove(acting_user, code, now, remote_address)
    secret = new_secret()
    with transaction.atomic():
        _keep_secret(acting_user, sealer().seal(secret.encode(), purpose=_purpose(acting_user)), now)
        record_audit(acting_user=acting_user, action="second_factor.begin", subject=acting_user)
    uri = provisioning_uri(secret, name=acting_user.username, issuer=issuer)
    return Enrolment(secret, in_groups(secret), uri, _picture(uri))


def _keep_secret(user: User, sealed: bytes, now: datetime) -> None:
    user_for_update(user.pk)
    device, made = TotpDevice.objects.get_or_create(
        user=user, defaults={"sealed_secret": sealed, "created_at": now}
    )
    if made:
        return
    if device.confirmed_at is None:
        device.sealed_secret, device.created_at = sealed, now
    else:
        device.sealed_next = sealed
    device.save(update_fields=["sealed_secret", "created_at", "sealed_next"])


def confirm_enrolment(*, acting_user: User, code: str, now: datetime, remote_address: str = "") -> list[str]:
    """Let the new secret count once a code proves the app; returns the recovery codes, shown this once.

    Raises 409 SECOND_FACTOR_NOT_BEGUN, 422 SECOND_FACTOR_WRONG. Where it takes over from an app, wrong codes are counted
    as at the door (429 SIGN_IN_LOCKED): whoever guessed one in a stolen session would be given recovery codes.
    """
    if not has_second_factor(acting_user):
        return _confirm(acting_user, code, now)
    policy = sign_in_policy().throttle(now)
    tried = begin_try(username=acting_user.username, remote_address=remote_address, now=now, policy=policy)
    try:
        codes = _confirm(acting_user, code, now)
    except RuleBroken as refused:
        if refused.code == NOT_BEGUN:
            tried.is_void()
        else:
            tried.is_wrong(acting_user)
        raise
    tried.is_right()
    return codes


@transaction.atomic
def _confirm(acting_user: User, code: str, now: datetime) -> list[str]:
    device = TotpDevice.objects.select_for_update().filter(user=acting_user).first()
    if device is None or (device.confirmed_at is not None and device.sealed_next is None):
        raise _not_begun()
    if device.sealed_next is not None:
        device.sealed_secret, device.sealed_next, device.last_step = device.sealed_next, None, 0
    if not _accepts(device, as_typed(code), now):
        raise wrong_code(status=422, has_recovery_codes=False)
    device.confirmed_at = now
    device.save()
    record_audit(acting_user=acting_user, action="second_factor.enrol", subject=acting_user)
    return _write_recovery_codes(acting_user)


def check_second_factor(*, user: User, code: str, now: datetime, status: int = 401) -> None:
    """Accept a code of the person's app, or one recovery code, once; else raise SECOND_FACTOR_WRONG.

    Of two connections with one code, one is accepted.
    """
    typed = as_typed(code)
    with transaction.atomic():
        right = _use_totp(user, typed, now) if is_totp(typed) else _use_recovery_code(user, typed, now)
    if not right:
        raise wrong_code(status=status)


def new_codes(*, acting_user: User, code: str, now: datetime, remote_address: str) -> list[str]:
    """Ten new recovery codes in place of the old ones, for a code of the app; shown this once."""
    _prove(acting_user, code, now, remote_address)
    with transaction.atomic():
        codes = _write_recovery_codes(acting_user)
        record_audit(acting_user=acting_user, action="second_factor.new_recovery_codes", subject=acting_user)
    return codes


def remove_second_factor(*, acting_user: User, code: str, now: datetime, remote_address: str) -> None:
    """Release one's own app with a code.

    Raises 403 SECOND_FACTOR_MANDATORY for who must have one, 422 SECOND_FACTOR_WRONG, 429 SIGN_IN_LOCKED.
    """
    if sign_in_policy().needs_second_factor(acting_user, now):
        raise _mandatory()
    _prove(acting_user, code, now, remote_address)
    with transaction.atomic():
        _delete(acting_user)
        record_audit(acting_user=acting_user, action="second_factor.remove", subject=acting_user)


def reset_second_factor(*, user: User, acting_user: User | None, reason: str = "") -> None:
    """Take away a person's app and recovery codes, who lost both; the caller has asked whether one may.

    The person's sessions are the caller's to end.
    """
    with transaction.atomic():
        user_for_update(user.pk)
        _delete(user)
        record_audit(acting_user=acting_user, action="second_factor.reset", subject=user, reason=reason)


def wrong_code(*, status: int, has_recovery_codes: bool = True) -> RuleBroken:
    """The answer to a code that is wrong, too old, or used: which of them it is, is not told."""
    or_zh, or_en = ("；也可使用恢复码", ", or use a recovery code") if has_recovery_codes else ("", "")
    return RuleBroken(
        "SECOND_FACTOR_WRONG",
        zh="验证码错误或已使用",
        en="the code is wrong or was used already",
        status=status,
        rule="X07",
        field="code",
        how_to_fix_zh=f"请等待验证器显示新的验证码后重试，并确认手机时间准确{or_zh}",
        how_to_fix_en=f"wait for the app's next code and check the phone's clock{or_en}",
    )


def _enrolled_already() -> RuleBroken:
    return RuleBroken(
        "SECOND_FACTOR_ENROLLED",
        zh="您已绑定两步验证",
        en="you have a second factor already",
        status=409,
        rule="X07",
        how_to_fix_zh="更换手机请同时提交原验证器或恢复码中的一个验证码（code）",
        how_to_fix_en="to change the phone send a code of the present app, or a recovery code, as `code`",
    )


def _not_begun() -> RuleBroken:
    return RuleBroken(
        NOT_BEGUN,
        zh="尚未开始绑定，或已完成绑定",
        en="no enrolment has begun, or it is done",
        status=409,
        how_to_fix_zh="请重新开始绑定",
        how_to_fix_en="begin the enrolment again",
    )


def _mandatory() -> RuleBroken:
    return RuleBroken(
        "SECOND_FACTOR_MANDATORY",
        zh="您的账号必须使用两步验证，不能解除",
        en="your account must have a second factor; it cannot be removed",
        status=403,
        rule="X07",
        how_to_fix_zh="更换手机请选择“更换验证器”；手机遗失请联系另一位管理员重置",
        how_to_fix_en="to change the phone replace the app; when it is lost ask another administrator to reset it",
    )


def _prove(user: User, code: str, now: datetime, remote_address: str) -> None:
    """A code for an act of somebody signed in; wrong ones are counted as at the door."""
    policy = sign_in_policy().throttle(now)
    tried = begin_try(username=user.username, remote_address=remote_address, now=now, policy=policy)
    try:
        check_second_factor(user=user, code=code, now=now, status=422)
    except RuleBroken:
        tried.is_wrong(user)
        raise
    tried.is_right()


def _purpose(user: User) -> str:
    return f"totp:{user.pk}"


def _accepts(device: TotpDevice, code: str, now: datetime) -> bool:
    """Whether the locked device's app made this code; its step is used up."""
    secret = sealer().open(bytes(device.sealed_secret), purpose=_purpose(device.user)).decode()
    step = accepted_step(code, secret=secret, now=now, last_step=device.last_step)
    if step is None:
        return False
    device.last_step = step
    device.save(update_fields=["last_step"])
    return True


def _use_totp(user: User, code: str, now: datetime) -> bool:
    device = TotpDevice.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
    return device is not None and _accepts(device, code, now)


def _recovery_digest(user: User, typed: str) -> str:
    return sealer().digest(f"{user.pk}:{typed}", purpose="recovery-code")


def _use_recovery_code(user: User, code: str, now: datetime) -> bool:
    rows = RecoveryCode.objects.filter(user=user, digest=_recovery_digest(user, code), used_at=None)
    if rows.update(used_at=now) != 1:
        return False
    left = {"left": recovery_codes_left(user)}
    record_audit(acting_user=user, action="second_factor.use_recovery_code", subject=user, after=left)
    return True


def _write_recovery_codes(user: User) -> list[str]:
    codes = new_recovery_codes()
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=_recovery_digest(user, as_typed(code))) for code in codes
    )
    return codes


def _delete(user: User) -> None:
    TotpDevice.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


def _picture(uri: str) -> str:
    """The QR code as an SVG that bears no style and no script, sized by whoever shows it."""
    return segno.make(uri, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass="qr__dark")
