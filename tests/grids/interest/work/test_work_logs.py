"""J14: the role of every piece of work is derived from what was done; nobody is asked for it and nothing is typed twice."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.interest.models import WorkLog
from grids.interest.rules.activity_states import AssistTheme
from grids.interest.rules.duty_role import BY_HAND, WorkKind
from grids.interest.services.work_logs import WorkDone, record_work
from tenants.accounts.models import AuditEvent
from tenants.bureau.rules.local_time import SHANGHAI, local_date

pytestmark = pytest.mark.django_db

NOVEMBER = datetime(2026, 11, 20, 10, tzinfo=SHANGHAI)


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


@pytest.fixture
def did(alpha: Any, street: Any) -> Any:
    """`did("member", WorkKind.ACTIVITY_HELD, "occurrence:1", at=…)` records work in the dances."""

    def record(who: str, kind: WorkKind, reference: str, **more: Any) -> WorkLog:
        at = more.pop("at", NOVEMBER)
        grids = {"interest_grid": more.pop("interest_grid", street.dances)}
        with schema_context(alpha.schema_name):
            work = WorkDone(kind, reference, at, **more)
            return record_work(work=work, acting_user=street.people[who], **grids)

    return record


def test_j14_an_act_is_recorded_once(alpha: Any, street: Any, did: Any) -> None:
    first = did("member", WorkKind.ACTIVITY_HELD, "occurrence:1")
    again = did("member", WorkKind.ACTIVITY_HELD, "occurrence:1", at=datetime(2026, 11, 21, tzinfo=SHANGHAI))
    other = did("leader", WorkKind.ACTIVITY_HELD, "occurrence:1")
    assert first.pk == again.pk != other.pk
    assert (first.duty_role, first.is_typed, first.done_on) == ("instruction", False, date(2026, 11, 20))
    assert first.community_id == street.communities["east"].pk


def test_j13_a_lecture_hall_is_publicity(alpha: Any, street: Any, did: Any) -> None:
    from instructors.people.models import ActivityItem

    with schema_context(alpha.schema_name):
        lecture, _ = ActivityItem.objects.get_or_create(
            code="science_lecture", defaults={"name": "科学健身讲座"}
        )
        street.chess.item = lecture
    log = did("other_leader", WorkKind.ACTIVITY_HELD, "occurrence:9", interest_grid=street.chess)
    assert (log.kind, log.duty_role) == ("lecture_held", "publicity")


def test_j14_evening_work_belongs_to_its_day_in_shanghai(did: Any) -> None:
    late = did(
        "member", WorkKind.ACTIVITY_HELD, "occurrence:2", at=datetime(2026, 11, 20, 23, 59, tzinfo=SHANGHAI)
    )
    assert late.done_on == date(2026, 11, 20)


@pytest.mark.parametrize("field", ["duty_role", "role", "themes", "done_at"])
def test_j14_the_role_is_never_asked_for_and_never_taken(street: Any, speak: Any, field: str) -> None:
    body = {"kind": "place_readied", "interest_grid_id": street.dances.pk, field: "publicity"}
    answer = speak("member").post("work-logs", body)
    assert _code(answer) == (422, "UNKNOWN_FIELD")
    assert answer.json()["facts"]["name"] == field


@pytest.mark.parametrize("kind", BY_HAND)
def test_j14_one_tap_is_enough(street: Any, speak: Any, kind: WorkKind) -> None:
    answer = speak("member").post("work-logs", {"kind": kind.value, "interest_grid_id": street.dances.pk})
    assert answer.status_code == 201
    told = answer.json()
    assert told["duty_role"] in ("information", "publicity", "instruction", "service")
    assert (told["is_typed"], told["done_on"]) == (True, local_date(timezone.now()).isoformat())


@pytest.mark.parametrize("kind", [kind for kind in WorkKind if kind not in BY_HAND])
def test_j14_what_the_product_saw_is_not_typed(street: Any, speak: Any, kind: WorkKind) -> None:
    answer = speak("leader").post("work-logs", {"kind": kind.value, "interest_grid_id": street.dances.pk})
    assert _code(answer) == (422, "WORK_KIND_DERIVED")
    assert answer.json()["message"]["zh"] == "该工作由系统随业务自动记录，无需手工登记"
    assert answer.json()["facts"]["kind"] == kind.value


def test_j14_a_note_bears_no_personal_number_and_a_log_one_grid(street: Any, speak: Any) -> None:
    member = speak("member")
    body = {"kind": "wish_heard", "interest_grid_id": street.dances.pk}
    assert _code(member.post("work-logs", {**body, "note": "139 0000 0001"})) == (422, "PERSONAL_NUMBER")
    both = member.post("work-logs", {**body, "grid_id": street.grids["east_1"].pk})
    assert _code(both) == (422, "ONE_GRID")
    assert both.json()["message"]["zh"] == "兴趣网格和基础网格只能选择一个"
    assert _code(member.post("work-logs", {"kind": "wish_heard"})) == (422, "ONE_GRID")


_TABLE = {
    "member": (201, 201), "leader": (201, 201), "town": (201, 201), "bureau": (201, 201), "viewer": (404, 404),
    "stranger": (404, 404), "other_leader": (404, 404), "other_town": (404, 404),
}  # fmt: skip


@pytest.mark.parametrize("who", _TABLE)
def test_j14_who_may_log_work_where(alpha: Any, street: Any, speak: Any, who: str) -> None:
    person = speak(who)
    in_interest_grid = person.post("work-logs", {"kind": "wish_heard", "interest_grid_id": street.dances.pk})
    in_base_grid = person.post("work-logs", {"kind": "wish_heard", "grid_id": street.grids["east_1"].pk})
    assert (in_interest_grid.status_code, in_base_grid.status_code) == _TABLE[who]
    with schema_context(alpha.schema_name):
        assert AuditEvent.objects.filter(action="work_log.add").count() == 2 * (_TABLE[who][0] == 201)


@pytest.fixture
def november(did: Any, street: Any) -> None:
    """A month of work of a member, a leader and a person of another street."""
    evening = datetime(2026, 11, 20, 19, 30, tzinfo=SHANGHAI)
    health = [AssistTheme.HEALTH]
    did("member", WorkKind.ACTIVITY_HELD, "occurrence:1", at=evening, themes=health)
    did("member", WorkKind.ACTIVITY_HELD, "occurrence:2", themes=[AssistTheme.TOURISM, AssistTheme.HEALTH])
    did("member", WorkKind.CHANNEL_POSTED, "post:1")
    did("member", WorkKind.ISSUE_NOTED, "issue:1")
    did("member", WorkKind.PERSON_ENROLLED, "participation:1", at=datetime(2026, 11, 1, tzinfo=SHANGHAI))
    did("member", WorkKind.ACTIVITY_HELD, "occurrence:3", at=datetime(2026, 10, 31, 23, 59, tzinfo=SHANGHAI))
    did("member", WorkKind.ACTIVITY_HELD, "occurrence:4", at=datetime(2026, 12, 1, tzinfo=SHANGHAI))
    did("leader", WorkKind.DEMAND_HANDED_UP, "demand:1")
    did("other_leader", WorkKind.LECTURE_HELD, "occurrence:9", interest_grid=street.chess)


def test_j14_a_month_stands_in_four_roles(
    speak: Any, november: None, django_assert_max_num_queries: Any
) -> None:
    told = speak("member").get("me/work-profile?month=2026-11").json()
    assert told["roles"] == {"information": 1, "publicity": 1, "instruction": 2, "service": 1}
    assert told["themes"] == {"governance": 1, "tourism": 1, "health": 2}
    assert (told["total"], told["evening"], told["typed"]) == (5, 1, 0)
    assert (told["month_from"], told["month_to"]) == ("2026-11-01", "2026-11-30")
    quiet = speak("stranger").get("me/work-profile").json()
    assert quiet["roles"] == {"information": 0, "publicity": 0, "instruction": 0, "service": 0}


@pytest.mark.parametrize("month", ["2026-13", "2026", "1999-01", "2026-1", "2026-11-01"])
def test_j14_a_month_that_is_none_is_refused(speak: Any, month: str) -> None:
    assert speak("member").get(f"me/work-profile?month={month}").status_code == 400


@pytest.mark.parametrize("path", ["me/work-profile", "work-profiles"])
def test_j14_a_month_to_come_has_no_profile(speak: Any, path: str) -> None:
    to_come = f"{timezone.now().year + 1}-01"
    answer = speak("leader").get(f"{path}?month={to_come}")
    assert (answer.status_code, answer.json()["code"]) == (400, "AS_OF_TO_COME")
    assert f"统计日{to_come}-01尚未到来" in answer.json()["message"]["zh"]


def test_j14_profiles_are_seen_by_leaders_and_offices_and_ranked_by_nobody(
    street: Any, speak: Any, november: None
) -> None:
    def profiles(who: str, query: str = "") -> dict[int, int]:
        rows = speak(who).get(f"work-profiles?month=2026-11{query}").json()["results"]
        assert [row["user_id"] for row in rows] == sorted(row["user_id"] for row in rows)
        return {row["user_id"]: row["total"] for row in rows}

    ids = {who: street.people[who].pk for who in street.people}
    own_street = {ids["leader"]: 1, ids["member"]: 5}
    assert profiles("member") == {ids["member"]: 5}
    assert profiles("leader") == profiles("town") == own_street
    assert profiles("bureau") == {**own_street, ids["other_leader"]: 1}
    assert profiles("stranger") == {}
    # The leader knows the own members by name; an office that only looks on reads a first character.
    names = {who: {row["display_name"] for row in speak(who).get("work-profiles?month=2026-11").json()["results"]}
             for who in ("leader", "town")}  # fmt: skip
    known = {street.people[who].display_name for who in ("leader", "member")}
    assert names == {"leader": known, "town": {"测*"}}
    assert speak("leader").get("work-profiles?order=total").status_code == 400
    assert speak("leader").get(f"work-profiles?unit={street.units['town'].pk}").status_code == 404


def test_j14_an_office_reads_profiles_by_unit(
    alpha: Any, street: Any, api: Any, make_user: Any, november: None
) -> None:
    office = api(alpha, make_user(alpha, "office", ["worklog.view", "org.view"], unit=street.units["city"]))

    def total(unit: str) -> int:
        rows = office.get(f"work-profiles?month=2026-11&unit={street.units[unit].pk}").json()["results"]
        return sum(row["total"] for row in rows)

    assert (total("town"), total("other_town"), total("county")) == (6, 1, 7)


def test_j14_profiles_are_one_statement_however_many_people(
    alpha: Any, street: Any, speak: Any, did: Any, make_user: Any, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements() -> int:
        bureau = speak("bureau")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert bureau.get("work-profiles?month=2026-11").status_code == 200
        return sum("interest_worklog" in query["sql"] for query in captured)

    did("member", WorkKind.ACTIVITY_HELD, "occurrence:1")
    few = statements()
    for number in range(8):
        street.people[f"more-{number}"] = make_user(alpha, f"more-{number}")
        did(f"more-{number}", WorkKind.ACTIVITY_HELD, f"occurrence:{number}")
    assert statements() == few == 1


def test_j14_the_burden_meter_tells_what_was_typed(street: Any, speak: Any) -> None:
    member = speak("member")
    member.post("work-logs", {"kind": "neighbour_helped", "interest_grid_id": street.dances.pk})
    member.post("demands", {"item": "square-dance-t", "interest_grid_id": street.dances.pk})
    member.post(
        "channel-posts",
        {"interest_grid_id": street.dances.pk, "channel": "notice_board", "title": "周六活动"},
    )
    leader = speak("leader")
    leader.post(f"demands/{member.get('demands').json()['results'][0]['id']}/hand-up")
    burden = member.get("me/work-profile").json()["burden"]
    assert (burden["typed"], burden["forms"], burden["by_itself"]) == (1, 2, 0)
    of_leader = leader.get("me/work-profile").json()["burden"]
    assert (of_leader["typed"], of_leader["forms"], of_leader["by_itself"]) == (0, 0, 1)
    first, last = (date.fromisoformat(burden[name]) for name in ("week_from", "week_to"))
    assert (first.isoweekday(), (last - first).days) == (1, 6)


def test_j14_logs_are_listed_for_those_whom_they_concern(street: Any, speak: Any, november: None) -> None:
    def listed(who: str, query: str = "month=2026-11") -> int:
        return len(speak(who).get(f"work-logs?{query}").json()["results"])

    assert {who: listed(who) for who in ("member", "leader", "town", "bureau", "viewer", "stranger")} == {
        "member": 5, "leader": 6, "town": 6, "bureau": 7, "viewer": 7, "stranger": 0,
    }  # fmt: skip
    assert listed("leader", "month=2026-11&mine=true") == 1
    assert listed("bureau", f"interest_grid={street.chess.pk}") == 1
    assert listed("bureau", f"grid={street.grids['east_1'].pk}") == 0


def test_j14_a_list_of_logs_costs_the_same_however_long(
    street: Any, speak: Any, did: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        did("member", WorkKind.ACTIVITY_HELD, f"occurrence:{number}")
    leader = speak("leader")
    with django_assert_max_num_queries(8):
        assert len(leader.get("work-logs").json()["results"]) == 8
