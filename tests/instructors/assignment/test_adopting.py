"""S07: what may be put into force, and which duties are booked for it and given back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from instructors.assignment.models import AssignmentRun, Booking
from tenants.bureau.rules.local_time import SHANGHAI, local_date

pytestmark = pytest.mark.django_db
RUNS = "assignment-runs"


def adopt(speaker: Any, run: int, **body: Any) -> dict[str, Any]:
    """Put it into force; the answer."""
    answer = speaker.post(f"{RUNS}/{run}/adopt", body)
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


@pytest.fixture
def duties(alpha: Any) -> Any:
    """Calling it gives the active duties, by id."""

    def active() -> list[Booking]:
        with schema_context(alpha.schema_name):
            return list(Booking.objects.filter(kind="site_duty", is_active=True).order_by("id"))

    return active


def test_s07_no_duties_are_booked_for_a_run_withdrawn_before_its_job_began(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any, run_jobs: Any,
    duties: Any,
) -> None:  # fmt: skip
    make_instructor()
    make_need(make_site())
    run = compute()
    adopt(speaker, run, book_weeks=4)
    assert speaker.post(f"{RUNS}/{run}/withdraw", {"reason": "试行"}).status_code == 200
    job = run_jobs(alpha)[-1]
    assert job.state == "succeeded"
    told = {name: job.result[name] for name in ("duties", "booked", "conflicts", "is_in_force", "left")}
    assert told == {"duties": 4, "booked": 0, "conflicts": 0, "is_in_force": False, "left": 4}
    assert duties() == []


def test_s07_booking_duties_stops_when_the_run_ends_between_two_batches(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any, run_jobs: Any,
    duties: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from instructors.assignment.services import adopting

    make_instructor()
    make_need(make_site())
    run = compute()
    monkeypatch.setattr(adopting, "AT_ONCE", 1)
    book_series, batches = adopting.book_series, []

    def withdrawn_after_two(**asked: Any) -> Any:
        outcome = book_series(**asked)
        batches.append(outcome)
        if len(batches) == 2:
            adopting.withdraw_run(run_id=run, reason="试行", acting_user=asked["acting_user"])
        return outcome

    monkeypatch.setattr(adopting, "book_series", withdrawn_after_two)
    adopt(speaker, run, book_weeks=4)
    result = run_jobs(alpha)[-1].result
    assert (result["booked"], result["left"], result["is_in_force"]) == (2, 2, False)
    assert duties() == []


def test_s07_duties_of_a_need_that_ends_while_they_are_booked_stop_at_its_last_day(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any, run_jobs: Any,
    duties: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from instructors.assignment.services import adopting
    from instructors.assignment.services.needs import end_need

    make_instructor()
    need = make_need(make_site())
    run = compute()
    monkeypatch.setattr(adopting, "AT_ONCE", 1)
    book_series, days = adopting.book_series, []

    def ended_after_the_first(**asked: Any) -> Any:
        outcome = book_series(**asked)
        days.append(local_date(asked["orders"][0].starts_at))
        if len(days) == 1:
            last = days[0] + timedelta(days=7)  # that of the second duty
            end_need(need_id=need.pk, ends_on=last, acting_user=asked["acting_user"])
        return outcome

    monkeypatch.setattr(adopting, "book_series", ended_after_the_first)
    adopt(speaker, run, book_weeks=4)
    result = run_jobs(alpha)[-1].result
    assert (result["duties"], result["booked"], result["no_longer_asked"], result["left"]) == (4, 2, 2, 0)
    assert [local_date(each.starts_at) for each in duties()] == [days[0], days[0] + timedelta(days=7)]
    assert len(days) == 2, "for the later days nothing was even tried"


def test_s07_a_run_in_force_without_any_pair_is_the_base_of_the_next(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    make_need(make_site())
    empty = compute()
    adopt(speaker, empty)
    make_instructor()
    assert adopt(speaker, compute())["run"]["replaces_id"] == empty


def test_s07_a_duty_cancelled_by_hand_does_not_come_back_and_one_given_back_does(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any, run_jobs: Any,
    duties: Any,
) -> None:  # fmt: skip
    make_instructor()
    make_need(make_site())
    first = compute()
    adopt(speaker, first, book_weeks=3)
    assert run_jobs(alpha)[-1].result["cancelled_by_hand"] == 0
    gone = duties()[1]
    assert speaker.post(f"bookings/{gone.pk}/cancel", {"reason": "教师请假"}).status_code == 200
    assert speaker.post(f"{RUNS}/{first}/withdraw", {"reason": "试行"}).status_code == 200
    assert duties() == []
    adopt(speaker, compute(), book_weeks=3)
    result = run_jobs(alpha)[-1].result
    assert (result["duties"], result["booked"], result["cancelled_by_hand"]) == (3, 2, 1)
    assert gone.reference not in {each.reference for each in duties()}


def test_s07_changes_that_touch_no_pair_are_told_and_block_nothing(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    make_instructor()
    walker = make_instructor("测试丙", items=["walking"])
    make_need(make_site())
    run = compute()
    newcomer = make_instructor("测试乙")
    later = make_need(make_site("S2"))
    with schema_context(alpha.schema_name):
        type(walker).objects.filter(pk=walker.pk).update(weekly_limit=2)
    assert adopt(speaker, run)["changes"] == {
        "instructors": {
            "added": {"count": 1, "ids": [str(newcomer.pk)]},
            "changed": {"count": 1, "ids": [str(walker.pk)]},
        },
        "needs": {"added": {"count": 1, "ids": [str(later.pk)]}},
    }


def test_s07_a_pin_for_another_pair_blocks_and_one_for_a_pair_does_not(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    person, other = make_instructor(), make_instructor("测试乙", unit="xinhua")
    need = make_need(make_site())
    run = compute()
    pinned = speaker.post("assignment-pins", {"need": need.pk, "instructor": other.pk})
    assert pinned.status_code == 201, pinned.content
    late = speaker.post(f"{RUNS}/{run}/adopt", {})
    assert (late.status_code, late.json()["code"]) == (409, "ASSIGNMENT_INPUTS_CHANGED")
    assert speaker.delete(f"assignment-pins/{pinned.json()['id']}").status_code == 204
    assert speaker.post("assignment-pins", {"need": need.pk, "instructor": person.pk}).status_code == 201
    assert list(adopt(speaker, run)["changes"]) == ["pins"]


def test_j12_a_need_that_ends_gives_back_its_duties_after_its_last_day_and_no_others(
    alpha: Any, api: Any, make_user: Any, small_city: Any, speaker: Any, compute: Any, make_need: Any,
    make_site: Any, make_instructor: Any, run_jobs: Any, duties: Any,
) -> None:  # fmt: skip
    make_instructor(weekly_limit=5)
    need, other = make_need(make_site()), make_need(make_site("S2"), when=(2, 360, 450))
    adopt(speaker, compute(), book_weeks=3)
    run_jobs(alpha)
    own = [each for each in duties() if each.reference.startswith(f"need-{need.pk}-")]
    last = own[0].starts_at.astimezone(SHANGHAI).date().isoformat()
    keeper = make_user(alpha, "keeper", ["site.view", "site.edit"], unit=small_city.units["town"])
    ended = api(alpha, keeper).post(f"site-needs/{need.pk}/end", {"ends_on": last})
    assert ended.status_code == 200, ended.content
    left = [int(each.reference.split("-")[1]) for each in duties()]
    assert sorted(left) == sorted([need.pk] + 3 * [other.pk])


@pytest.mark.parametrize(
    ("days_off", "code"), [(-32, "RUN_TOO_OLD"), (32, "RUN_TOO_OLD"), (-31, None), (31, None)]
)
def test_s07_a_run_is_adopted_near_the_day_it_was_computed_for(
    speaker: Any,
    compute: Any,
    make_need: Any,
    make_site: Any,
    make_instructor: Any,
    days_off: int,
    code: str | None,
) -> None:
    make_instructor()
    make_need(make_site())
    as_of = local_date(timezone.now()) + timedelta(days=days_off)
    answer = speaker.post(f"{RUNS}/{compute(as_of=as_of.isoformat())}/adopt", {})
    assert answer.json().get("code") == code, answer.content


def test_s07_papers_are_looked_at_on_the_day_of_adoption(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    today = local_date(timezone.now())
    person = make_instructor(valid_to=today - timedelta(days=1))
    need = make_need(make_site())
    run = compute(as_of=(today - timedelta(days=2)).isoformat())
    answer = speaker.post(f"{RUNS}/{run}/adopt", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "ASSIGNMENT_NOT_QUALIFIED")
    assert answer.json()["facts"]["pairs"] == [{"instructor": person.pk, "need": need.pk}]


def test_s07_a_run_is_not_withdrawn_onto_one_that_is_no_longer_there(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    make_instructor()
    make_need(make_site())
    first = compute()
    adopt(speaker, first)
    second = compute()
    adopt(speaker, second)
    with schema_context(alpha.schema_name):
        AssignmentRun.objects.filter(pk=first).update(state="failed")
    refused = speaker.post(f"{RUNS}/{second}/withdraw", {"reason": "试行"})
    assert (refused.status_code, refused.json()["code"]) == (409, "NO_RUN_BEFORE")
    assert speaker.get(f"{RUNS}/{second}").json()["state"] == "adopted"


def test_s07_a_run_that_takes_silence_for_free_books_its_duties_all_the_same(
    alpha: Any,
    speaker: Any,
    compute: Any,
    make_need: Any,
    make_site: Any,
    make_instructor: Any,
    run_jobs: Any,
) -> None:
    make_instructor(free=())
    make_need(make_site())
    adopt(speaker, compute(assume_free=True), book_weeks=2)
    result = run_jobs(alpha)[-1].result
    assert (result["booked"], result["conflicts"]) == (2, 0)
