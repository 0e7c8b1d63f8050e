"""A base grid's fitness organisation (网格健身组织) has the grid's leader and named people in it, one at a time.

Rule: J03
Rule: J06
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from wangge.errors import RuleBroken

GROUP_CLAUSE = "推进全民健身组织网格化、服务精细化、活动社会化"


def check_has_leader(grid_code: str, has_leader: bool) -> None:
    """Refuse a group of a grid that nobody leads, or whose leader goes, with 422 FITNESS_GROUP_LEADER.

    Rule: J06
    """
    if has_leader:
        return
    raise RuleBroken(
        "FITNESS_GROUP_LEADER",
        zh=f"网格健身组织须由网格长参加，网格{grid_code}当日没有网格长或网格长未列入",
        en=f"the leader belongs to the fitness organisation, and grid {grid_code} has none in it that day",
        rule="J06",
        clause=GROUP_CLAUSE,
        facts={"grid": grid_code},
        how_to_fix_zh="请先任命网格长（空缺时可任命代理网格长）",
        how_to_fix_en="appoint a leader first; during a vacancy an acting one",
        field="founded_on",
    )


def check_enough_people(people: int, least: int) -> None:
    """Refuse a group of fewer people than policy says, the leader counted, with 422 FITNESS_GROUP_MEMBERS.

    Rule: J03
    """
    if people >= least:
        return
    raise RuleBroken(
        "FITNESS_GROUP_MEMBERS",
        zh=f"网格健身组织至少{least}人（含网格长），当前{people}人",
        en=f"a fitness organisation has at least {least} people, its leader among them, not {people}",
        rule="J03",
        clause=GROUP_CLAUSE,
        facts={"people": people, "least": least},
        how_to_fix_zh="请补充成员姓名",
        how_to_fix_en="name more people",
        field="members",
    )


def check_names(names: Sequence[str], present: Sequence[str] = ()) -> None:
    """Refuse a name that is blank or stands in the group already with 422 FITNESS_GROUP_NAME.

    Rule: J03
    """
    seen = set(present)
    for name in names:
        if name.strip() and name not in seen:
            seen.add(name)
            continue
        raise RuleBroken(
            "FITNESS_GROUP_NAME",
            zh="成员姓名不能为空" if not name.strip() else f"成员“{name}”已在网格健身组织中",
            en="a member has a name"
            if not name.strip()
            else f"“{name}” is in the fitness organisation already",
            rule="J03",
            facts={"name": name},
            how_to_fix_zh="同名的两人请加注区别，如“王某（3号楼）”",
            how_to_fix_en="tell two people of one name apart, as in “Wang (house 3)”",
            field="members",
        )


def check_founding_day(founded_on: date, grid_from: date, today: date) -> None:
    """Refuse a founding before the grid stood, or still to come, with 422 FITNESS_GROUP_PERIOD.

    Rule: J03
    """
    if grid_from <= founded_on <= today:
        return
    raise RuleBroken(
        "FITNESS_GROUP_PERIOD",
        zh=f"成立日期须在网格启用日{grid_from.isoformat()}与今天{today.isoformat()}之间",
        en=f"it was founded between {grid_from}, when the grid began, and today, {today}",
        rule="J03",
        facts={
            "founded_on": founded_on.isoformat(),
            "grid_from": grid_from.isoformat(),
            "today": today.isoformat(),
        },
        how_to_fix_zh="请更正成立日期",
        how_to_fix_en="correct the day",
        field="founded_on",
    )


def check_last_day(first: date, last: date, field: str) -> None:
    """Refuse a last day before the first with 422 FITNESS_GROUP_PERIOD.

    Rule: J03
    """
    if first <= last:
        return
    raise RuleBroken(
        "FITNESS_GROUP_PERIOD",
        zh=f"截止日期{last.isoformat()}早于开始日期{first.isoformat()}",
        en=f"the last day {last} is before the first, {first}",
        rule="J03",
        facts={"first": first.isoformat(), "last": last.isoformat()},
        how_to_fix_zh="请更正日期",
        how_to_fix_en="correct the dates",
        field=field,
    )


def check_standing(name: str, dissolved_on: date | None) -> None:
    """Refuse to change a group that was dissolved with 409 FITNESS_GROUP_DISSOLVED.

    Rule: J03
    """
    if dissolved_on is None:
        return
    raise RuleBroken(
        "FITNESS_GROUP_DISSOLVED",
        zh=f"“{name}”已于{dissolved_on.isoformat()}解散",
        en=f"“{name}” was dissolved on {dissolved_on}",
        status=409,
        rule="J03",
        facts={"dissolved_on": dissolved_on.isoformat()},
        how_to_fix_zh="请为该网格重新成立健身组织",
        how_to_fix_en="found a new one for the grid",
    )


def already_stands(grid_code: str, name: str, founded_on: date) -> RuleBroken:
    """The refusal of a second group of one grid: 409 FITNESS_GROUP_EXISTS.

    Rule: J03
    """
    return RuleBroken(
        "FITNESS_GROUP_EXISTS",
        zh=f"网格{grid_code}已有健身组织“{name}”（{founded_on.isoformat()}成立）",
        en=f"grid {grid_code} has a fitness organisation, “{name}”, founded on {founded_on}",
        status=409,
        rule="J03",
        facts={"grid": grid_code, "name": name, "founded_on": founded_on.isoformat()},
        how_to_fix_zh="请在现有组织中增减成员，或先解散",
        how_to_fix_en="change the members of the one there is, or dissolve it first",
        field="founded_on",
    )
