"""Days over HTTP: what is out of range is refused everywhere, and a plan rules from its day on, not before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.units.models import CultureSportsOfficer, GridLeader, GridPlan
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.services.drawing import draw_plan
from tenants.bureau.rules.local_time import local_date

pytestmark = pytest.mark.django_db

OUT_OF_RANGE = ["0001-01-01", "1999-12-31", "2101-01-01", "9999-12-30", "9999-12-31"]


def _today() -> date:
    return local_date(timezone.now())


@pytest.fixture
def officer(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.officer)


@pytest.fixture
def bureau(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.bureau)


# The view is asked before any row is: the row's number matters only where the address names one in scope.
WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "leader_starts": ("grids/{grid}/leader", {"user_id": 6, "starts_on": "{day}"}),
    "acting_starts": ("grids/{grid}/leader", {"user_id": 6, "starts_on": "{day}", "acting": True}),
    "leader_ends": ("grids/{grid}/leader", {"user_id": 6, "acting": True, "ends_on": "{day}"}),
    "leader_end": ("leaders/{leader}/end", {"ends_on": "{day}", "reason": "x"}),
    "officer_from": ("culture-sports-officers", {"user_id": 6, "community_id": 1, "valid_from": "{day}"}),
    "officer_to": (
        "culture-sports-officers",
        {"user_id": 6, "community_id": 1, "valid_from": "2024-01-01", "valid_to": "{day}"},
    ),
    "officer_end": ("culture-sports-officers/{officer}/end", {"valid_to": "{day}"}),
    "publish_many": ("grid-plans/transition", {"ids": [1], "action": "publish", "effective_on": "{day}"}),
}


@pytest.fixture
def rows(alpha: Any, staff: Any, small_city: Any, grid_ids: dict[str, list[int]]) -> dict[str, int]:
    grid = grid_ids["shengli"][0]
    with schema_context(alpha.schema_name):
        leader = GridLeader.objects.create(
            grid_id=grid, user=staff.gis, starts_on=date(2024, 1, 1), appointed_by=staff.officer
        )
        office = CultureSportsOfficer.objects.create(
            user=staff.gis, community=small_city.community("shengli"), valid_from=date(2024, 1, 1)
        )
    return {"grid": grid, "leader": leader.pk, "officer": office.pk}


def test_no_day_out_of_range_is_written(officer: Any, rows: dict[str, int]) -> None:
    for name, (path, body) in WRITES.items():
        for day in OUT_OF_RANGE:
            sent = {key: day if value == "{day}" else value for key, value in body.items()}
            answer = officer.post(path.format(**rows), sent)
            assert (name, day, answer.status_code, answer.json()["code"]) == (
                name, day, 400, "DAY_OUT_OF_RANGE",
            )  # fmt: skip


@pytest.mark.parametrize("path", ["grids?as_of={}", "grids/export?as_of={}"])
@pytest.mark.parametrize("day", OUT_OF_RANGE)
def test_no_day_out_of_range_is_asked_for(api: Any, alpha: Any, make_user: Any, path: str, day: str) -> None:
    answer = api(alpha, make_user(alpha, "reader", ["grid.view"])).get(path.format(day))
    assert (answer.status_code, answer.json()["code"]) == (400, "DAY_OUT_OF_RANGE")


@pytest.mark.parametrize("acting", [True, False])
def test_a_term_at_the_end_of_the_range_is_answered_by_the_rules(
    officer: Any, staff: Any, grid_ids: dict[str, list[int]], acting: bool
) -> None:
    body = {"user_id": staff.gis.pk, "starts_on": "2100-12-31", "acting": acting}
    answer = officer.post(f"grids/{grid_ids['shengli'][0]}/leader", body)
    code = "ACTING_LEADER_TERM" if acting else "LEADER_NOT_ELIGIBLE"
    assert (answer.status_code, answer.json()["code"]) == (422, code)


# --- Publication for a coming day -----------------------------------------------------------------------------


@pytest.fixture
def approved_anew(
    alpha: Any, small_city: Any, staff: Any, published: dict[str, int], take_to: Any
) -> tuple[int, int]:
    """The plan of shengli in force, and an approved one to follow it."""
    with schema_context(alpha.schema_name):
        later = draw_plan(
            community_id=small_city.community("shengli").pk,
            order=DrawingOrder(preset="fast", seed=5),
            acting_user=staff.gis,
        )
    take_to("approved", later.pk)
    return published["shengli"], later.pk


def _state(alpha: Any, plan_id: int) -> tuple[str, date | None]:
    with schema_context(alpha.schema_name):
        plan = GridPlan.objects.get(pk=plan_id)
    return plan.state, plan.effective_to


def test_a_mistyped_year_supersedes_nothing(alpha: Any, bureau: Any, approved_anew: tuple[int, int]) -> None:
    before, later = approved_anew
    too_far = (_today() + timedelta(days=367)).isoformat()
    for day, status, code in (
        ("9999-12-31", 400, "DAY_OUT_OF_RANGE"),
        ("0001-01-01", 400, "DAY_OUT_OF_RANGE"),
        ("2100-12-31", 422, "EFFECTIVE_TOO_FAR"),
        (too_far, 422, "EFFECTIVE_TOO_FAR"),
    ):
        answer = bureau.post(f"grid-plans/{later}/publish", {"effective_on": day})
        assert (day, answer.status_code, answer.json()["code"]) == (day, status, code)
    assert (_state(alpha, before), _state(alpha, later)) == (("published", None), ("approved", None))


def test_the_plan_in_force_stays_in_force_until_its_successors_first_day(
    alpha: Any, bureau: Any, small_city: Any, approved_anew: tuple[int, int]
) -> None:
    before, later = approved_anew
    start = _today() + timedelta(days=366)
    answer = bureau.post(f"grid-plans/{later}/publish", {"effective_on": start.isoformat()})
    assert (answer.status_code, answer.json()["in_force"]) == (200, False)
    still = bureau.get(f"grid-plans/{before}").json()
    assert (still["state"], still["in_force"]) == ("superseded", True)
    assert still["effective_to"] == (start - timedelta(days=1)).isoformat()
    community = small_city.community("shengli").pk

    def drawn_by(query: str) -> set[int]:
        found = bureau.get(f"grids?community={community}{query}").json()["results"]
        return {row["plan_id"] for row in found}

    assert drawn_by("") == drawn_by(f"&as_of={start - timedelta(days=1)}") == {before}
    assert drawn_by(f"&as_of={start}") == {later}
    card = bureau.get("grids/by-code/410802001001001").json()
    assert card["plan"]["id"] == before
    assert bureau.get("grid-summary").json()["communities_published"] == 3
