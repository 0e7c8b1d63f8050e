"""J12, S07: whoever's weekly duties begin or end hears of it once, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from instructors.assignment.models import Booking, SiteAssignment
from instructors.people.models import Instructor
from instructors.people.services.identity import Numbers, keep_numbers
from tenants.bureau.models import OutboxMessage
from tenants.bureau.queries.days import today
from tests.instructors.assignment.test_adopting import adopt

pytestmark = pytest.mark.django_db
RUNS = "assignment-runs"


@pytest.fixture
def told(alpha: Any) -> Callable[[], list[OutboxMessage]]:
    """Calling it gives the messages since the last call, by id."""
    seen: set[int] = set()

    def new() -> list[OutboxMessage]:
        with schema_context(alpha.schema_name):
            rows = list(OutboxMessage.objects.exclude(pk__in=seen).order_by("id"))
        seen.update(row.pk for row in rows)
        return rows

    return new


@pytest.fixture
def with_account(alpha: Any, make_user: Any, make_instructor: Any) -> Callable[..., Any]:
    """`with_account("teacher", "测试甲", …)`: somebody of the register who signs in."""

    def make(username: str, name: str = "测试甲", **fields: Any) -> Any:
        return make_instructor(name, user=make_user(alpha, username), **fields)

    return make


def withdraw(speaker: Any, run: int) -> dict[str, Any]:
    """Take it back; the answer."""
    answer = speaker.post(f"{RUNS}/{run}/withdraw", {"reason": "甲有事"})
    assert answer.status_code == 200, answer.content
    answered: dict[str, Any] = answer.json()
    return answered


def test_j12_an_adopted_run_tells_each_of_the_own_duties_and_says_from_which_day(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, with_account: Any, told: Any
) -> None:
    person = with_account("teacher")
    day = today() + timedelta(days=1)
    make_need(make_site(), when=(day.isoweekday(), 360, 450))
    assert adopt(speaker, compute(), book_weeks=2)["warnings"] == []
    (message,) = told()
    assert (message.channel, message.recipient) == ("in_app", f"accounts.user:{person.user_id}")
    assert message.template == "assignment.adopted"
    assert message.facts["title"] == "站点值守调整：您的每周值守新增1项"
    assert "原因：采用了新的站点指导员分配。" in message.facts["text"]
    assert f"以登记的值守为准：自{day.isoformat()}起 每周" in message.facts["text"]
    assert message.facts["text"].endswith("06:00–07:30 测试站点S1（太极拳）。")


def test_j12_who_keeps_the_same_duties_hears_nothing(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, with_account: Any, told: Any,
) -> None:  # fmt: skip
    with_account("teacher")
    walker = with_account("walker", "测试乙", items=["walking"])
    make_need(make_site())
    adopt(speaker, compute())
    assert len(told()) == 1
    make_need(make_site("S2"), "walking")
    adopt(speaker, compute())
    (message,) = told()
    assert message.recipient == f"accounts.user:{walker.user_id}"


def test_j12_a_duty_that_is_handed_on_is_told_to_both_and_again_when_that_is_taken_back(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, with_account: Any, told: Any,
    run_jobs: Any,
) -> None:  # fmt: skip
    one = with_account("one")
    make_need(make_site())
    adopt(speaker, compute(), book_weeks=3)
    run_jobs(alpha)
    told()
    other = with_account("other", "测试乙")
    second = compute()
    with schema_context(alpha.schema_name):  # the computation keeps who serves; here it hands on
        SiteAssignment.objects.filter(run=second).update(instructor=other)
    adopt(speaker, second)
    first, then = sorted(told(), key=lambda each: each.recipient)
    assert [first.recipient, then.recipient] == sorted(
        f"accounts.user:{each.user_id}" for each in (one, other)
    )
    lost, won = (first, then) if first.recipient.endswith(f":{one.user_id}") else (then, first)
    assert lost.facts["title"] == "站点值守调整：您的每周值守取消1项"
    assert "不用到岗，已登记的3次随之取消：自" in lost.facts["text"]
    assert won.facts["title"] == "站点值守调整：您的每周值守新增1项"
    assert "具体日期另行登记" in won.facts["text"]

    assert withdraw(speaker, second)["warnings"] == []
    back = {each.recipient: each for each in told()}
    again = back[f"accounts.user:{one.user_id}"]
    assert again.template == "assignment.withdrawn"
    assert again.facts["title"] == "站点值守调整撤回：您的每周值守新增1项"
    assert "原因：站点指导员分配已撤回。" in again.facts["text"]
    assert "甲有事" not in again.facts["text"], "what the record says of somebody is not for others"
    assert back[f"accounts.user:{other.user_id}"].facts["title"] == "站点值守调整撤回：您的每周值守取消1项"
    assert len(back) == 2


def test_j12_who_has_no_account_is_told_by_phone_and_who_has_neither_is_named(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any, told: Any
) -> None:
    phoned, _ = make_instructor(weekly_limit=1), make_instructor("测试乙", weekly_limit=1)
    with schema_context(alpha.schema_name):
        keep_numbers(phoned, Numbers(phone="13900000077"))
    make_need(make_site(), wanted=2)
    run = compute()
    (warning,) = adopt(speaker, run)["warnings"]
    assert (warning["code"], warning["facts"]) == ("INSTRUCTORS_NOT_TOLD", {"count": 1})
    assert "测试乙" in warning["zh"] and "测试甲" not in warning["zh"] and warning["remedy_zh"]
    (message,) = told()
    assert (message.channel, message.recipient) == ("sms", "13900000077")
    assert withdraw(speaker, run)["warnings"][0]["code"] == "INSTRUCTORS_NOT_TOLD"
    (message,) = told()
    assert (message.channel, message.template) == ("sms", "assignment.withdrawn")


def test_j12_who_left_the_register_is_not_told(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, with_account: Any, told: Any
) -> None:
    person = with_account("teacher")
    make_need(make_site())
    run = compute()
    adopt(speaker, run)
    told()
    with schema_context(alpha.schema_name):
        Instructor.objects.filter(pk=person.pk).update(left_on=today() - timedelta(days=1))
    assert withdraw(speaker, run)["warnings"] == []
    assert told() == []


def test_j12_an_ended_need_tells_who_serves_it_and_lists_what_was_booked(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, with_account: Any, told: Any,
    run_jobs: Any,
) -> None:  # fmt: skip
    person = with_account("teacher")
    with_account("walker", "测试乙", items=["walking"])
    last = today() + timedelta(days=1)
    need = make_need(make_site(), when=(last.isoweekday(), 360, 450))
    make_need(make_site("S2"), "walking")
    adopt(speaker, compute(), book_weeks=3)
    run_jobs(alpha)
    told()
    ended = speaker.post(f"site-needs/{need.pk}/end", {"ends_on": last.isoformat()})
    assert (ended.status_code, ended.json()["warnings"], ended.json()["valid_to"]) == (
        200,
        [],
        last.isoformat(),
    )
    assert ended["ETag"]
    (message,) = told()
    assert (message.recipient, message.template) == (f"accounts.user:{person.user_id}", "site_need.ended")
    assert message.facts["title"] == "站点值守结束：测试站点S1"
    later = [last + timedelta(weeks=weeks) for weeks in (1, 2)]
    assert f"到{last.isoformat()}为止，当天仍照常" in message.facts["text"]
    assert f"自{later[0].isoformat()}起 每周" in message.facts["text"]
    assert [f"{day.isoformat()} 06:00–07:30 测试站点S1" in message.facts["text"] for day in (last, *later)] == [
        False, True, True,
    ]  # fmt: skip


def test_j12_the_end_of_a_need_is_not_told_again_by_the_next_run(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, with_account: Any, told: Any
) -> None:
    with_account("teacher")
    with_account("walker", "测试乙", items=["walking"])
    tomorrow = today() + timedelta(days=1)
    need = make_need(make_site(), when=(tomorrow.isoweekday(), 360, 450))
    make_need(make_site("S2"), "walking")
    adopt(speaker, compute())
    told()
    speaker.post(f"site-needs/{need.pk}/end", {})
    assert [each.template for each in told()] == ["site_need.ended"]
    adopt(speaker, compute(as_of=tomorrow.isoformat()))
    assert told() == []


def test_j12_an_ended_need_names_whom_it_does_not_reach_as_the_reader_may_read_it(
    alpha: Any, api: Any, make_user: Any, small_city: Any, speaker: Any, compute: Any, make_need: Any,
    make_site: Any, make_instructor: Any, told: Any,
) -> None:  # fmt: skip
    make_instructor()
    need = make_need(make_site())
    adopt(speaker, compute())
    keeper = make_user(alpha, "keeper", ["site.view", "site.edit"], unit=small_city.units["town"])
    (warning,) = api(alpha, keeper).post(f"site-needs/{need.pk}/end", {}).json()["warnings"]
    assert warning["code"] == "INSTRUCTORS_NOT_TOLD"
    assert "测*" in warning["zh"] and "测试甲" not in warning["zh"]
    assert told() == []
    with schema_context(alpha.schema_name):
        assert not Booking.objects.exists()


def test_j12_a_need_that_nobody_serves_tells_nobody(
    speaker: Any, make_need: Any, make_site: Any, with_account: Any, told: Any
) -> None:
    with_account("teacher")
    need = make_need(make_site())
    assert speaker.post(f"site-needs/{need.pk}/end", {}).json()["warnings"] == []
    assert told() == []


def test_j12_telling_takes_the_same_statements_for_any_number_of_duties(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_user: Any, make_instructor: Any,
    told: Any,
) -> None:  # fmt: skip
    def counted(deed: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as caught:
            deed()
        return len(caught)

    counts, made = [], 0
    for size in (1, 2, 8):  # the first only so that there is a run in force before the others
        for number in range(made, made + size):
            make_instructor(f"测试{number}", user=make_user(alpha, f"teacher{number}"), weekly_limit=1)
            make_instructor(f"测试无{number}", weekly_limit=1)  # whom no message reaches
            make_need(make_site(f"S{number}"), wanted=2)
        made += size
        runs = [compute(), compute()]
        adopting = counted(lambda run=runs[0]: adopt(speaker, run))  # type: ignore[misc]
        assert len(told()) == size
        taking_back = counted(lambda run=runs[0]: withdraw(speaker, run))  # type: ignore[misc]
        assert len(told()) == size
        adopt(speaker, runs[1])
        told()
        counts.append((adopting, taking_back))
    assert counts[1] == counts[2], counts
