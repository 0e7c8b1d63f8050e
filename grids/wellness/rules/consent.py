"""Nothing of a person's body is kept, shown or used without that person's separate consent to the very purpose.

The purposes are those of `tenants.bureau`'s `Consent`. Of under-14s every datum is sensitive: a guardian consents.

Rules: J17, J18
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum

from wangge.errors import RuleBroken

GUARDED_UNDER_YEARS = 14  # PIPL Art. 28 and 31; a law's number, not a city's


class ConsentPurpose(StrEnum):
    """What a person may agree to here, each by itself."""

    FITNESS_TEST = "fitness_test"  # fitness tests are recorded and shown to testers
    EXERCISE_CASE = "exercise_case"  # screening, prescription, sessions, re-test
    HEALTH_CENTRE = "share_with_health_centre"  # a copy goes to the health centre


PURPOSE_NAMES: Mapping[ConsentPurpose, tuple[str, str]] = {
    ConsentPurpose.FITNESS_TEST: ("体质测试数据", "fitness test data"),
    ConsentPurpose.EXERCISE_CASE: ("运动干预", "an exercise case"),
    ConsentPurpose.HEALTH_CENTRE: ("与社区卫生服务机构共享", "sharing with the health centre"),
}


def check_consents(needed: Collection[ConsentPurpose], given: Collection[str]) -> None:
    """Refuse with 403 CONSENT_REQUIRED unless every needed purpose is among those in force.

    Rules: J17, J18
    """
    missing = [purpose for purpose in needed if purpose.value not in given]
    if not missing:
        return
    zh = "、".join(PURPOSE_NAMES[purpose][0] for purpose in missing)
    en = ", ".join(PURPOSE_NAMES[purpose][1] for purpose in missing)
    raise RuleBroken(
        "CONSENT_REQUIRED",
        zh="体质数据属敏感个人信息，需单独同意",
        en="data of a person's fitness are sensitive: a separate consent is needed",
        status=403,
        rule="J17",
        clause="《个人信息保护法》第28、29条",
        facts={"missing": [purpose.value for purpose in missing]},
        how_to_fix_zh=f"请本人（未满{GUARDED_UNDER_YEARS}周岁由监护人）先就“{zh}”单独同意",
        how_to_fix_en=f"let the person (a guardian under {GUARDED_UNDER_YEARS}) consent to {en} first",
    )


def age_in_years(birth_year: int, birth_month: int, on: date) -> int:
    """Completed years on a day, the birthday taken as the first of its month: the day itself is not kept."""
    return on.year - birth_year - (on.month < birth_month)


def is_guarded(birth_year: int, birth_month: int, on: date) -> bool:
    """Whether a guardian must consent; the birthday taken as the last of its month, so that nobody is too early."""
    return age_in_years(birth_year, birth_month + 1, on) < GUARDED_UNDER_YEARS


def check_guardian(birth_year: int, birth_month: int, on: date, *, given_by_guardian: bool) -> None:
    """Refuse an under-14's own consent with 422 GUARDIAN_CONSENT_REQUIRED.

    Rule: J17
    """
    if given_by_guardian or not is_guarded(birth_year, birth_month, on):
        return
    raise RuleBroken(
        "GUARDIAN_CONSENT_REQUIRED",
        zh=f"未满{GUARDED_UNDER_YEARS}周岁，须由监护人同意",
        en=f"under {GUARDED_UNDER_YEARS} a guardian consents",
        rule="J17",
        clause="《个人信息保护法》第31条",
        facts={"under_years": GUARDED_UNDER_YEARS},
        how_to_fix_zh="请由监护人到现场签署同意书，并由测试员登记",
        how_to_fix_en="let the guardian sign on the spot and a tester record it",
        field="given_by_guardian",
    )
