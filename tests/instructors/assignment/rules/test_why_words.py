"""S07: why and why not are told in both languages, with facts, and without a way that leads to a home."""

from __future__ import annotations

import pytest

from instructors.assignment.rules.site_assignment import (
    Obstacle,
    ObstacleFound,
    Pair,
    PairAnswer,
    PlanLoss,
    UnservedReason,
)
from instructors.assignment.rules.why_words import coarse, said, tell_left_out, tell_pair, tell_unserved

PAIR = Pair(3, 7)


def refused(obstacle: Obstacle, **facts: object) -> tuple[str, str, dict[str, object]]:
    answer = PairAnswer(PAIR, False, False, False, 1234, (ObstacleFound(obstacle, facts),))
    (told,) = tell_pair(answer, "太极拳", "lecturer")
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
        (Obstacle.CLASHES, {"need": 9, "gap_min": -30, "buffer_min": 0}, "同一时间服务需求 9", "serves need 9 at that time"),
        (Obstacle.CLASHES, {"need": 9, "gap_min": 30, "buffer_min": 60}, "与需求 9 间隔30分钟，跨街镇须留60分钟",
         "30 min lie between it and need 9; 60 are needed between two towns"),
        (Obstacle.NEED_IS_FULL, {"wanted": 1, "instructors": [8]}, "所需1人已由他人担任", "the 1 wanted are others"),
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


def test_s07_a_possible_pair_says_what_it_would_lose_or_that_it_is_as_good() -> None:
    worse = PairAnswer(PAIR, False, False, False, 450, (), PlanLoss(0, 1201))
    assert tell_pair(worse, "太极拳", "skill_coach")[0].zh == "若由其服务，总体路程与变动至少多1300米"
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
