"""S07: who serves which site is computed, kept, explained, put into force and taken back."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context
from openpyxl import load_workbook

from instructors.assignment.models import AssignmentRun, Booking, RunState, SiteAssignment, SiteNeed
from instructors.assignment.services import runs as run_services
from tenants.bureau.models import BackgroundJob
from tests.instructors.conftest import point

pytestmark = pytest.mark.django_db

RUNS = "assignment-runs"


def pairs_of(speaker: Any, run: int) -> set[tuple[int, int]]:
    rows = speaker.get(f"{RUNS}/{run}/pairs").json()["results"]
    return {(row["instructor"]["id"], row["need"]["id"]) for row in rows}


def test_s07_an_assignment_is_computed_and_kept_with_its_figures(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    one, two = make_instructor("测试甲"), make_instructor("测试乙", unit="xinhua", items=["square_dance"])
    make_instructor("测试丙", home=None)
    make_instructor("测试丁", free=())
    make_instructor("测试戊", valid_to=date(2025, 1, 1))
    make_instructor("测试己", left_on=date(2025, 1, 1))
    first, second = make_site("S1"), make_site("S2", unit="xinhua")
    served, other = make_need(first), make_need(second, "square_dance", weight=7)
    empty = make_need(first, "walking", wanted=2)
    run = compute(as_of="2026-11-23")
    told = speaker.get(f"{RUNS}/{run}").json()
    assert told["state"] == "ready"
    assert pairs_of(speaker, run) == {(one.pk, served.pk), (two.pk, other.pk)}
    figures = told["figures"]
    assert figures["left_out"] == {"no_home": 1, "no_free_times": 1, "not_qualified": 1}
    named = speaker.get(f"{RUNS}/{run}/left-out").json()["results"]
    assert [(row["name"], row["reason"]["code"]) for row in named] == [
        ("测试丙", "no_home"), ("测试丁", "no_free_times"), ("测试戊", "not_qualified")
    ]  # fmt: skip
    # All 60 buildings of 10 households lie within 1,000 m, and there are no streets.
    assert figures["reach"]["method"] == "radius"
    assert (figures["covered_weight"], told["covered_weight"]) == (607, 607)
    assert figures["covered_places"] == 2
    unserved = speaker.get(f"{RUNS}/{run}/unserved").json()["results"]
    assert [(row["need"]["id"], row["places"], row["reason"]["code"]) for row in unserved] == [
        (empty.pk, 2, "none_teaches_item")
    ]
    assert unserved[0]["reason"]["zh"].startswith("缺2人：可达范围内无人能教该项目（可达范围内2人")
    assert unserved[0]["reason"]["en"].startswith("2 missing: nobody in reach may teach the item")


def test_j13_needs_at_hours_that_an_import_has_shut_are_named(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any
) -> None:
    need = make_need(make_site(hours=[(2, 0, 1440)]))
    make_need(make_site("S2", hours=[(1, 0, 1440)]))
    assert speaker.get(f"{RUNS}/{compute()}").json()["figures"]["needs_outside_hours"] == [need.pk]
    assert speaker.get(f"site-needs/{need.pk}").json()["is_within_hours"] is False


def test_s07_who_gave_no_times_is_free_when_the_order_says_so(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    person, need = make_instructor(free=()), make_need(make_site())
    assert pairs_of(speaker, compute()) == set()
    assert pairs_of(speaker, compute(assume_free=True)) == {(person.pk, need.pk)}


def test_s07_other_work_that_comes_every_week_is_left_alone_with_the_way_to_it(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any, staff: Any
) -> None:
    from datetime import datetime

    from instructors.assignment.rules.booking_orders import BookingOrder
    from instructors.assignment.services.bookings import book
    from tenants.bureau.rules.local_time import SHANGHAI

    person, site = make_instructor(), make_site()
    near, far = make_need(site, when=(1, 600, 660)), make_need(site, when=(1, 720, 780))
    with schema_context(alpha.schema_name):
        for week in range(2):
            begin = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI) + timedelta(weeks=week)
            book(
                order=BookingOrder(
                    "course", f"c{week}", begin, begin + timedelta(minutes=45), person.pk, site.pk
                ),
                acting_user=staff.dispatcher,
            )
    run = compute(as_of="2026-11-23")
    assert pairs_of(speaker, run) == {(person.pk, far.pk)}
    why = speaker.get(f"{RUNS}/{run}/why?need={near.pk}&instructor={person.pk}").json()
    assert [reason["code"] for reason in why["reasons"]] == ["not_free"]


def test_s07_one_computation_at_a_time_and_a_cancelled_one_makes_room(
    alpha: Any, speaker: Any, make_need: Any, make_site: Any, run_jobs: Any
) -> None:
    make_need(make_site())
    first = speaker.post(RUNS, {}).json()
    second = speaker.post(RUNS, {})
    assert (second.status_code, second.json()["code"]) == (409, "ASSIGNMENT_RUNNING")
    assert speaker.post(f"jobs/{first['job']['id']}/cancel", {}).status_code == 202
    assert speaker.get(f"{RUNS}/{first['run']['id']}").json()["state"] == "cancelled"
    assert speaker.post(RUNS, {}).status_code == 202
    run_jobs(alpha)


def test_s07_a_running_computation_stops_when_asked(
    alpha: Any, speaker: Any, make_need: Any, make_site: Any, run_jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_need(make_site())
    started = speaker.post(RUNS, {}).json()
    gather = run_services.gather

    def cancelled_meanwhile(options: Any) -> Any:
        BackgroundJob.objects.filter(pk=started["job"]["id"]).update(cancel_requested=True)
        return gather(options)

    monkeypatch.setattr(run_services, "gather", cancelled_meanwhile)
    assert run_jobs(alpha)[-1].state == "cancelled"
    assert speaker.get(f"{RUNS}/{started['run']['id']}").json()["state"] == "cancelled"


def test_s07_a_job_run_again_after_its_worker_died_finds_what_was_written(
    alpha: Any,
    speaker: Any,
    compute: Any,
    make_need: Any,
    make_site: Any,
    make_instructor: Any,
    run_jobs: Any,
) -> None:
    make_instructor()
    make_need(make_site())
    run = compute()
    with schema_context(alpha.schema_name):
        job = AssignmentRun.objects.get(pk=run).job
        BackgroundJob.objects.filter(pk=job.pk).update(state="waiting")
    assert run_jobs(alpha)[-1].state == "succeeded"
    with schema_context(alpha.schema_name):
        assert SiteAssignment.objects.filter(run_id=run).count() == 1


def test_s07_a_worker_that_lost_its_job_writes_nothing(
    alpha: Any,
    speaker: Any,
    make_need: Any,
    make_site: Any,
    make_instructor: Any,
    run_jobs: Any,
    monkeypatch: Any,
) -> None:
    make_instructor()
    make_need(make_site())
    run = speaker.post(RUNS, {}).json()["run"]["id"]
    assign = run_services.assign

    def taken_over(*args: Any, **kwargs: Any) -> Any:
        result = assign(*args, **kwargs)
        BackgroundJob.objects.update(attempts=5)
        return result

    monkeypatch.setattr(run_services, "assign", taken_over)
    assert run_jobs(alpha)[-1].state == "running"  # the other worker's
    with schema_context(alpha.schema_name):
        assert not SiteAssignment.objects.exists()
        assert AssignmentRun.objects.get(pk=run).state == RunState.COMPUTING


def test_s07_without_needs_the_job_says_so(alpha: Any, speaker: Any, run_jobs: Any) -> None:
    run = speaker.post(RUNS, {}).json()["run"]["id"]
    job = run_jobs(alpha)[-1]
    assert (job.state, job.problem["code"]) == ("failed", "NOTHING_TO_ASSIGN")
    assert speaker.get(f"{RUNS}/{run}").json()["state"] == "failed"
    answer = speaker.get(f"{RUNS}/{run}/export")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_COMPUTED")


# --- adopting -----------------------------------------------------------------------------------------------


def test_s07_a_run_is_adopted_replaced_and_taken_back(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    make_instructor()
    make_need(make_site())
    first = compute()
    adopted = speaker.post(f"{RUNS}/{first}/adopt", {})
    assert adopted.status_code == 200, adopted.content
    assert (adopted.json()["run"]["state"], adopted.json()["job"]) == ("adopted", None)
    second = compute()
    assert speaker.get(f"{RUNS}/{second}").json()["figures"]["kept_pairs"] == 1
    assert speaker.post(f"{RUNS}/{second}/adopt", {}).json()["run"]["replaces_id"] == first
    standing = speaker.get(f"{RUNS}?state=adopted").json()["results"]
    assert [row["id"] for row in standing] == [second]
    again = speaker.post(f"{RUNS}/{first}/adopt", {})
    assert (again.status_code, again.json()["code"]) == (409, "INVALID_TRANSITION")
    back = speaker.post(f"{RUNS}/{second}/withdraw", {"reason": "试行"})
    assert back.json()["standing"]["id"] == first
    assert speaker.post(f"{RUNS}/{first}/withdraw", {"reason": "停用"}).json()["standing"] is None
    assert speaker.get(f"{RUNS}?state=adopted").json()["results"] == []


def test_s07_a_run_computed_before_another_was_adopted_is_refused(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    make_instructor()
    make_need(make_site())
    first, second = compute(), compute()
    assert speaker.post(f"{RUNS}/{first}/adopt", {}).status_code == 200
    late = speaker.post(f"{RUNS}/{second}/adopt", {})
    assert (late.status_code, late.json()["code"]) == (409, "ANOTHER_RUN_ADOPTED")
    assert late.json()["facts"] == {"standing": first, "computed_from": None}


def test_s07_a_run_whose_inputs_changed_since_is_refused_and_says_what_changed(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    person, need = make_instructor(), make_need(make_site())
    run = compute()
    newcomer = make_instructor("测试乙")
    with schema_context(alpha.schema_name):
        type(person).objects.filter(pk=person.pk).update(weekly_limit=1)
        SiteNeed.objects.filter(pk=need.pk).update(wanted=2)
    late = speaker.post(f"{RUNS}/{run}/adopt", {})
    assert (late.status_code, late.json()["code"]) == (409, "ASSIGNMENT_INPUTS_CHANGED")
    assert late.json()["facts"] == {
        "instructors": {
            "added": {"count": 1, "ids": [str(newcomer.pk)]},
            "changed": {"count": 1, "ids": [str(person.pk)]},
        },
        "needs": {"changed": {"count": 1, "ids": [str(need.pk)]}},
    }
    assert "指导员新增1" in str(late.json())
    why = speaker.get(f"{RUNS}/{run}/why?need={need.pk}&instructor={person.pk}").json()
    assert why["changed_since"] == ["instructor", "need"]


def test_s07_duties_are_booked_ahead_clashes_told_and_given_back_with_the_run(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any, run_jobs: Any,
    staff: Any,
) -> None:  # fmt: skip
    from datetime import datetime

    from instructors.assignment.rules.booking_orders import BookingOrder
    from instructors.assignment.services.bookings import book
    from tenants.bureau.rules.local_time import SHANGHAI

    person, site = make_instructor(), make_site()
    make_need(site, when=(1, 540, 600))
    nine = datetime(2027, 3, 1, 9, tzinfo=SHANGHAI)  # a Monday
    with schema_context(alpha.schema_name):
        order = BookingOrder("activity", "a1", nine, nine + timedelta(hours=1), person.pk, site.pk)
        book(order=order, acting_user=staff.dispatcher)
    run = compute()
    answer = speaker.post(f"{RUNS}/{run}/adopt", {"book_weeks": 3, "book_from": "2027-02-25"})
    assert answer.status_code == 200, answer.content
    result = run_jobs(alpha)[-1].result
    assert (result["duties"], result["booked"], result["conflicts"]) == (3, 2, 1)
    reasons = result["first_conflicts"][0]["reasons"]
    assert "INSTRUCTOR_TIME_CONFLICT" in {each["code"] for each in reasons}
    duties = Booking.objects.filter(kind="site_duty", is_active=True)
    with schema_context(alpha.schema_name):
        assert [each.starts_at.astimezone(SHANGHAI).hour for each in duties] == [9, 9]
    speaker.post(f"{RUNS}/{run}/withdraw", {"reason": "试行"})
    with schema_context(alpha.schema_name):
        assert not duties.all().exists()


# --- pins ---------------------------------------------------------------------------------------------------


def test_s07_a_pin_is_kept_by_every_computation_until_it_is_removed(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    make_instructor("测试甲")
    far, need = make_instructor("测试乙", unit="wangcun"), make_need(make_site())
    pin = speaker.post("assignment-pins", {"need": need.pk, "instructor": far.pk, "reason": "熟悉该站"})
    assert pin.status_code == 201, pin.content
    run = compute()
    assert pairs_of(speaker, run) == {(far.pk, need.pk)}
    twice = speaker.post("assignment-pins", {"need": need.pk, "instructor": far.pk})
    assert (twice.status_code, twice.json()["code"]) == (409, "PINNED_TWICE")
    moved = speaker.patch(f"site-needs/{need.pk}", {"weekday": 2}, if_match="*")
    assert (moved.status_code, moved.json()["code"]) == (409, "NEED_IS_SERVED")
    assert speaker.delete(f"assignment-pins/{pin.json()['id']}").status_code == 204
    assert pairs_of(speaker, compute()) != {(far.pk, need.pk)}


def test_s07_a_pin_that_no_longer_holds_stops_the_computation_and_is_named(
    alpha: Any, speaker: Any, make_need: Any, make_site: Any, make_instructor: Any, run_jobs: Any
) -> None:
    person, need = make_instructor(), make_need(make_site())
    assert speaker.post("assignment-pins", {"need": need.pk, "instructor": person.pk}).status_code == 201
    with schema_context(alpha.schema_name):
        person.items.all().delete()
    run = speaker.post(RUNS, {}).json()["run"]["id"]
    job = run_jobs(alpha)[-1]
    assert (job.state, job.problem["code"]) == ("failed", "ASSIGNMENT_PIN")
    assert (job.problem["facts"]["instructor"], job.problem["facts"]["need"]) == (person.pk, need.pk)
    assert speaker.get(f"{RUNS}/{run}").json()["state"] == "failed"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"items": ["walking"]}, "not_qualified"),
        ({"free": [(2, 0, 1440)]}, "not_free"),
        ({"home": None}, "no_home"),
        ({"free": ()}, "no_free_times"),
        ({"weekly_limit": 0}, "no_sessions"),
        ({"valid_to": date(2025, 1, 1)}, "not_qualified"),
        ({"left_on": date(2025, 1, 1)}, "not_in_run"),
    ],
)
def test_s07_a_pin_that_breaks_a_hard_rule_is_refused_with_the_rule(
    speaker: Any, make_need: Any, make_site: Any, make_instructor: Any, fields: dict[str, Any], code: str
) -> None:
    person, need = make_instructor(**fields), make_need(make_site())
    answer = speaker.post("assignment-pins", {"need": need.pk, "instructor": person.pk})
    assert (answer.status_code, answer.json()["code"]) == (422, "ASSIGNMENT_PIN")
    assert [each["code"] for each in answer.json()["facts"]["obstacles"]] == [code]


def test_s07_pins_may_not_contradict_one_another_nor_reach_too_far(
    speaker: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    person, other, site = make_instructor(weekly_limit=2), make_instructor("测试乙"), make_site()
    far = make_instructor("测试丙", home=point(114.23, 35.23))
    first, clash = make_need(site), make_need(make_site("S2", unit="xinhua"), when=(1, 480, 540))
    third, fourth = make_need(site, when=(2, 360, 450)), make_need(site, when=(3, 360, 450))

    def codes(need: SiteNeed, who: Any, **more: Any) -> list[str]:
        answer = speaker.post("assignment-pins", {"need": need.pk, "instructor": who.pk, **more})
        if answer.status_code == 201:
            return []
        assert answer.status_code == 422, answer.content
        return [each["code"] for each in answer.json()["facts"]["obstacles"]]

    assert codes(first, person) == []
    assert codes(first, other) == ["need_is_full"]
    assert codes(clash, person) == ["clashes"]
    assert codes(clash, far, reach_m=500) == ["too_far"]
    assert codes(third, person) == []
    assert codes(fourth, person) == ["at_limit"]


# --- homes --------------------------------------------------------------------------------------------------


def test_s07_no_answer_changes_while_a_home_moves_within_its_square(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    """Two runs and their pins are the same to the last byte for any home in the square of 500 m."""
    person, needs = (
        make_instructor(),
        [make_need(make_site()), make_need(make_site("S2"), when=(2, 360, 450))],
    )
    place = make_need(make_site("S3", geometry=point(114.26, 35.24)), when=(3, 360, 450))

    def told(x_m: float, y_m: float) -> list[Any]:
        with schema_context(alpha.schema_name):
            home = Point(x_m, y_m, srid=4547)
            home.transform(4490)
            person.home = home
            person.save(update_fields=["home"])
        run = compute(reach_m=3000)
        figures = speaker.get(f"{RUNS}/{run}").json()["figures"]
        assert all(figures[name] % 100 == 0 for name in figures if name.endswith("_m") and figures[name])
        figures.pop("cpu_s")
        whys = [
            speaker.get(f"{RUNS}/{run}/why?need={need.pk}&instructor={person.pk}").json()
            for need in (*needs, place)
        ]
        pin = speaker.post("assignment-pins", {"need": place.pk, "instructor": person.pk, "reach_m": 3000})
        rows = speaker.get(f"{RUNS}/{run}/pairs").json()["results"]
        return [figures, whys, pin.json()["facts"], [row["travel_m"] for row in rows]]

    with schema_context(alpha.schema_name):
        home = person.home.transform(4547, clone=True)
    west, south = home.x // 500 * 500, home.y // 500 * 500
    first = told(west + 3, south + 4)
    assert first == told(west + 496, south + 497)
    assert [each["code"] for each in first[2]["obstacles"]] == ["too_far"]
    assert "travel_m" not in str(first[2])


@pytest.mark.parametrize("reach_m", [100, 499, 2999, 50_500])
def test_s07_a_reach_comes_in_steps_of_500_m(
    speaker: Any, make_need: Any, make_site: Any, make_instructor: Any, reach_m: int
) -> None:
    pin = {"need": make_need(make_site()).pk, "instructor": make_instructor().pk, "reach_m": reach_m}
    for answer in (speaker.post("assignment-pins", pin), speaker.post(RUNS, {"reach_m": reach_m})):
        assert answer.status_code == 400, answer.content
        assert "reach_m" in str(answer.json())


# --- why ----------------------------------------------------------------------------------------------------


def test_s07_why_is_answered_for_any_pair_in_both_languages(
    speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    near, far = make_instructor("测试甲"), make_instructor("测试乙", unit="wangcun")
    dancer, homeless = make_instructor("测试丙", items=["square_dance"]), make_instructor("测试丁", home=None)
    need = make_need(make_site())
    run = compute()
    later = make_instructor("测试戊")

    def why(person: Any, need_id: int = need.pk) -> dict[str, Any]:
        answer = speaker.get(f"{RUNS}/{run}/why?need={need_id}&instructor={person.pk}")
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    assert why(near)["is_assigned"]
    assert why(near)["reasons"][0]["zh"].startswith("已分配，路程约")
    told = why(far)["reasons"]
    assert [each["code"] for each in told] == ["need_is_full", "worth_less"]
    assert told[0]["facts"] == {"wanted": 1, "instructors": [near.pk]}
    assert told[1]["facts"]["travel_m"] % 100 == 0  # ways are coarse
    assert "米" in told[1]["zh"]
    assert told[1]["en"].endswith(" m")
    assert why(dancer)["reasons"][0]["zh"] == "没有有效的“太极拳”教练资格"
    assert [each["code"] for each in why(homeless)["reasons"]] == ["no_home"]
    assert [each["code"] for each in why(later)["reasons"]] == ["not_in_run"]
    new = make_need(make_site("S9"))
    assert [each["code"] for each in why(near, new.pk)["reasons"]] == ["need_not_in_run"]
    assert speaker.get(f"{RUNS}/{run}/why?need={need.pk}&instructor=987654321").status_code == 404
    assert speaker.get(f"{RUNS}/{run}/why?need={need.pk}").status_code == 400


def test_s07_a_lecture_hall_asks_for_lecturers(
    alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    coach, lecturer = make_instructor("测试甲"), make_instructor("测试乙")
    with schema_context(alpha.schema_name):
        lecturer.items.update(teaching_role="lecturer")
    hall = make_need(make_site("S1", site_kind="lecture_hall"))
    field = make_need(make_site("S2"))
    assert pairs_of(speaker, compute()) == {(lecturer.pk, hall.pk), (coach.pk, field.pk)}


# --- what is shown to whom ----------------------------------------------------------------------------------


def test_s07_a_run_is_exported_with_the_names_of_the_lists_and_without_homes(
    alpha: Any,
    api: Any,
    staff: Any,
    speaker: Any,
    compute: Any,
    make_need: Any,
    make_site: Any,
    make_instructor: Any,
) -> None:
    make_instructor("测试甲")
    site = make_site("=cmd")
    make_need(site, wanted=2)
    run = compute()
    rows = list(csv.DictReader(io.StringIO(_file(speaker, run, "csv").decode("utf-8-sig"))))
    assert [row["指导员"] for row in rows] == ["测试甲", ""], "a dispatcher keeps the record"
    assert rows[0]["站点编号"] == "'=cmd"
    assert rows[1]["空缺人数"] == "1"
    sheet = load_workbook(io.BytesIO(_file(speaker, run, "xlsx")))["分配"]
    assert [cell.value for cell in sheet[2]][:3] == [
        rows[0] and int(rows[0]["需求编号"]),
        "=cmd",
        "测试站点=cmd",
    ]
    looker = api(alpha, staff.clerk)
    for form in ("csv", "json", "geojson"):
        assert "测试甲" in _file(speaker, run, form).decode("utf-8-sig"), form
        text = _file(looker, run, form).decode("utf-8-sig")
        assert "测*" in text and "测试甲" not in text, (form, "a street only looks on")
        assert "home" not in text.replace("no_home", "")
    assert '"Point"' in text
    assert speaker.get(f"{RUNS}/{run}/export?format=pdf").status_code == 400


def _file(speaker: Any, run: int, form: str) -> bytes:
    answer = speaker.get(f"{RUNS}/{run}/export?format={form}")
    assert answer.status_code == 200, answer.content
    return bytes(answer.content)


def test_s07_who_decides_for_the_city_computes_and_a_town_sees_its_own_sites(
    alpha: Any,
    api: Any,
    staff: Any,
    speaker: Any,
    compute: Any,
    make_need: Any,
    make_site: Any,
    make_instructor: Any,
) -> None:
    one = make_instructor("测试甲")
    make_instructor("测试乙", unit="xinhua")
    own, other = make_need(make_site("S1")), make_need(make_site("S2", unit="xinhua"))
    run = compute()
    assert len(pairs_of(speaker, run)) == 2
    clerk = api(alpha, staff.clerk)
    assert pairs_of(clerk, run) == {(one.pk, own.pk)}
    assert clerk.post(RUNS, {}).status_code == 403
    assert clerk.post(f"{RUNS}/{run}/adopt", {}).status_code == 403
    assert clerk.post("assignment-pins", {"need": own.pk, "instructor": one.pk}).status_code == 403
    assert clerk.get(f"{RUNS}/{run}/why?need={other.pk}&instructor={one.pk}").status_code == 404
    assert api(alpha, staff.nobody).get(f"{RUNS}/{run}").status_code == 404


def test_s07_names_are_in_full_only_to_who_keeps_the_record(
    alpha: Any,
    api: Any,
    staff: Any,
    speaker: Any,
    compute: Any,
    make_need: Any,
    make_site: Any,
    make_instructor: Any,
) -> None:
    """The dispatcher phones them; the street looks on."""
    make_instructor("测试甲"), make_instructor("测试乙", home=None)
    make_need(make_site("S1"))
    run = compute()
    onlooker = api(alpha, staff.clerk)

    def names(reader: Any, path: str) -> list[str]:
        answer = reader.get(f"{RUNS}/{run}/{path}")
        assert answer.status_code == 200, answer.content
        return [row.get("instructor", row)["name"] for row in answer.json()["results"]]

    assert (names(speaker, "pairs"), names(speaker, "left-out")) == (["测试甲"], ["测试乙"])
    assert (names(onlooker, "pairs"), names(onlooker, "left-out")) == (["测*"], ["测*"])


def test_s07_computing_and_reading_take_the_same_statements_for_any_size(
    alpha: Any, speaker: Any, run_jobs: Any, make_need: Any, make_site: Any, make_instructor: Any
) -> None:
    counts, made = [], 0
    for size in (2, 12):
        for number in range(made, made + size):
            make_instructor(f"测试{number}")
            make_need(make_site(f"S{number}"))
        made += size
        run = speaker.post(RUNS, {}).json()["run"]["id"]
        with CaptureQueriesContext(connection) as computed:
            run_jobs(alpha)
        seen = []
        for path in ("", "/pairs", "/unserved", "/left-out", "/export?format=json", "/export?format=geojson"):
            with CaptureQueriesContext(connection) as read:
                assert speaker.get(f"{RUNS}/{run}{path}").status_code == 200
            seen.append(len(read))
        # The solver's own progress is told once a step; how many steps there are depends on the problem.
        told = sum(
            "UPDATE" in each["sql"] and "backgroundjob" in each["sql"] for each in computed.captured_queries
        )
        asked = sum("cancel_requested" in each["sql"] for each in computed.captured_queries)
        counts.append((len(computed) - told - asked, seen))
    assert abs(counts[0][0] - counts[1][0]) <= 2
    assert counts[0][1] == counts[1][1]
