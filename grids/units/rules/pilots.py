"""Which county tries which feature on a day; the names of features are an open list.

While a county tries a feature that the program knows, the feature is there for such counties alone; where no county tries
it, it is there for everybody: a city that has no pilots misses nothing, and a pilot that ends opens it to all.

Rule: J10
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tenants.bureau.rules.org_levels import LEVEL_NAMES_ZH, OrgLevel
from wangge.errors import RuleBroken


class PilotFeature(StrEnum):
    """What the program switches by pilots. Other names may be tried too; they are told, and switch nothing."""

    INTEREST_GRIDS = "interest_grids"  # proposing one
    MEMBER_POSTS = "member_posts"  # nominating somebody for a post, one by one or by a file
    FITNESS_GROUPS = "fitness_groups"  # founding the fitness organisation of a base grid
    FITNESS_TESTS = "fitness_tests"  # inviting to a fitness test


FEATURE_NAMES_ZH = {
    PilotFeature.INTEREST_GRIDS: "兴趣网格",
    PilotFeature.MEMBER_POSTS: "网格员任职",
    PilotFeature.FITNESS_GROUPS: "网格健身组织",
    PilotFeature.FITNESS_TESTS: "体质测试",
}
MOST_NAMED = 6
PILOT_CLAUSE = "以沁阳市、解放区等县(市、区)为试点"
_FEATURE = re.compile(r"[a-z][a-z0-9_.]{0,39}")


@dataclass(frozen=True, slots=True)
class PilotTime:
    """The features a county tries from a first to a last day, None while it goes on; `unit_path` is the county's."""

    unit_path: str
    features: tuple[str, ...]
    starts_on: date
    ends_on: date | None = None
    county: str = ""

    def tries(self, feature: str, on: date) -> bool:
        """Whether the county tries the feature that day."""
        is_over = self.ends_on is not None and self.ends_on < on
        return feature in self.features and self.starts_on <= on and not is_over

    def holds(self, feature: str, unit_path: str, on: date) -> bool:
        """Whether a unit in the county tries the feature that day."""
        return unit_path.startswith(self.unit_path) and self.tries(feature, on)


def may(feature: str, unit_path: str, on: date, pilots: Iterable[PilotTime]) -> bool:
    """Whether a feature that only pilots have is there for the unit on a day.

    Rule: J10
    """
    return any(pilot.holds(feature, unit_path, on) for pilot in pilots)


def check_open(feature: PilotFeature, unit_path: str, on: date, pilots: Sequence[PilotTime]) -> None:
    """Refuse with 403 PILOT_ONLY, for a unit on a day, what some counties try and its own does not.

    Rule: J10
    """
    trying = [pilot for pilot in pilots if pilot.tries(feature, on)]
    if not trying or may(feature, unit_path, on, trying):
        return
    counties = list(dict.fromkeys(pilot.county for pilot in trying))
    named = "、".join(counties[:MOST_NAMED]) + (f"等{len(counties)}个" if len(counties) > MOST_NAMED else "")
    raise RuleBroken(
        "PILOT_ONLY",
        zh=f"“{FEATURE_NAMES_ZH[feature]}”目前只在试点县（市、区）开放：{named}",
        en=f"only the pilot counties have {feature} so far: {', '.join(counties[:MOST_NAMED])}",
        status=403,
        rule="J10",
        clause=PILOT_CLAUSE,
        facts={"feature": feature.value, "counties": counties},
        how_to_fix_zh="请待试点推广，或请市体育局将本县（市、区）列为试点",
        how_to_fix_en="wait until it comes to all, or ask the bureau to make the county a pilot",
    )


def check_pilot_level(level: OrgLevel) -> None:
    """Refuse a pilot that is no county with 422 PILOT_LEVEL.

    Rule: J10
    """
    if level is OrgLevel.COUNTY:
        return
    raise RuleBroken(
        "PILOT_LEVEL",
        zh=f"试点设在县（市、区）一级，不能设在{LEVEL_NAMES_ZH[level]}一级",
        en=f"a pilot is a county, not a {level}",
        rule="J10",
        clause=PILOT_CLAUSE,
        facts={"level": level.value},
        how_to_fix_zh="请选择县（市、区）",
        how_to_fix_en="choose a county",
        field="unit_id",
    )


def check_features(features: Sequence[str]) -> None:
    """Refuse none at all, names of features that no program can ask for, or one twice, with 422 PILOT_FEATURE.

    Rule: J10
    """
    if not features:
        raise _no_features()
    bad = [name for name in features if not _FEATURE.fullmatch(name)]
    if not bad and len(set(features)) == len(features):
        return
    raise RuleBroken(
        "PILOT_FEATURE",
        zh=f"试点功能名称不正确：{'、'.join(bad) or '有重复'}",
        en=f"these are no names of features: {', '.join(bad) or 'one twice'}",
        rule="J10",
        facts={"bad": bad},
        how_to_fix_zh="使用小写字母、数字、“_”和“.”，以字母开头，最长40位",
        how_to_fix_en="use small letters, digits, _ and ., beginning with a letter, at most 40",
        field="features",
    )


def _no_features() -> RuleBroken:
    return RuleBroken(
        "PILOT_FEATURE",
        zh="没有选择试点哪些功能",
        en="no feature was chosen for the pilot",
        rule="J10",
        facts={"bad": []},
        how_to_fix_zh="请至少选择一项功能，或填写一个代号",
        how_to_fix_en="choose at least one feature, or write a code",
        field="features",
    )


def check_pilot_days(starts_on: date, ends_on: date | None) -> None:
    """Refuse a pilot that ends before it begins with 422 PILOT_PERIOD.

    Rule: J10
    """
    if ends_on is None or starts_on <= ends_on:
        return
    raise RuleBroken(
        "PILOT_PERIOD",
        zh=f"试点截止日期{ends_on.isoformat()}早于开始日期{starts_on.isoformat()}",
        en=f"the pilot ends on {ends_on}, before it begins on {starts_on}",
        rule="J10",
        facts={"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()},
        how_to_fix_zh="请更正日期",
        how_to_fix_en="correct the dates",
        field="ends_on",
    )


def check_not_twice(new: PilotTime, existing: Iterable[PilotTime], county: str) -> None:
    """Refuse a feature that the county tries already in those days with 409 PILOT_TWICE.

    Rule: J10
    """
    for other in existing:
        shared = [name for name in new.features if name in other.features]
        if not shared or other.unit_path != new.unit_path or not _overlap(new, other):
            continue
        raise RuleBroken(
            "PILOT_TWICE",
            zh=f"{county}自{other.starts_on.isoformat()}起已试点：{'、'.join(shared)}",
            en=f"{county} tries {', '.join(shared)} since {other.starts_on} already",
            status=409,
            rule="J10",
            facts={"features": shared, "since": other.starts_on.isoformat()},
            how_to_fix_zh="请先结束原试点，或错开日期",
            how_to_fix_en="end the other pilot first, or choose other days",
            field="features",
        )


def _overlap(one: PilotTime, other: PilotTime) -> bool:
    begins = other.ends_on is None or one.starts_on <= other.ends_on
    ends = one.ends_on is None or other.starts_on <= one.ends_on
    return begins and ends
