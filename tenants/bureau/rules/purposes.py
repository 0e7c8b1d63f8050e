"""Nobody sees a person's full data without saying what for: a purpose of the catalogue and some words of one's own.

Rule: X07
Rule: S23
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from wangge.errors import RuleBroken

NOTE_MIN_LENGTH = 4
NOTE_MAX_LENGTH = 200


class Purpose(StrEnum):
    """What a full value may be looked at for."""

    SERVICE_CONTACT = "service_contact"
    EMERGENCY = "emergency"
    IDENTITY_CHECK = "identity_check"
    COMPLAINT = "complaint"
    DATA_CORRECTION = "data_correction"
    INSPECTION = "inspection"


@dataclass(frozen=True, slots=True)
class PurposeMeaning:
    """A purpose in both languages."""

    zh: str
    en: str


PURPOSES: Mapping[Purpose, PurposeMeaning] = {
    Purpose.SERVICE_CONTACT: PurposeMeaning("就服务事项联系本人", "reach the person about a service"),
    Purpose.EMERGENCY: PurposeMeaning("紧急情况或救助", "an emergency"),
    Purpose.IDENTITY_CHECK: PurposeMeaning("核验身份", "check who somebody is"),
    Purpose.COMPLAINT: PurposeMeaning("处理投诉", "handle a complaint"),
    Purpose.DATA_CORRECTION: PurposeMeaning("核对或更正信息", "check or correct the data"),
    Purpose.INSPECTION: PurposeMeaning("审计、监督或司法协助", "audit, supervision or a court's request"),
}


def check_purpose(purpose: str, note: str) -> str:
    """The reason as the audit row keeps it, `purpose: note`.

    Raises 422 PURPOSE_REQUIRED without a purpose or with fewer than four characters of note, 422 PURPOSE_UNKNOWN for
    one that is not in the catalogue.
    """
    words = " ".join(note.split())
    if not purpose.strip() or len(words) < NOTE_MIN_LENGTH:
        raise RuleBroken(
            "PURPOSE_REQUIRED",
            zh=f"查看个人信息全值须选择用途并说明事由（不少于 {NOTE_MIN_LENGTH} 个字）",
            en=f"to see full personal data choose a purpose and say why, in {NOTE_MIN_LENGTH} characters or more",
            rule="X07",
            field="note" if purpose.strip() else "purpose",
            facts={"purposes": [known.value for known in Purpose]},
            how_to_fix_zh="请选择用途并填写事由",
            how_to_fix_en="send purpose and note",
        )
    if purpose not in set(Purpose):
        raise RuleBroken(
            "PURPOSE_UNKNOWN",
            zh="未知用途",
            en="this purpose is not in the catalogue",
            rule="X07",
            field="purpose",
            facts={"purposes": [known.value for known in Purpose]},
            how_to_fix_zh="请从用途目录中选择",
            how_to_fix_en="choose from the catalogue of purposes",
        )
    return f"{purpose}: {words}"
