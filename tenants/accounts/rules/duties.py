"""Who has signed in but owes a second factor or a new password may do only that, read who they are, and sign out.

Rule: X07
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from wangge.errors import RuleBroken


class Duty(StrEnum):
    """What a person must do before anything else."""

    SECOND_FACTOR = "second_factor"  # must enrol an authenticator app
    PASSWORD = "password"  # must change a password that is too old


def check_no_duty(owed: Collection[str], *, open_under: Collection[str] = ()) -> None:
    """Raise 403 SECOND_FACTOR_NOT_ENROLLED or PASSWORD_TOO_OLD while something is owed.

    `open_under` are the duties under which the thing asked for is open all the same.
    """
    if not owed or set(owed) & set(open_under):
        return
    if Duty.SECOND_FACTOR in owed:
        raise RuleBroken(
            "SECOND_FACTOR_NOT_ENROLLED",
            zh="您的账号须先绑定两步验证，才能进行其他操作",
            en="your account must enrol a second factor before anything else",
            status=403,
            rule="X07",
            how_to_fix_zh="请打开“账户安全”页绑定验证器，或调用 POST /api/v1/me/second-factor",
            how_to_fix_en="open the account page and enrol an authenticator, or POST /api/v1/me/second-factor",
        )
    raise RuleBroken(
        "PASSWORD_TOO_OLD",
        zh="您的密码已到更换期限，须先更换密码",
        en="your password has come to its age; change it before anything else",
        status=403,
        rule="X07",
        how_to_fix_zh="请打开“账户安全”页更换密码，或调用 POST /api/v1/me/password",
        how_to_fix_en="open the account page and change it, or POST /api/v1/me/password",
    )
