"""S07: “why this one, why not that one” tells what the neighbourhood would lose, who could do it, and by which names."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from instructors.assignment.models import AssignmentRun, SiteNeed

pytestmark = pytest.mark.django_db
RUNS = "assignment-runs"


def why(speaker: Any, run: int, person: Any, need: Any) -> dict[str, Any]:
    answer = speaker.get(f"{RUNS}/{run}/why?need={need.pk}&instructor={person.pk}")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def sentences(told: dict[str, Any]) -> list[str]:
    return [reason["zh"] for reason in told["reasons"]]


def test_s07_an_assigned_pair_names_who_would_serve_instead_and_what_that_costs(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    near, far = make_instructor("测试甲"), make_instructor("测试乙", unit="wangcun")
    need = make_need(make_site())
    run = compute()
    told = why(speaker, run, near, need)
    assert [reason["code"] for reason in told["reasons"]] == ["assigned", "substitute"]
    facts = told["reasons"][0]["facts"]
    assert facts["loses_at_most_travel_m"] > 0
    assert "不由其服务则路程与变动至多多" in told["reasons"][0]["zh"]
    assert told["reasons"][1]["facts"]["instructor"] == far.pk
    assert told["reasons"][1]["zh"].startswith("最合适的替代人选：测试乙（路程约")


def test_s07_an_assigned_pair_without_anybody_else_says_that_the_place_would_stay_empty(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    only, need = make_instructor(), make_need(make_site(), weight=120)
    told = sentences(why(speaker, compute(), only, need))
    assert told[0].endswith("不由其服务则少覆盖120户")
    assert told[1] == "没有合适的替代人选，该岗位将空缺"


def test_s07_what_keeps_the_substitute_is_named_by_site_weekday_and_time(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    """Two people, two needs at one time: who serves the other cannot come, and no number of a row is told."""
    make_instructor("测试甲"), make_instructor("测试乙")
    first, second = make_need(make_site("S1"), weight=500), make_need(make_site("S2"), weight=100)
    run = compute()
    serves = {
        row["need"]["id"]: row["instructor"]["id"]
        for row in speaker.get(f"{RUNS}/{run}/pairs").json()["results"]
    }
    answer = speaker.get(f"{RUNS}/{run}/why?need={first.pk}&instructor={serves[second.pk]}").json()
    clash = next(reason for reason in answer["reasons"] if reason["code"] == "clashes")
    assert clash["zh"] == "同一时间服务“测试站点S2”周一 06:00–07:30"
    full = next(reason for reason in answer["reasons"] if reason["code"] == "need_is_full")
    assert full["zh"].startswith("所需1人已由他人担任（测试")
    assert answer["reasons"][-1]["code"] == "as_good", "they would change places"


def test_s07_who_is_at_the_limit_is_told_the_trade_off_too(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    person = make_instructor(weekly_limit=1)
    make_need(make_site("S1"), weight=500)
    other = make_need(make_site("S2"), when=(2, 360, 450), weight=100)
    told = why(speaker, compute(), person, other)
    assert [reason["code"] for reason in told["reasons"]] == ["at_limit", "worth_less"]
    assert told["reasons"][0]["zh"] == "每周最多1次，已安排1次（“测试站点S1”周一 06:00–07:30）"
    assert told["reasons"][1]["zh"] == "若由其服务，总体至多少覆盖400户"


def test_s11_names_and_places_in_why_are_those_the_asker_may_read(
    alpha: Any, api: Any, staff: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:  # fmt: skip
    own, stranger = make_instructor("测试甲"), make_instructor("测试乙", unit="xinhua")
    need = make_need(make_site())
    run = compute()
    clerk = api(alpha, staff.clerk)
    assert sentences(why(speaker, run, own, need))[1].startswith("最合适的替代人选：测试乙")
    assert sentences(why(clerk, run, own, need))[1].startswith("最合适的替代人选：另一位指导员")
    assert stranger.name not in str(why(clerk, run, own, need))
    second = make_instructor("测试丙")
    run = compute()
    told = [why(clerk, run, person, need) for person in (own, second)]
    assert "所需1人已由他人担任（测*）" in str(next(each for each in told if not each["is_assigned"]))


def test_s07_what_changed_since_leaves_people_out_of_the_comparison_and_answers_all_the_same(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    near, far = make_instructor("测试甲"), make_instructor("测试乙", unit="wangcun")
    need, other = make_need(make_site("S1")), make_need(make_site("S2", unit="wangcun"))
    run = compute()
    with schema_context(alpha.schema_name):
        far.free_times.all().delete()
        far.free_times.create(weekday=5, from_minute=0, to_minute=60)
    told = why(speaker, run, near, need)
    assert told["is_assigned"]
    assert "测试乙" not in str(told)
    with schema_context(alpha.schema_name):
        SiteNeed.objects.filter(pk=other.pk).update(wanted=2)
        far.delete()
    assert why(speaker, run, near, other)["reasons"]


def test_s07_why_takes_the_same_statements_for_any_size(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    counts, made = [], 0
    for size in (3, 15):
        for number in range(made, made + size):
            make_instructor(f"测试{number}", weekly_limit=2)
            make_need(make_site(f"S{number}"), when=(1 + number % 7, 360, 450))
        made += size
        run = compute()
        row = speaker.get(f"{RUNS}/{run}/pairs").json()["results"][0]
        path = f"{RUNS}/{run}/why?need={row['need']['id']}&instructor={row['instructor']['id']}"
        with CaptureQueriesContext(connection) as read:
            assert speaker.get(path).json()["reasons"][1]["code"] == "substitute"
        counts.append(len(read))
    assert counts[0] == counts[1]
    with schema_context(alpha.schema_name):
        assert AssignmentRun.objects.count() == 2


def test_s07_an_empty_place_counts_who_teaches_it_nearby_and_was_left_out(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    make_instructor("测试甲", items=["walking"])
    make_instructor("测试乙", free=())
    make_instructor("测试丙", valid_to=date(2025, 1, 1))
    make_instructor("测试丁", weekly_limit=0)
    lapsed = make_instructor("测试戊", items=["walking", "taiji"])
    with schema_context(alpha.schema_name):
        lapsed.items.filter(item__code="taiji").update(valid_to=date(2025, 1, 1))
    make_need(make_site())
    (row,) = speaker.get(f"{RUNS}/{compute()}/unserved").json()["results"]
    assert row["reason"]["code"] == "none_teaches_item"
    assert row["reason"]["zh"] == (
        "缺1人：可达范围内参与计算的人都不能教该项目（可达范围内2人，另有1人会教但没有登记空闲时间，"
        "另有2人会教但没有有效证书，另有1人会教但每周次数上限为0）"
    )
