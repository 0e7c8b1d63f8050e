"""A visit to a household begins with its purpose and ends where the household says no; it keeps next to nothing.

It keeps no door, not even a keyed digest of one: a base grid has some 400 doors, so whoever can make the digest finds
the door by trying them all, and a refusal would stick to a home. So visits are counted as talks and refusals, and no
figure says how many different homes were reached by them; homes in reach are told by coverage (J11).

Rule: J13
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken


class VisitPurpose(StrEnum):
    """Why somebody stands at the door; told before anything is asked. Rule: J13"""

    HEAR_DEMAND = "hear_demand"  # 了解健身需求
    TELL = "tell"  # 宣传
    GUIDE = "guide"  # 指导锻炼
    INVITE_TEST = "invite_test"  # 邀请体质测试
    HELP = "help"  # 服务（帮助报名等）


class VisitOutcome(StrEnum):
    """What became of the visit; each is as good as the others. Rule: J13"""

    TALKED = "talked"
    REFUSED = "refused"
    NOBODY_HOME = "nobody_home"


@dataclass(frozen=True, slots=True)
class VisitTold:
    """What a visitor noted at the door."""

    purpose: VisitPurpose | None
    outcome: VisitOutcome
    consented: bool
    note: str = ""
    needs: int = 0


def check_visit_consent(visit: VisitTold) -> None:
    """Refuse with 422 VISIT_CONSENT a visit without a purpose, or a talk to which nobody agreed.

    A refused visit and one to an empty home need no consent: nothing was asked.

    Rule: J13
    """
    missing = []
    if visit.purpose is None:
        missing.append("purpose")
    if visit.outcome is VisitOutcome.TALKED and not visit.consented:
        missing.append("consented")
    if not missing:
        return
    raise RuleBroken(
        "VISIT_CONSENT",
        zh="请告知目的并取得同意",
        en="tell the purpose of the visit and ask for consent first",
        rule="J13",
        clause="入户走访",
        facts={"missing": missing, "outcome": visit.outcome.value},
        how_to_fix_zh="请选择走访目的，并在住户同意后勾选“已同意”；住户不同意时请选择“拒绝”",
        how_to_fix_en="choose the purpose and tick “agreed” once they have agreed; if they do not, choose “refused”",
        field=missing[0],
    )


def check_keeps_nothing(visit: VisitTold) -> None:
    """Refuse with 422 VISIT_KEEPS_NOTHING words or needs of a household that was not spoken to.

    Rule: J13
    """
    if visit.outcome is VisitOutcome.TALKED or not (visit.note.strip() or visit.needs):
        return
    kept = [name for name, is_there in (("note", visit.note.strip()), ("needs", visit.needs)) if is_there]
    raise RuleBroken(
        "VISIT_KEEPS_NOTHING",
        zh="住户拒绝或无人在家时不记录住户的任何信息",
        en="nothing is kept of a household that refused or was not at home",
        rule="J13",
        clause="入户走访",
        facts={"outcome": visit.outcome.value, "kept": kept},
        how_to_fix_zh="请删去备注和需求后提交",
        how_to_fix_en="leave out the note and the needs",
        field=kept[0],
    )


def erased_on(noted_at: datetime, years: int) -> date:
    """The day on which the visit is erased: as many years after its day as policy says (29 February: 1 March).

    Rule: J13
    """
    day = local_date(noted_at)
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
