"""S07: why and why not are told in both languages, with facts, and without a way that leads to a home."""

from __future__ import annotations

import pytest

from instructors.assignment.rules.known_names import Known, SessionKnown
from instructors.assignment.rules.site_assignment import (
    Obstacle,
    ObstacleFound,
    Pair,
    PairAnswer,
    PlanLoss,
    Substitute,
    UnservedReason,
)
from instructors.assignment.rules.why_words import coarse, said, tell_left_out, tell_pair, tell_unserved

PAIR = Pair(3, 7)
KNOWN = Known({8: "测试甲"}, {9: SessionKnown("人民公园", 2, 360, 450)})


def refused(obstacle: Obstacle, **facts: object) -> tuple[str, str, dict[str, object]]:
    answer = PairAnswer(PAIR, False, False, False, 1234, (ObstacleFound(obstacle, facts),))
    (told,) = tell_pair(answer, "太极拳", "lecturer", KNOWN)
    assert told.code == obstacle.value
    return told.zh, told.en, dict(told.facts)


def test_s07_a_way_is_told_in_whole_hundred_metres_upwards() -> None:
    assert [coarse(metres) for metres in (0, 1, 100, 101, 1234.5)] == [0, 100, 100, 200, 1300]


@pytest.mark.parametrize(
    ("obstacle", "facts", "zh", "en"),
    [
        (Obstacle.NOT_QUALIFIED, {"item": 3}, "没有有效的“太极拳”讲师资格", "holds no valid qualification as lecturer of 太极拳"),
        (Obstacle.TOO_FAR, {"travel_m": 5031, "reach_m": 5000}, "路程超过5000米", "more than 5000 m away"),
        (Obstacle.NOT_FREE, {"missing": [[1, 360, 420]]}, "周一 06:00–07:00不空闲", "not free on Monday 06:00–07:00"),
        (Obstacle.AT_LIMIT, {"weekly_limit": 2, "needs": [4, 5]}, "每周最多2次，已安排2次",
         "2 sessions of at most 2 a week are taken"),
        (Obstacle.CLASHES, {"need": 9, "gap_min": -30, "buffer_min": 0}, "同一时间服务“人民公园”周二 06:00–07:30",
         "serves 人民公园 on Tuesday 06:00–07:30 at that time"),
        (Obstacle.CLASHES, {"need": 9, "gap_min": 30, "buffer_min": 60},
         "与“人民公园”周二 06:00–07:30的服务间隔30分钟，跨街镇须留60分钟",
         "30 min lie between it and 人民公园 on Tuesday 06:00–07:30; 60 are needed between two towns"),
        (Obstacle.NEED_IS_FULL, {"wanted": 1, "instructors": [8]},
         "所需1人已由他人担任（测试甲）", "the 1 wanted are others (测试甲)"),
    ],
)  # fmt: skip
def test_s07_every_obstacle_has_its_sentence(
    obstacle: Obstacle, facts: dict[str, object], zh: str, en: str
) -> None:
    assert refused(obstacle, **facts)[:2] == (zh, en)


def test_s07_the_exact_way_is_in_no_fact() -> None:
    assert refused(Obstacle.TOO_FAR, travel_m=5031, reach_m=5000)[2] == {"reach_m": 5000}
    told = tell_unserved("none_teaches_item", 1, {"in_reach": 4, "nearest_m": 77, "nearest_teaching_m": 6021})
    assert told.facts == {"in_reach": 4, "nearest_m": 100, "nearest_teaching_m": 6100}


def test_s07_an_assigned_pair_says_what_it_is_worth() -> None:
    kept = PairAnswer(PAIR, True, False, True, 450, (), PlanLoss(120, 0))
    (told,) = tell_pair(kept, "太极拳", "skill_coach")
    assert told.zh == "已分配，路程约500米；与上一次分配相同；不由其服务则至少少覆盖120户"
    pinned = PairAnswer(PAIR, True, True, False, 450)
    assert tell_pair(pinned, "太极拳", "skill_coach")[0].en == "assigned, about 500 m away; pinned by hand"


def test_s07_an_assigned_pair_names_the_best_substitute_and_what_keeps_them() -> None:
    busy = ObstacleFound(Obstacle.AT_LIMIT, {"weekly_limit": 1, "needs": [9]})
    other = Substitute(8, 1510, (busy,))
    held = PairAnswer(PAIR, True, False, False, 450, (), PlanLoss(0, 1238), PlanLoss(0, 2603), (other,))
    told = tell_pair(held, "太极拳", "skill_coach", KNOWN)
    assert told[0].zh == "已分配，路程约500米；不由其服务则路程与变动多1200至2700米"
    assert (
        told[1].zh
        == "最合适的替代人选：测试甲（路程约1600米），但每周最多1次，已安排1次（“人民公园”周二 06:00–07:30）"
    )
    assert told[1].facts == {"instructor": 8, "travel_m": 1600, "kept_by": ["at_limit"]}
    unseen = tell_pair(held, "太极拳", "skill_coach")[1].zh
    assert unseen == "最合适的替代人选：另一位指导员（路程约1600米），但每周最多1次，已安排1次"


def test_s07_an_assigned_pair_says_that_nobody_or_anybody_could_do_it() -> None:
    nobody = PairAnswer(PAIR, True, False, False, 450, (), PlanLoss(0, 0), PlanLoss(120, -450))
    assert [told.zh for told in tell_pair(nobody, "太极拳", "skill_coach")] == [
        "已分配，路程约500米；不由其服务则至多少覆盖120户", "没有合适的替代人选，该岗位将空缺"
    ]  # fmt: skip
    any_other = PairAnswer(
        PAIR, True, False, False, 450, (), PlanLoss(0, 0), PlanLoss(0, 0), (Substitute(8, 450),)
    )
    assert [told.zh for told in tell_pair(any_other, "太极拳", "skill_coach", KNOWN)] == [
        "已分配，路程约500米；由他人担任也同样可行", "最合适的替代人选：测试甲（路程约500米）"
    ]  # fmt: skip


def test_s07_who_could_serve_is_told_the_trade_off_beside_what_stands_between() -> None:
    full = ObstacleFound(Obstacle.NEED_IS_FULL, {"wanted": 1, "instructors": [8]})
    dearer = PairAnswer(PAIR, False, False, False, 450, (full,), PlanLoss(0, 0), PlanLoss(0, 1055))
    assert [told.zh for told in tell_pair(dearer, "太极拳", "skill_coach", KNOWN)] == [
        "所需1人已由他人担任（测试甲）", "若由其服务，总体路程与变动至多多1100米"
    ]  # fmt: skip
    equal = PairAnswer(PAIR, False, False, False, 450, (full,), PlanLoss(0, 0), PlanLoss(0, 0))
    assert [told.code for told in tell_pair(equal, "太极拳", "skill_coach")] == ["need_is_full", "as_good"]


def test_s07_a_possible_pair_says_what_it_would_lose_or_that_it_is_as_good() -> None:
    worse = PairAnswer(PAIR, False, False, False, 450, (), PlanLoss(0, 1201))
    assert tell_pair(worse, "太极拳", "skill_coach")[0].zh == "若由其服务，总体路程与变动至少多1200米"
    equal = PairAnswer(PAIR, False, False, False, 450, (), PlanLoss(0, 0))
    assert tell_pair(equal, "太极拳", "skill_coach")[0].code == "as_good"


@pytest.mark.parametrize("reason", list(UnservedReason))
def test_s07_every_reason_for_an_empty_place_has_its_sentence(reason: UnservedReason) -> None:
    facts = {
        "in_reach": 9, "nearest_m": 7001, "teach_item_in_reach": 5, "nearest_teaching_m": 6001, "candidates": 4,
        "serving": 1, "at_limit": 2, "held_by_pins": 3,
    }  # fmt: skip
    told = tell_unserved(reason.value, 2, facts)
    assert told.zh.startswith("缺2人：")
    assert told.en.startswith("2 missing: ")
    assert any(character.isdigit() for character in told.zh[3:]), "the counts behind it are told"


def test_s07_reasons_for_leaving_somebody_out_read_as_one_text() -> None:
    told = [tell_left_out("no_home"), tell_left_out("no_free_times")]
    assert said(told, "zh") == "未参与计算：没有登记住处位置，无法计算路程；未参与计算：没有登记空闲时间"
    assert said(told, "en").count("not considered") == 2


def test_s07_an_empty_place_tells_who_teaches_it_in_reach_and_was_left_out() -> None:
    facts = {"in_reach": 9, "nearest_teaching_m": None, "no_free_times_in_reach": 3, "no_papers_in_reach": 1}
    told = tell_unserved("none_teaches_item", 2, facts)
    assert told.zh == (
        "缺2人：可达范围内参与计算的人都不能教该项目（可达范围内9人，另有3人会教但没有登记空闲时间，另有1人会教但没有有效证书）"
    )
    assert told.en == (
        "2 missing: nobody considered in reach may teach the item "
        "(9 in reach, 3 more teach it but gave no free times, 1 more teach it but hold no valid certificate)"
    )
    assert "另有2人会教但每周次数上限为0" in tell_unserved("all_at_limit", 1, {"no_sessions_in_reach": 2}).zh
