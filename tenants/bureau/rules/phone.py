"""A contact phone is a mobile number of the mainland, kept as its eleven digits however it was typed.

Rule: S23
"""

from __future__ import annotations

import re
import unicodedata

from wangge.errors import RuleBroken

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_PREFIX = re.compile(r"^(?:\+86|0086|86(?=1[3-9][0-9]{9}$))")


def normal_phone(typed: str, *, status: int = 422) -> str:
    """The eleven digits; spaces, hyphens, full-width digits and the country's prefix do not matter.

    Raises PHONE_FORMAT, whose facts do not repeat the number: 422, or 400 where a list is asked for by it.
    """
    text = re.sub(r"[\s\-‐-―()]", "", unicodedata.normalize("NFKC", typed))
    digits = _PREFIX.sub("", text)
    if _MOBILE.fullmatch(digits):
        return digits
    raise RuleBroken(
        "PHONE_FORMAT",
        zh="手机号格式错误",
        en="this is not a mobile number of the mainland",
        status=status,
        rule="S23",
        field="phone",
        how_to_fix_zh="请填写 11 位手机号",
        how_to_fix_en="write the eleven digits of a mobile number",
    )
