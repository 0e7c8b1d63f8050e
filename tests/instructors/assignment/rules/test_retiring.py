"""What is said of sites that leave the layer while somebody is expected there. Rules: J12, J13"""

from __future__ import annotations

from datetime import date

from instructors.assignment.rules.named_findings import Masked
from instructors.assignment.rules.retiring import (
    MOST_TOLD,
    InUse,
    Restored,
    Retiring,
    SiteUse,
    back_without_needs,
    brought_back,
    duty_stays_away,
    kept_not_told,
    need_stays_away,
    pin_stays_away,
    site_retired,
    sites_in_use,
)

DANCE = SiteUse(7, "晨光广场舞队（S01）", "晨光广场舞队 (S01)", ("occurrence:1", "occurrence:2"))


def test_j13_a_refusal_names_the_sites_and_counts_and_tells_what_to_do() -> None:
    finding = sites_in_use(["新华苑"], InUse(needs=2, duties=10, others=1), Retiring.IMPORT)
    assert finding.code == "SITES_IN_USE"
    assert finding.zh == ("本文件中已没有仍在使用的站点：新华苑（每周需求2项、今后值守10次、其他安排1次）")
    assert "勾选“撤销使用中的站点”" in finding.remedy_zh and "retire_in_use" in finding.remedy_en
    assert finding.facts == {
        "sites": ["新华苑"], "count": 1, "needs": 2, "duties": 10, "others": 1,
        "interest_grids": [], "interest_grid_count": 0, "meetings": 0,
    }  # fmt: skip


def test_j13_interest_grids_and_their_meetings_are_counted_and_named() -> None:
    """One that meets at two of the sites is one interest grid."""
    walkers = SiteUse(8, "夕阳红健步走队（S02）", "夕阳红健步走队 (S02)")
    also = SiteUse(8, DANCE.zh, DANCE.en, ("occurrence:3",))
    finding = sites_in_use(["甲", "乙"], InUse(0, 0, 0, [DANCE, walkers, also]), Retiring.IMPORT)
    assert "兴趣网格2个、今后活动3次；兴趣网格：晨光广场舞队（S01）、夕阳红健步走队（S02）" in finding.zh
    assert "2 interest grids, 3 coming meetings: 晨光广场舞队 (S01)" in finding.en
    assert (finding.facts["interest_grid_count"], finding.facts["meetings"]) == (2, 3)


def test_confirmed_it_tells_what_was_let_go_and_what_was_not() -> None:
    finding = sites_in_use(["新华苑"], InUse(2, 10, 0, [DANCE]), Retiring.CONFIRMED)
    assert "需求已结束、值守已退回；课程和活动没有取消" in finding.zh
    assert finding.remedy_zh == ""


def test_an_undo_speaks_of_no_file() -> None:
    finding = sites_in_use(["新华苑"], InUse(1, 0, 0), Retiring.UNDO)
    assert finding.zh.startswith("撤销后将没有以下仍在使用的站点：新华苑")
    assert "撤销使用中的站点" not in finding.remedy_zh and "先结束" in finding.remedy_zh


def test_only_so_many_names_are_told() -> None:
    names = [f"站点{number}" for number in range(MOST_TOLD + 1)]
    assert "等21个" in sites_in_use(names, InUse(1, 0, 0), Retiring.IMPORT).zh
    assert "等" not in sites_in_use(names[:-1], InUse(1, 0, 0), Retiring.IMPORT).zh


def test_j13_nothing_new_begins_at_a_retired_site() -> None:
    refused = site_retired(date(2026, 11, 23), "site_id")
    assert (refused.code, refused.status, refused.field) == ("SITE_RETIRED", 409, "site_id")
    assert refused.zh == "该站点自2026-11-23后已不在图层中"


def test_j13_a_file_that_holds_a_site_again_says_what_it_does_not_bring_back() -> None:
    assert back_without_needs(["新华苑"], 0) == []
    (finding,) = back_without_needs(["新华苑"], 2)
    assert finding.code == "SITES_BACK_BARE"
    assert finding.zh == "站点重新回到图层：新华苑；停用时结束的2项每周需求及其值守没有恢复"
    assert "撤销本次导入" in finding.remedy_zh


def test_j12_whom_no_message_reaches_is_named_masked() -> None:
    assert kept_not_told([]) == []
    (finding,) = kept_not_told([Masked(3, "赵*"), Masked(5, "钱*")])
    assert (finding.code, finding.facts) == (
        "INSTRUCTORS_NOT_TOLD", {"count": 2, "instructors": [3, 5], "names": ["赵*", "钱*"]},
    )  # fmt: skip
    assert finding.zh == "2名指导员既无账号也无电话，未能通知：赵*、钱*"


def test_j13_an_undo_tells_what_came_back_and_one_by_one_what_did_not() -> None:
    told = brought_back(Restored(needs=3, pins=1, duties=12))
    assert told.zh == "站点已恢复，随之恢复：每周需求3项、固定指派1项、值守12次"
    need = need_stays_away(
        "新华苑", "太极拳 周一06:00–07:30", "已有同一需求", "the same is asked for already"
    )
    assert (need.code, need.zh) == (
        "NEED_NOT_RESTORED",
        "未恢复的需求：新华苑 太极拳 周一06:00–07:30（已有同一需求）",
    )
    duty = duty_stays_away(
        Masked(3, "赵*"), "新华苑", "2026-12-01 06:00–07:30", "已有其他安排", "booked elsewhere"
    )
    assert (duty.code, duty.zh) == (
        "DUTY_NOT_RESTORED", "未恢复的值守：赵* 2026-12-01 06:00–07:30 新华苑（已有其他安排）",
    )  # fmt: skip
    assert pin_stays_away("新华苑", "太极拳", Masked(3, "赵*")).code == "PIN_NOT_RESTORED"
