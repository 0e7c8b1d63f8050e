"""Values are read for one of a few purposes, each of which some people may have, and every reading is logged.

Rule: J17
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from wangge.errors import RuleBroken


class ReadingPurpose(StrEnum):
    """What values are looked at for."""

    TESTING = "testing"  # advise the person about a test
    CORRECTION = "correction"  # check an entry
    PRESCRIBING = "prescribing"
    COMPARING = "comparing"  # compare a re-test with the first test
    OWN = "own"  # the person's own record
    HEALTH_CENTRE = "health_centre"  # the copy for the health centre


RIGHT_FOR: Mapping[ReadingPurpose, str] = {
    ReadingPurpose.TESTING: "wellness.test",
    ReadingPurpose.CORRECTION: "wellness.test",
    ReadingPurpose.PRESCRIBING: "wellness.prescribe",
    ReadingPurpose.COMPARING: "wellness.prescribe",
}
STAFF_PURPOSES = tuple(RIGHT_FOR)


def check_staff_purpose(purpose: str) -> ReadingPurpose:
    """The purpose, which staff may have; 422 PURPOSE_REQUIRED otherwise.

    Rule: J17
    """
    if purpose in {known.value for known in STAFF_PURPOSES}:
        return ReadingPurpose(purpose)
    raise RuleBroken(
        "PURPOSE_REQUIRED",
        zh="查看体质数据须选择用途",
        en="to see data of a person's fitness say what for",
        rule="J17",
        facts={"purposes": [known.value for known in STAFF_PURPOSES]},
        how_to_fix_zh="请选择用途；查看会被记录",
        how_to_fix_en="choose a purpose; reading is logged",
        field="purpose",
    )
