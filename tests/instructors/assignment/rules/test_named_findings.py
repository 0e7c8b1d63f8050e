"""Rule X07: what is kept of an import names people masked; whoever may reads them in full."""

from __future__ import annotations

from typing import Any

from gis.layers.rules.findings import report_rows
from instructors.assignment.rules.named_findings import Masked, facts_of, instructors_in, named
from instructors.assignment.rules.retiring import MOST_TOLD, duty_stays_away, kept_not_told, pin_stays_away

ZHAO, QIAN = Masked(3, "赵*"), Masked(5, "钱*")


def _kept(*findings: Any) -> list[dict[str, Any]]:
    return report_rows(findings)


def test_x07_everybody_whom_the_reader_knows_is_named_and_nobody_else() -> None:
    (row,) = _kept(*kept_not_told([ZHAO, QIAN]))
    assert instructors_in(row) == [3, 5]
    shown = named(row, {5: "钱演示"})
    assert shown["zh"].endswith("未能通知：赵*、钱演示") and shown["en"].endswith("赵*, 钱演示")
    assert shown["facts"] == {"count": 2}, "whose rows they are is nobody's to read"
    assert row["zh"].endswith("赵*、钱*"), "what is kept stays as it was"
    assert named(row, {}) == named(row, {7: "孙演示"}) == {**row, "facts": {"count": 2}}


def test_x07_two_of_one_masked_name_are_told_apart() -> None:
    (row,) = _kept(*kept_not_told([ZHAO, Masked(4, "赵*")]))
    assert named(row, {4: "赵乙演示"})["zh"].endswith("赵*、赵乙演示")
    assert named(row, {3: "赵*甲", 4: "赵*乙"})["zh"].endswith("赵*甲、赵*乙")


def test_x07_a_site_that_is_called_like_a_masked_name_keeps_its_own() -> None:
    duty, pin = _kept(
        duty_stays_away(ZHAO, "赵*", "2026-12-01 06:00–07:30", "赵*另有安排", "赵* is booked"),
        pin_stays_away("赵*", "太极拳", ZHAO),
    )
    assert (
        named(duty, {3: "赵演示"})["zh"] == "未恢复的值守：赵演示 2026-12-01 06:00–07:30 赵*（赵*另有安排）"
    )
    assert named(duty, {3: "赵演示"})["en"].startswith("this duty did not come back: 赵演示, 2026-12-01")
    assert named(pin, {3: "赵演示"})["zh"].startswith("未恢复的固定指派：赵演示 → 赵* 太极拳")
    assert "赵演示 at 赵* 太极拳" in named(pin, {3: "赵演示"})["en"]


def test_only_as_many_are_kept_as_are_named() -> None:
    (row,) = _kept(*kept_not_told([Masked(at, "赵*") for at in range(MOST_TOLD + 3)]))
    assert instructors_in(row) == list(range(MOST_TOLD))
    assert named(row, {MOST_TOLD - 1: "赵末演示"})["zh"].endswith(f"赵末演示等{MOST_TOLD + 3}个")


def test_what_was_kept_without_ids_stays_masked() -> None:
    row = {"code": "DUTY_NOT_RESTORED", "zh": "未恢复的值守：赵*", "en": "赵*", "facts": {}}
    assert instructors_in(row) == [] and facts_of([]) == {}
    assert named(row, {3: "赵演示"}) == row
    (nobodys,) = _kept(duty_stays_away(None, "新华苑", "2026-12-01", "时间已过", "it is over"))
    assert named(nobodys, {3: "赵演示"}) == nobodys


def test_facts_that_do_not_fit_name_nobody() -> None:
    """A city may come from a file that others wrote."""
    for facts in ({"instructors": [3]}, {"instructors": [3], "names": []}, {"instructors": 3, "names": "赵"}):
        row = {"code": "DUTY_NOT_RESTORED", "zh": "赵*", "en": "赵*", "facts": facts}
        assert instructors_in(row) == []
        assert named(row, {3: "赵演示"}) == row
    odd = {"zh": "赵*、钱*", "en": "", "facts": {"instructors": ["3", 5], "names": ["赵*", "钱*"]}}
    assert named(odd, {3: "赵演示", 5: "钱演示"})["zh"] == "赵*、钱演示"
