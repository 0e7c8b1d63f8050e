"""A password is long and mixed enough, is none of the last ones, and a privileged one is changed in time.

Rule: X07
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

CLASSES_ZH = "大写字母、小写字母、数字、其他字符"
CLASSES_EN = "capital letters, small letters, digits, other characters"


@dataclass(frozen=True)
class PasswordPolicy:
    """`character_classes` of four must occur; `no_reuse_of` former passwords, the present one among them, may not return.

    A privileged person's password lives for `privileged_life`.
    """

    shortest: int = 10
    character_classes: int = 3
    privileged_life: timedelta = timedelta(days=90)
    no_reuse_of: int = 5


def classes_in(password: str) -> int:
    """How many of the four classes of characters occur: capitals, small letters, digits, and all else."""
    kinds = {
        "digit" if sign.isdigit() else "upper" if sign.isupper() else "lower" if sign.islower() else "other"
        for sign in password
    }
    return len(kinds)


def weaknesses(password: str, policy: PasswordPolicy) -> list[tuple[str, str]]:
    """What the numbers of the policy find wanting, in Chinese and English; empty when it is strong enough."""
    found = []
    if len(password) < policy.shortest:
        found.append(
            (
                f"密码太短，至少需要 {policy.shortest} 个字符",
                f"it must have at least {policy.shortest} characters",
            )
        )
    if classes_in(password) < policy.character_classes:
        found.append(
            (
                f"须包含以下四类中的至少 {policy.character_classes} 类：{CLASSES_ZH}",
                f"it must mix at least {policy.character_classes} of: {CLASSES_EN}",
            )
        )
    return found


def must_change(*, set_at: datetime, now: datetime, is_privileged: bool, policy: PasswordPolicy) -> bool:
    """Whether a privileged person's password has lived its life; others keep theirs."""
    return is_privileged and now - set_at >= policy.privileged_life
