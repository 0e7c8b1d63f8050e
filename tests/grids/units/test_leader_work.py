"""J06: grids without a leader in office, the notice before an acting term ends, and what waits for a leader."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.units.models import Grid, GridFitnessGroup, GridLeader
from grids.units.queries import leader_tasks as tasks_module
from grids.units.queries.leader_tasks import register_task_source
from grids.units.rules.leader_tasks import LeaderTask
from grids.units.services.leader_notices import tell_of_acting_ends
from tenants.bureau.models import OutboxMessage
from tenants.bureau.rules.local_time import local_date

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)


def _today() -> date:
    return local_date(timezone.now())


@pytest.fixture
def officer(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.officer)


@pytest.fixture
def terms(alpha: Any, base_grids: Any, staff: Any) -> dict[str, Any]:
    """Of six grids: one led, one never led, one whose acting term ran out, one acting for long, one acting to its end."""
    today = _today()
    led, never, ran_out = base_grids["shengli"]
    (declined,) = base_grids["xinhua"]
    long, short = base_grids["wangcun"]
    common = {"user": staff.gis, "appointed_by": staff.officer}
    with schema_context(alpha.schema_name):
        GridLeader.objects.create(grid=led, starts_on=today, **common)
        for grid, first, last in (
            (ran_out, today - 60 * ONE_DAY, today - ONE_DAY),
            (long, today, today + 15 * ONE_DAY),
            (short, today - 5 * ONE_DAY, today + 14 * ONE_DAY),
        ):
            GridLeader.objects.create(grid=grid, starts_on=first, ends_on=last, is_acting=True, **common)
        GridLeader.objects.create(grid=declined, starts_on=today, withdrawn_at=timezone.now(), **common)
        GridLeader.objects.create(grid=never, starts_on=today, confirmed_at=None, **common)
    return {
        "led": led,
        "never": never,
        "ran_out": ran_out,
        "declined": declined,
        "long": long,
        "short": short,
    }


def test_the_list_names_every_grid_without_a_leader_in_office(officer: Any, terms: dict[str, Any]) -> None:
    rows = {row["id"]: row for row in officer.get("leader-vacancies").json()["results"]}
    assert set(rows) == {terms[name].pk for name in ("never", "ran_out", "declined", "long", "short")}
    today = _today()
    told = {
        name: tuple(rows[terms[name].pk][key] for key in ("state", "since", "days_left", "ran_out", "alert", "nominations"))
        for name in ("never", "ran_out", "declined", "long", "short")
    }  # fmt: skip
    assert told == {
        "never": ("vacant", "2024-01-01", None, False, False, 1),
        "ran_out": ("vacant", today.isoformat(), None, True, True, 0),
        "declined": ("vacant", "2024-01-01", None, False, False, 0),
        "long": ("acting", today.isoformat(), 15, False, False, 0),
        "short": ("acting", (today - 5 * ONE_DAY).isoformat(), 14, False, True, 0),
    }
    assert rows[terms["short"].pk]["acting_name"] == "测试gis", "who appoints there reads the name in full"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("vacant", ("never", "ran_out", "declined")),
        ("acting", ("long", "short")),
        ("alert", ("ran_out", "short")),
    ],
)
def test_the_list_is_narrowed_by_kind_unit_and_day(
    officer: Any, terms: dict[str, Any], small_city: Any, kind: str, names: tuple[str, ...]
) -> None:
    found = {row["id"] for row in officer.get(f"leader-vacancies?kind={kind}").json()["results"]}
    assert found == {terms[name].pk for name in names}
    town = officer.get(f"leader-vacancies?kind={kind}&unit={small_city.units['other_town'].pk}").json()[
        "results"
    ]
    outside = {"declined", "long", "short"}
    assert {row["id"] for row in town} == {terms[name].pk for name in names if name in outside}
    assert officer.get("leader-vacancies?unit=987654").status_code == 404
    later = officer.get(f"leader-vacancies?kind=acting&as_of={_today() + 16 * ONE_DAY}").json()["results"]
    assert later == []


def test_the_list_is_paged_and_its_statements_do_not_grow(
    alpha: Any, officer: Any, terms: dict[str, Any], base_grids: Any
) -> None:
    def statements(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert officer.get(path).status_code == 200
        return len(counted)

    officer.get("leader-vacancies")  # the token's last use is noted once
    few = {path: statements(path) for path in ("leader-vacancies", "leader-vacancies?form=xlsx")}
    community = base_grids["shengli"][0].community
    with schema_context(alpha.schema_name):
        Grid.objects.bulk_create(
            Grid(code=f"{community.code}{n:03d}", community=community, sequence=n, valid_from="2024-01-01")
            for n in range(100, 160)
        )
    assert {path: statements(path) for path in few} == few
    seen, page = [], officer.get("leader-vacancies?limit=20").json()
    while True:
        seen += [row["id"] for row in page["results"]]
        if page["next"] is None:
            break
        page = officer.get(page["next"].partition("alpha.test")[2]).json()
    assert len(seen) == len(set(seen)) == 65


def test_the_list_is_kept_as_a_workbook(officer: Any, terms: dict[str, Any]) -> None:
    answer = officer.get("leader-vacancies?form=xlsx")
    assert answer["Content-Disposition"].startswith('attachment; filename="leader-vacancies.xlsx"')
    lines = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert (len(lines), lines[0][0]) == (6, "网格编码")
    by_code = {line[0]: line for line in lines[1:]}
    assert by_code[terms["ran_out"].code][4:11] == (
        "空缺", by_code[terms["ran_out"].code][5], None, None, None, "代理到期后空缺", 0,
    )  # fmt: skip
    assert by_code[terms["short"].code][1:5] == ("county", "other_town", "wangcun", "代理")


def test_a_grid_that_is_no_more_is_no_vacancy(alpha: Any, officer: Any, terms: dict[str, Any]) -> None:
    with schema_context(alpha.schema_name):
        Grid.objects.filter(pk=terms["never"].pk).update(valid_to=_today() - ONE_DAY)
    found = {row["id"] for row in officer.get("leader-vacancies?kind=vacant").json()["results"]}
    assert terms["never"].pk not in found


def test_the_end_of_an_acting_term_is_told_once(in_alpha: Any, terms: dict[str, Any], staff: Any) -> None:
    with schema_context(in_alpha.schema_name):
        assert tell_of_acting_ends(on=_today()) == 2  # to the acting leader, and to who decided
        assert tell_of_acting_ends(on=_today()) == 0
        messages = list(OutboxMessage.objects.filter(template="leader.acting_ending").order_by("recipient"))
        assert {message.recipient for message in messages} == {
            f"accounts.user:{staff.gis.pk}", f"accounts.user:{staff.officer.pk}",
        }  # fmt: skip
        assert messages[0].facts["title"] == f"网格{terms['short'].code}代理网格长任期还剩14天"
        assert tell_of_acting_ends(on=_today() + ONE_DAY) == 2  # now the longer one, too
        assert tell_of_acting_ends(on=_today() + 20 * ONE_DAY) == 0


# --- What waits -------------------------------------------------------------------------------------------------


def test_a_leader_finds_what_waits_and_who_leads_nothing_finds_nothing(
    alpha: Any, api: Any, terms: dict[str, Any], staff: Any, make_user: Any, base_grids: Any
) -> None:
    leader = api(alpha, staff.gis)
    answer = leader.get("me/leader-tasks").json()
    assert [grid["id"] for grid in answer["grids"]] == [terms[name].pk for name in ("led", "long", "short")]
    assert [(task["kind"], task["grid_id"], task["alert"]) for task in answer["tasks"]] == [
        ("acting_term_ending", terms["short"].pk, True),
        *(("fitness_group_missing", terms[name].pk, False) for name in ("led", "long", "short")),
    ]
    assert answer["tasks"][0]["due_on"] == (_today() + 14 * ONE_DAY).isoformat()
    with schema_context(alpha.schema_name):
        GridFitnessGroup.objects.create(
            grid=terms["led"], name="胜利健身组织", founded_on=_today(), founded_by=staff.officer
        )
    kinds = {(task["kind"], task["grid_id"]) for task in leader.get("me/leader-tasks").json()["tasks"]}
    assert ("fitness_group_leader", terms["led"].pk) in kinds
    assert ("fitness_group_missing", terms["led"].pk) not in kinds
    stranger = api(alpha, make_user(alpha, "stranger")).get("me/leader-tasks").json()
    assert (stranger["grids"], stranger["tasks"]) == ([], [])
    assert api(alpha).get("me/leader-tasks").status_code == 401


def test_apps_above_tell_of_their_own_and_statements_do_not_grow(
    alpha: Any, api: Any, terms: dict[str, Any], staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks_module, "_sources", [])
    register_task_source(
        lambda user, grid_ids, on: [
            LeaderTask("demands_open", grid, "x", "x", count=3, due_on=on) for grid in grid_ids
        ]
    )
    leader = api(alpha, staff.gis)
    leader.get("me/leader-tasks")  # the token's last use is noted once
    with CaptureQueriesContext(connection) as counted:
        told = leader.get("me/leader-tasks").json()["tasks"]
    assert [(task["kind"], task["count"]) for task in told[1:4]] == [("demands_open", 3)] * 3
    with schema_context(alpha.schema_name):
        for grid in (terms["never"], terms["declined"]):
            GridLeader.objects.create(
                grid=grid, user=staff.gis, appointed_by=staff.officer, starts_on=_today()
            )
    with CaptureQueriesContext(connection) as again:
        assert len(leader.get("me/leader-tasks").json()["grids"]) == 5
    assert len(again) == len(counted)
