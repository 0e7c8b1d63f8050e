"""Every pair of states: what the table holds passes, all else is refused."""

from __future__ import annotations

from itertools import product

import pytest

from gis.layers.rules.import_states import (
    NEXT_STATES,
    check_is_last,
    check_transition,
    same_file,
    status_with_job,
)
from wangge.errors import RuleBroken

ALLOWED = {
    *(("checking", end) for end in ("refused", "checked", "applied", "cancelled", "failed")),
    ("applied", "undone"),
}


@pytest.mark.parametrize(("status", "wanted"), list(product(NEXT_STATES, NEXT_STATES)))
def test_all_pairs(status: str, wanted: str) -> None:
    if (status, wanted) in ALLOWED:
        check_transition(status, wanted)
        return
    with pytest.raises(RuleBroken) as refused:
        check_transition(status, wanted)
    assert (refused.value.code, refused.value.status) == ("INVALID_TRANSITION", 409)


def test_only_the_last_import_may_go() -> None:
    check_is_last(7, 7)
    with pytest.raises(RuleBroken) as refused:
        check_is_last(6, 7)
    assert (refused.value.code, refused.value.facts["last_import"]) == ("IMPORT_NOT_LAST", 7)


def test_the_same_file_names_the_earlier_import() -> None:
    done = same_file(3, "社区.gpkg", "2026-04-01 09:00", is_running=False)
    assert "社区.gpkg" in done.zh and "2026-04-01 09:00" in done.zh and done.status == 409
    assert "正在导入" in same_file(3, "社区.gpkg", "2026-04-01 09:00", is_running=True).zh


@pytest.mark.parametrize(
    ("status", "job", "seen"),
    [
        ("checking", "waiting", "checking"),
        ("checking", "running", "checking"),
        ("checking", "cancelled", "cancelled"),
        ("checking", "failed", "failed"),
        ("refused", "failed", "refused"),
        ("applied", "succeeded", "applied"),
        ("checking", "", "checking"),
    ],
)
def test_a_job_that_ends_without_a_verdict_ends_the_import(status: str, job: str, seen: str) -> None:
    assert status_with_job(status, job) == seen
