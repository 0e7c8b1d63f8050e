"""J13: a visit tells its purpose, asks for consent, takes no for an answer and keeps next to nothing. X05: sent again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.interest.models import Demand, DemandAsk, HouseholdVisit, WorkLog
from grids.interest.services.visits import erase_visits
from tenants.accounts.models import AuditEvent
from tenants.bureau.rules.local_time import local_date

pytestmark = pytest.mark.django_db


def _visit(street: Any, **more: Any) -> dict[str, Any]:
    return {
        "grid_id": street.grids["east_1"].pk, "purpose": "hear_demand", "outcome": "talked", "consented": True, **more
    }  # fmt: skip


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ({"purpose": None}, ["purpose"]),
        ({"consented": False}, ["consented"]),
        ({"purpose": None, "consented": False}, ["purpose", "consented"]),
        ({"purpose": None, "outcome": "refused", "consented": False}, ["purpose"]),
        ({"purpose": None, "outcome": "nobody_home", "consented": False}, ["purpose"]),
    ],
)
def test_j13_a_visit_without_purpose_or_consent_is_refused(
    alpha: Any, street: Any, speak: Any, more: dict[str, Any], missing: list[str]
) -> None:
    answer = speak("member").post("household-visits", _visit(street, **more))
    assert _code(answer) == (422, "VISIT_CONSENT")
    told = answer.json()
    assert told["message"]["zh"] == "请告知目的并取得同意"
    assert told["rule"] == {"id": "J13", "clause": "入户走访"}
    assert told["facts"]["missing"] == missing
    with schema_context(alpha.schema_name):
        assert not HouseholdVisit.objects.exists()


@pytest.mark.parametrize("outcome", ["refused", "nobody_home"])
def test_j13_a_refusal_and_an_empty_home_are_outcomes_and_keep_nothing(
    street: Any, speak: Any, outcome: str
) -> None:
    member = speak("member")
    answer = member.post("household-visits", _visit(street, outcome=outcome, consented=False))
    assert answer.status_code == 201
    kept = answer.json()
    assert (kept["outcome"], kept["consented"], kept["note"], kept["demand_ids"]) == (outcome, False, "", [])
    refused = member.post(
        "household-visits",
        _visit(street, outcome=outcome, consented=False, note="不愿开门", needs=[{"item": "square-dance-t"}]),
    )
    assert _code(refused) == (422, "VISIT_KEEPS_NOTHING")
    assert refused.json()["message"]["zh"] == "住户拒绝或无人在家时不记录住户的任何信息"
    assert refused.json()["facts"] == {"outcome": outcome, "kept": ["note", "needs"]}


def test_j13_no_identity_number_and_no_phone_is_written_down_at_the_door(street: Any, speak: Any) -> None:
    for note, found in (
        ("身份证 110101199003070014", ["identity"]),
        ("电话139 0000 0001", ["phone"]),
        ("１３９００００００２５", ["phone"]),
        ("证11010119900307001X，电话0391-3560000", ["identity", "phone"]),
    ):
        answer = speak("member").post("household-visits", _visit(street, note=note))
        assert _code(answer) == (422, "PERSONAL_NUMBER"), note
        assert answer.json()["facts"] == {"found": found}
        assert "请勿记录住户的个人信息" in answer.json()["message"]["zh"]
        assert "139" not in str({**answer.json(), "request_id": ""}), (
            "a number drawn by chance may hold anything"
        )


def test_j13_there_is_no_field_for_a_name_or_an_identity_number(street: Any, speak: Any) -> None:
    for name in ("resident_name", "id_number", "phone", "door"):
        answer = speak("member").post("household-visits", _visit(street, **{name: "x"}))
        assert _code(answer) == (422, "UNKNOWN_FIELD")
        assert answer.json()["facts"]["name"] == name


def test_j13_all_refusals_of_a_visit_come_together(street: Any, speak: Any) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    answer = speak("member").post("household-visits", _visit(street, note="13900000001", noted_at=tomorrow))
    assert {each["code"] for each in answer.json()["errors"]} == {"PERSONAL_NUMBER", "NOTED_AT"}


def test_j13_a_visit_noted_offline_may_lie_in_the_past_up_to_policy_days(street: Any, speak: Any) -> None:
    member, now = speak("member"), timezone.now()
    for back, status in (
        (timedelta(days=7) - timedelta(minutes=1), 201),
        (timedelta(days=7, minutes=1), 422),
        (timedelta(minutes=-5), 422),
    ):
        answer = member.post("household-visits", _visit(street, noted_at=(now - back).isoformat()))
        assert answer.status_code == status, back
    assert answer.json()["code"] == "NOTED_AT"
    naive = member.post("household-visits", _visit(street, noted_at="2026-03-02T09:00:00"))
    assert _code(naive) == (400, "NAIVE_DATETIME")


def test_x05_a_phone_that_sends_a_visit_again_records_it_once(alpha: Any, street: Any, speak: Any) -> None:
    member = speak("member")
    first = member.post("household-visits", _visit(street), idempotency_key="visit-0001")
    again = member.post("household-visits", _visit(street), idempotency_key="visit-0001")
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    other = member.post("household-visits", _visit(street, note="另一户"), idempotency_key="visit-0001")
    assert _code(other) == (409, "IDEMPOTENCY_CONFLICT")
    with schema_context(alpha.schema_name):
        assert HouseholdVisit.objects.count() == WorkLog.objects.count() == 1


def _offline(street: Any, number: int, **more: Any) -> dict[str, Any]:
    at = timezone.now() - timedelta(hours=number)
    return _visit(street, key=f"phone-1:{number:04d}", noted_at=at.isoformat(), **more)


def test_x05_a_round_noted_offline_loses_nothing(alpha: Any, street: Any, speak: Any) -> None:
    """Each visit is answered for itself; sending the whole round again records none twice."""
    member = speak("member")
    visits = [
        _offline(street, 1, needs=[{"item": "square-dance-t", "askers": 2}]),
        _offline(street, 2, purpose=None),
        _offline(street, 3, outcome="refused", consented=False),
        {**_offline(street, 4), "grid_id": street.grids["west_1"].pk},
        {**_offline(street, 5), "outcome": "shouted"},
        _offline(street, 6, surname="赵"),
    ]
    answer = member.post("household-visits/offline", {"visits": visits})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["recorded"], told["repeated"], told["refused"]) == (2, 0, 4)
    assert [each["key"] for each in told["outcomes"]] == [each["key"] for each in visits]
    problems = [each["problem"] and each["problem"]["code"] for each in told["outcomes"]]
    assert problems == [None, "VISIT_CONSENT", None, "NOT_FOUND", "INVALID_FIELD", "UNKNOWN_FIELD"]
    again = member.post("household-visits/offline", {"visits": visits}).json()
    assert (again["recorded"], again["repeated"], again["refused"]) == (0, 2, 4)
    assert again["outcomes"][0]["id"] == told["outcomes"][0]["id"]
    single = member.post("household-visits", visits[0])
    assert (single.status_code, single.json()["id"]) == (200, told["outcomes"][0]["id"])
    changed = member.post("household-visits/offline", {"visits": [{**visits[2], "outcome": "nobody_home"}]})
    assert changed.json()["outcomes"][0]["problem"]["code"] == "IDEMPOTENCY_CONFLICT"
    with schema_context(alpha.schema_name):
        assert HouseholdVisit.objects.count() == 2
        assert Demand.objects.get().askers == 2


def test_x05_a_round_needs_keys_and_is_not_endless(street: Any, speak: Any) -> None:
    member = speak("member")
    keyless = member.post("household-visits/offline", {"visits": [_visit(street)]}).json()
    assert {each["field"] for each in keyless["outcomes"][0]["problem"]["errors"]} == {"key", "noted_at"}
    many = member.post("household-visits/offline", {"visits": [{}] * 101})
    assert many.status_code == 400
    assert member.post("household-visits/offline", {"visits": ["text"]}).status_code == 400


def test_j13_needs_found_at_the_door_become_demands(alpha: Any, street: Any, speak: Any) -> None:
    needs = [
        {"item": "square-dance-t", "interest_grid_id": street.dances.pk, "askers": 3},
        {"item": "board-games-t"},
    ]
    answer = speak("member").post("household-visits", _visit(street, needs=needs))
    assert answer.status_code == 201
    with schema_context(alpha.schema_name):
        found = {row.item.code: row for row in Demand.objects.select_related("item")}
        assert sorted(answer.json()["demand_ids"]) == sorted(row.pk for row in found.values())
        assert (found["square-dance-t"].interest_grid_id, found["square-dance-t"].askers) == (
            street.dances.pk,
            3,
        )
        assert (found["board-games-t"].grid_id, found["board-games-t"].interest_grid_id) == (
            street.grids["east_1"].pk, None,
        )  # fmt: skip
        assert [log.kind for log in WorkLog.objects.all()] == ["visit_made"]  # the needs cost no second entry


def test_j13_two_of_one_household_ask_for_the_same(alpha: Any, street: Any, speak: Any) -> None:
    needs = [{"item": "square-dance-t"}, {"item": "square-dance-t", "askers": 2}]
    assert speak("member").post("household-visits", _visit(street, needs=needs)).status_code == 201
    with schema_context(alpha.schema_name):
        assert Demand.objects.get().askers == DemandAsk.objects.get().askers == 3


def test_j13_a_visit_is_refused_whole_when_one_of_its_needs_is(alpha: Any, street: Any, speak: Any) -> None:
    needs = [{"item": "board-games-t", "interest_grid_id": street.chess.pk}]
    assert speak("member").post("household-visits", _visit(street, needs=needs)).status_code == 404
    with schema_context(alpha.schema_name):
        assert not HouseholdVisit.objects.exists()
        assert not WorkLog.objects.exists()


def test_j13_visits_are_erased_on_their_day_and_their_work_and_demands_stay(
    alpha: Any, street: Any, speak: Any
) -> None:
    answer = speak("member").post(
        "household-visits", _visit(street, note="想学广场舞", needs=[{"item": "square-dance-t"}])
    )
    erase_on = date.fromisoformat(answer.json()["erase_on"])
    noted = date.fromisoformat(answer.json()["noted_at"][:10])
    assert erase_on.year == noted.year + 1
    with schema_context(alpha.schema_name):
        assert erase_visits(on=erase_on - timedelta(days=1)) == 0
        assert erase_visits(on=erase_on) == 1
        assert erase_visits(on=erase_on) == 0
        assert not HouseholdVisit.objects.exists()
        assert DemandAsk.objects.get().visit is None
        assert (Demand.objects.count(), WorkLog.objects.count()) == (1, 1)
        told = AuditEvent.objects.get(action="household_visit.erase")
        assert (told.actor_label, told.after["erased"]) == ("system", 1)
        assert "想学广场舞" not in "".join(str(row.after) for row in AuditEvent.objects.all())


def test_j13_the_job_runs_every_day_in_every_city(alpha: Any, street: Any, speak: Any) -> None:
    from grids.interest.jobs import erase_visits_job
    from wangge.shell.periodic import EVERY_CITY

    speak("member").post("household-visits", _visit(street))
    [line] = [task for task in EVERY_CITY if task.name == "interest.erase_visits"]
    assert line.suspended_too
    with schema_context(alpha.schema_name):
        HouseholdVisit.objects.update(erase_on=date(2026, 1, 1))
        erase_visits_job(city=alpha.schema_name)
        assert not HouseholdVisit.objects.exists()


@pytest.mark.parametrize(
    ("who", "grid", "status"),
    [
        ("member", "east_1", 201),
        ("member", "east_2", 404),
        ("member", "west_1", 404),
        ("leader", "east_1", 201),
        ("leader", "east_2", 404),
        ("other_leader", "east_1", 404),
        ("stranger", "east_1", 404),
        ("town", "east_2", 201),
        ("town", "west_1", 404),
        ("bureau", "west_2", 201),
        ("viewer", "east_1", 404),
    ],
)
def test_j13_who_may_record_a_visit_where(street: Any, speak: Any, who: str, grid: str, status: int) -> None:
    answer = speak(who).post("household-visits", _visit(street, grid_id=street.grids[grid].pk))
    assert answer.status_code == status


def test_j13_who_only_looks_at_a_grid_visits_nobody_there(
    alpha: Any, street: Any, api: Any, make_user: Any
) -> None:
    looker = api(alpha, make_user(alpha, "looker", ["grid.view"]))
    answer = looker.post("household-visits", _visit(street))
    assert _code(answer) == (403, "POST_REQUIRED")
    assert answer.json()["message"]["zh"] == "您在该网格的身份不能走访或登记事项"


def test_j13_a_retired_grid_is_not_visited(alpha: Any, street: Any, speak: Any) -> None:
    with schema_context(alpha.schema_name):
        street.grids["east_1"].valid_to = date(2026, 2, 1)
        street.grids["east_1"].save()
    answer = speak("town").post("household-visits", _visit(street))
    assert _code(answer) == (409, "GRID_RETIRED")
    assert answer.json()["facts"] == {"valid_to": "2026-02-01"}


def test_x05_what_was_noted_before_the_grid_was_redrawn_is_not_lost(
    alpha: Any, street: Any, speak: Any
) -> None:
    """A visit is judged by the day it was noted, not by the day the phone found a network."""
    now = timezone.now()
    with schema_context(alpha.schema_name):
        street.grids["east_1"].valid_to = local_date(now - timedelta(days=2))
        street.grids["east_1"].save()
    for back, codes in ((1, {"GRID_RETIRED", "NOT_FOUND"}), (3, {None})):
        at = (now - timedelta(days=back)).isoformat()
        assert (
            speak("leader").post("household-visits", _visit(street, noted_at=at)).json().get("code") in codes
        )
        assert speak("town").post("household-visits", _visit(street, noted_at=at)).json().get("code") in codes


@pytest.mark.parametrize("who", ["member", "leader"])
def test_j13_a_visit_counts_that_lies_within_the_post_though_it_arrives_after_its_end(
    alpha: Any, street: Any, speak: Any, who: str
) -> None:
    """Noted at the door before the post ended, sent when the phone found a network again; one noted later is refused."""
    now = timezone.now()
    last = local_date(now - timedelta(days=3))
    _end(alpha, street, who, last)
    need = {"item": "square-dance-t", "interest_grid_id": street.dances.pk}
    inside = (now - timedelta(days=3)).isoformat()
    kept = speak(who).post("household-visits", _visit(street, noted_at=inside, needs=[need]))
    assert kept.status_code == 201, kept.content
    after = now - timedelta(days=1)
    for moment in (after.isoformat(), None):
        body = _visit(street) if moment is None else _visit(street, noted_at=moment)
        refused = speak(who).post("household-visits", body)
        assert _code(refused) in ((403, "POST_REQUIRED"), (404, "NOT_FOUND"))
        if moment is not None:
            day = local_date(after).isoformat()
            assert refused.status_code == 403 and refused.json()["facts"]["on"] == day
            assert refused.json()["message"]["zh"] == f"{day}您在该网格没有任职，不能走访或登记事项"
    with schema_context(alpha.schema_name):
        assert HouseholdVisit.objects.count() == 1 and DemandAsk.objects.count() == 1


def _end(alpha: Any, street: Any, who: str, last: date) -> None:
    from grids.interest.models import MemberPost
    from grids.units.models import GridLeader

    with schema_context(alpha.schema_name):
        if who == "leader":
            GridLeader.objects.filter(user=street.people[who]).update(ends_on=last)
        else:
            MemberPost.objects.filter(member__user=street.people[who]).update(state="ended", ends_on=last)


def test_j13_a_nomination_that_was_withdrawn_allows_no_visit_before_it_either(
    alpha: Any, street: Any, speak: Any
) -> None:
    from grids.interest.models import MemberPost

    _end(alpha, street, "member", local_date(timezone.now()))
    with schema_context(alpha.schema_name):
        MemberPost.objects.update(confirmed_by=None)
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    answer = speak("member").post("household-visits", _visit(street, noted_at=yesterday))
    assert _code(answer) == (404, "NOT_FOUND")


def test_j13_a_leader_reads_who_visited_by_name(street: Any, speak: Any) -> None:
    assert speak("member").post("household-visits", _visit(street)).status_code == 201
    name = street.people["member"].display_name
    for who, shown in (("leader", name), ("member", name), ("viewer", f"{name[0]}*")):
        (row,) = speak(who).get("household-visits").json()["results"]
        assert row["visitor"] == shown


def test_j13_a_member_sees_the_own_visits_a_leader_those_of_the_own_grids(street: Any, speak: Any) -> None:
    made = {
        who: speak(who).post("household-visits", _visit(street)).json()["id"]
        for who in ("member", "leader", "town")
    }
    seen = {
        who: {row["id"] for row in speak(who).get("household-visits").json()["results"]}
        for who in street.people
    }
    everything = set(made.values())
    assert seen == {
        "member": {made["member"]}, "leader": everything, "town": everything, "bureau": everything,
        "viewer": everything, "stranger": set(), "other_leader": set(), "other_town": set(),
    }  # fmt: skip
    assert speak("member").get(f"household-visits/{made['leader']}").status_code == 404
    assert speak("viewer").get(f"household-visits/{made['member']}").json()["visitor"] == "测*"


def test_j13_a_list_of_visits_costs_the_same_however_long(
    alpha: Any, street: Any, speak: Any, django_assert_max_num_queries: Any
) -> None:
    leader = speak("leader")
    with django_assert_max_num_queries(12):
        leader.get("household-visits")
    for _ in range(5):
        leader.post("household-visits", _visit(street, needs=[{"item": "square-dance-t"}]))
    with django_assert_max_num_queries(12):
        rows = leader.get("household-visits?mine=true&outcome=talked").json()["results"]
    assert len(rows) == 5
