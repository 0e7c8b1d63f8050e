"""Who takes part gives a name and, if there is one, a phone, and agrees to both being kept.

One phone is one person in the whole city, whatever name comes with it; every interest grid keeps the name it was told.
So nobody who enters a phone learns whether its owner takes part elsewhere, nor what the owner is called there.

A person who asks to be erased is erased by an office wherever the person takes part. A leader erases whom no other
interest grid still has; else the leader erases what the own interest grids hold, and the rest is handed up.

Rules: J07, J09, X07
"""

from __future__ import annotations

from wangge.errors import RuleBroken

ERASED_NAME = "（已删除）"


def check_consent(has_consented: bool, text_version: str) -> None:
    """Refuse a person who has not agreed to a wording that is named: 422 CONSENT_REQUIRED. Rule: J07"""
    if has_consented and text_version.strip():
        return
    raise RuleBroken(
        "CONSENT_REQUIRED",
        zh="参与者须先同意个人信息告知书",
        en="a participant first agrees to the notice on personal data",
        rule="J07",
        clause="《个人信息保护法》第13、14、17条",
        field="consent_version" if has_consented else "consent",
        how_to_fix_zh="请宣读告知书并勾选同意，同时记录告知书版本",
        how_to_fix_en="read the notice out, tick the consent and send the version of its wording",
    )


def already_joined(interest_grid: str, has_phone: bool) -> RuleBroken:
    """The refusal of a second joining: 409 PARTICIPATION_TWICE. Rule: J07"""
    return RuleBroken(
        "PARTICIPATION_TWICE",
        zh=f"该参与者已加入兴趣网格“{interest_grid}”",
        en=f"this person has joined “{interest_grid}” already",
        status=409,
        rule="J07",
        facts={"interest_grid": interest_grid},
        how_to_fix_zh="无需重复登记" if has_phone else "同名的另一人请在姓名后加以区分，如“王某某（2号楼）”",
        how_to_fix_en="nothing is left to do"
        if has_phone
        else "tell two people of one name apart by the name",
    )


def named_otherwise(interest_grid: str) -> RuleBroken:
    """The refusal of a second joining by one phone under another name: 409 PARTICIPANT_NAME_DIFFERS. Rule: J07

    It speaks of nothing but the interest grid whose participants the asker sees anyway.
    """
    return RuleBroken(
        "PARTICIPANT_NAME_DIFFERS",
        zh=f"该手机号已在兴趣网格“{interest_grid}”以其他姓名登记",
        en=f"this phone has joined “{interest_grid}” under another name",
        status=409,
        rule="J07",
        facts={"interest_grid": interest_grid},
        how_to_fix_zh="请核对姓名和手机号；共用手机号的家人可不填手机号",
        how_to_fix_en="compare name and phone; who shares a relative's phone joins without one",
        field="phone",
    )


def check_erasure(elsewhere: int, *, by_office: bool) -> None:
    """Refuse a leader to erase a person whom other interest grids still have with 403 PARTICIPANT_ELSEWHERE. Rule: X07"""
    if by_office or not elsewhere:
        return
    raise RuleBroken(
        "PARTICIPANT_ELSEWHERE",
        zh=f"该参与者还参加您管理范围之外的{elsewhere}个兴趣网格，您不能删除其全部个人信息",
        en=f"this person takes part in {elsewhere} interest grids outside your charge: you may not erase the person",
        status=403,
        rule="X07",
        clause="《个人信息保护法》第47条",
        facts={"elsewhere": elsewhere},
        how_to_fix_zh="请以 own_grids_only 删除其在您所辖兴趣网格的信息；其余部分随即转交街镇或区县体育部门办理",
        how_to_fix_en="send own_grids_only to erase what your interest grids hold; the rest is handed up to the office",
    )
