"""X07: of one person a reader reads one name, wherever it stands: role by place.

Who leads or manages people, dispatchers included, reads their names in full, and everybody the own; everybody else
reads a first character. A place that shows a reader nothing of the person is no contradiction and stands as None.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from tenants.bureau.rules.role_templates import ROLE_TEMPLATES

pytestmark = pytest.mark.django_db

LEADER, MEMBER, COACH, GUEST = "测试leader", "赵演示001", "李演示教练", "孙演示020"
WORKS_AS = "测试member"  # the account of the member
FULL, MASK, NONE = "full", "mask", None
READERS = (
    "bureau",
    "county",
    "town",
    "other_town",
    "dispatcher",
    "auditor",
    "looker",
    "leader",
    "second_leader",
    "member",
)
Place = Callable[[Any], list[str]]


@pytest.fixture
def world(alpha: Any, make_user: Any, neighbourhood: Any, in_city: Any, enrol: Any, speak: Any) -> Any:
    """The neighbourhood with an acting leader, work, a visit, an issue, a coach with an activity, a guest, more readers."""
    from grids.interest.models import Activity, HotlineIssue, HouseholdVisit, Occurrence, WorkLog
    from grids.units.models import CultureSportsOfficer, GridLeader
    from instructors.people.models import GradeAward, Instructor

    made, now = neighbourhood, timezone.now()
    units, people = made.city.units, made.people
    for role in ("dispatcher", "auditor"):
        people[role] = make_user(alpha, role, sorted(ROLE_TEMPLATES[role].permissions), unit=units["city"])
    seen = [
        "leader.view",
        "grid.view",
        "interest.view",
        "worklog.view",
        "visit.view",
        "hotline.view",
        "instructor.view",
    ]
    people["looker"] = make_user(alpha, "looker", seen, unit=units["county"])
    enrol(GUEST, "13900000020")
    with in_city():
        grid, east = made.grids["shengli1"], made.city.community("shengli")
        GridLeader.objects.filter(grid=grid).update(is_acting=True, ends_on=made.today + timedelta(days=30))
        CultureSportsOfficer.objects.create(
            user=people["leader"], community=east, valid_from=date(2024, 1, 1)
        )
        coach = Instructor.objects.create(name=COACH, unit=units["shengli"])
        GradeAward.objects.create(
            instructor=coach, grade="grade3", award_level="county", certificate_number="TEST-1", valid_from=date(2024, 1, 1)
        )  # fmt: skip
        made.site.head = coach
        made.site.save(update_fields=["head"])
        course = Activity.objects.create(
            interest_grid=made.dance, title="演示课", starts_at=now, minutes=60, instructor=coach, planned_by=people["leader"]
        )  # fmt: skip
        Occurrence.objects.create(
            activity=course, interest_grid=made.dance, starts_at=now, ends_at=now + timedelta(hours=1)
        )
        for who in ("leader", "member"):
            WorkLog.objects.create(
                user=people[who], kind="activity_held", duty_role="service", community=east, interest_grid=made.dance,
                grid=grid, done_at=now, done_on=made.today, reference=f"demand:{people[who].pk}",
            )  # fmt: skip
            HouseholdVisit.objects.create(
                grid=grid, visited_by=people[who], purpose="invite", noted_at=now, erase_on=made.today + timedelta(days=9),
                outcome="nobody_home",
            )  # fmt: skip
            HotlineIssue.objects.create(
                grid=grid, kind="equipment", place_name="演示", noted_by=people[who], noted_at=now
            )
    return made


def _rows(path: str, name: Callable[[Any], Any]) -> Place:
    def read(who: Any) -> list[str]:
        answer = who.get(path)
        if answer.status_code in (403, 404):
            return []
        assert answer.status_code == 200, (path, answer.content)
        body = answer.json()
        found = [name(row) for row in body.get("results", [body] if isinstance(body, dict) else body)]
        return [each for each in found if each]

    return read


def _member_files(form: str) -> Place:
    def read(who: Any) -> list[str]:
        answer = who.get(f"grid-members/export?format={form}")
        if answer.status_code in (403, 404):
            return []
        assert answer.status_code == 200, answer.content
        content = answer.getvalue() if answer.streaming else answer.content
        if form == "csv":
            return [row[1] for row in list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))[1:]]
        return [str(row[1]) for row in list(load_workbook(io.BytesIO(content)).active.values)[1:]]

    return read


def _vacancy_sheet(who: Any) -> list[str]:
    answer = who.get("leader-vacancies?form=xlsx")
    if answer.status_code == 403:
        return []
    cells = [cell for row in load_workbook(io.BytesIO(answer.content)).active.values for cell in row]
    return [cell for cell in cells if isinstance(cell, str) and (cell == LEADER or cell == "测*")]


def _places(made: Any, in_city: Any) -> dict[str, dict[str, Place]]:
    """Of whom → where the name may stand → how the names that stand there are read."""
    from grids.interest.models import Activity, HotlineIssue, HouseholdVisit, Occurrence
    from grids.units.models import GridLeader

    with in_city():
        grid, leader, member = made.grids["shengli1"].pk, made.people["leader"].pk, made.people["member"].pk
        term = GridLeader.objects.get(grid=grid).pk
        activity = Activity.objects.get(instructor__name=COACH).pk
        meeting = Occurrence.objects.get(activity=activity).pk
        visits = dict(HouseholdVisit.objects.values_list("visited_by", "pk"))
        issues = dict(HotlineIssue.objects.values_list("noted_by", "pk"))

    def of_account(account: int) -> dict[str, Place]:
        def by(row: Any) -> Any:
            return row["display_name"] if row["user_id"] == account else None

        return {
            "work logs": _rows("work-logs", by),
            "profiles": _rows("work-profiles", by),
            "visit": _rows(f"household-visits/{visits[account]}", lambda row: row["visitor"]),
            "visits": _rows(
                "household-visits", lambda row: row["visitor"] if row["id"] == visits[account] else None
            ),
            "issue": _rows(f"hotline-issues/{issues[account]}", lambda row: row["noted_by"]),
            "issues": _rows(
                "hotline-issues", lambda row: row["noted_by"] if row["id"] == issues[account] else None
            ),
        }

    return {
        "leader": {
            **of_account(leader),
            "terms": _rows(f"leader-terms?user={leader}", lambda row: row["display_name"]),
            "term": _rows(f"leader-terms/{term}", lambda row: row["display_name"]),
            "leader of a grid": _rows(f"grids/{grid}/leader", lambda body: body["leader"]["display_name"]),
            "terms of a grid": _rows(f"grids/{grid}/leader", lambda body: body["terms"][0]["display_name"]),
            "card": _rows(f"grids/{grid}", lambda body: (body["leader"] or {}).get("display_name")),
            "vacancies": _rows(
                "leader-vacancies", lambda row: row["acting_name"] if row["id"] == grid else None
            ),
            "vacancies as XLSX": _vacancy_sheet,
            "officials": _rows("culture-sports-officers", lambda row: row["display_name"]),
            "accounts": _rows(
                "users?limit=200", lambda row: row["display_name"] if row["id"] == leader else None
            ),
            "account": _rows(f"users/{leader}", lambda row: row["display_name"]),
        },
        "member at work": of_account(member),
        "member": {
            "members": _rows(
                "grid-members", lambda row: row["name"] if row["id"] == made.member.pk else None
            ),
            "member": _rows(f"grid-members/{made.member.pk}", lambda row: row["name"]),
            "members as CSV": lambda who: _only("赵", _member_files("csv")(who)),
            "members as XLSX": lambda who: _only("赵", _member_files("xlsx")(who)),
        },
        "coach": {
            "register": _rows("instructors", lambda row: row["name"]),
            "activities": _rows("activities", lambda row: (row["instructor"] or {}).get("name")),
            "activity": _rows(f"activities/{activity}", lambda row: row["instructor"]["name"]),
            "meetings": _rows("occurrences", lambda row: (row["instructor"] or {}).get("name")),
            "meeting": _rows(f"occurrences/{meeting}", lambda row: row["instructor"]["name"]),
            "sites": _rows("sites", lambda row: (row["head"] or {}).get("name")),
            "site": _rows(f"sites/{made.site.pk}", lambda row: row["head"]["name"]),
        },
        "guest": {
            "participants": _rows(f"interest-grids/{made.dance.pk}/participants", lambda row: row["name"]),
            "tick list": _rows(f"occurrences/{meeting}/attendance", lambda row: row["name"]),
        },
    }


def _only(first: str, names: list[str]) -> list[str]:
    # The other member of the neighbourhood, 赵演示002, serves elsewhere and is managed by others.
    return [name for name in names if name.startswith(first) and name != "赵演示002"]


# Who reads whose name in full. Offices manage leaders by `leader.appoint`, members by `member.edit`, accounts by
# `user.manage`, the register by `instructor.edit`.
IN_FULL = {
    "leader": {"bureau", "county", "town", "leader"},
    "member at work": {"bureau", "county", "town", "leader", "member"},
    "member": {"bureau", "county", "town", "leader", "member"},
    "coach": {"bureau", "county", "dispatcher"},
    "guest": {"bureau", "county", "town", "leader", "member"},
}
NAMES = {"leader": LEADER, "member at work": WORKS_AS, "member": MEMBER, "coach": COACH, "guest": GUEST}


@pytest.mark.parametrize("person", list(IN_FULL))
def test_x07_a_reader_reads_one_name_of_a_person_wherever_it_stands(
    world: Any, speak: Any, in_city: Any, person: str
) -> None:
    name, read = NAMES[person], {}
    places = _places(world, in_city)[person]
    for reader in READERS:
        who = speak(reader)
        wanted = name if reader in IN_FULL[person] else f"{name[0]}*"
        for place, names_in in places.items():
            found = set(names_in(who))
            read[reader, place] = bool(found)
            assert found <= {wanted}, (reader, place, found)
    for place in places:
        assert any(read[reader, place] for reader in IN_FULL[person]), (
            f"nobody reads {place} by name: nothing proven"
        )
    assert any(read[reader, place] for reader in READERS if reader not in IN_FULL[person] for place in places)


def test_x07_no_reader_reads_a_phone_in_a_list(world: Any, speak: Any) -> None:
    paths = (f"interest-grids/{world.dance.pk}/participants", "grid-members", "users?limit=200")
    for reader in READERS:
        for path in paths:
            text = speak(reader).get(path).content.decode()
            assert "13900000001" not in text and "13900000020" not in text, (reader, path)


def test_x07_a_name_in_full_costs_no_statement_a_row(
    world: Any, speak: Any, statements: Any, in_city: Any
) -> None:
    from grids.units.models import GridLeader

    who = speak("county")
    paths = ("leader-terms", "leader-vacancies", "work-logs", "activities")
    for path in paths:
        who.get(path)
    before = {path: statements(lambda: who.get(path)) for path in paths}  # noqa: B023
    with in_city():
        for name in ("shengli2", "xinhua1", "wangcun1"):
            GridLeader.objects.create(
                grid=world.grids[name], user=world.people["citizen"], appointed_by=world.people["county"],
                starts_on=date(2020, 1, 1), ends_on=date(2020, 12, 31), is_acting=True,
            )  # fmt: skip
    assert {path: statements(lambda: who.get(path)) for path in paths} == before  # noqa: B023
