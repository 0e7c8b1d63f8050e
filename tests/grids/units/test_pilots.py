"""J10: counties try features for a time; who asks learns whether a feature is there for a unit."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django_tenants.utils import schema_context

from grids.units.queries.pilots import counties_trying
from grids.units.rules.pilots import may
from tenants.accounts.models import AuditEvent

pytestmark = pytest.mark.django_db
BODY = {
    "features": ["interest_grids"],
    "starts_on": "2026-01-01",
    "ends_on": "2026-06-30",
    "note": "首批试点",
}


def _may(feature: str, path: str, on: date) -> bool:
    return may(feature, path, on, counties_trying(feature, on))


@pytest.fixture
def bureau(api: Any, alpha: Any, make_user: Any, small_city: Any) -> Any:
    return api(alpha, make_user(alpha, "pilots", ["org.view", "pilot.edit"]))


@pytest.fixture
def county(small_city: Any) -> int:
    return int(small_city.units["county"].pk)


def test_j10_a_county_tries_a_feature_for_a_time(
    alpha: Any, bureau: Any, small_city: Any, county: int, django_assert_num_queries: Any
) -> None:
    made = bureau.post("pilots", {**BODY, "unit_id": county})
    assert (made.status_code, made.json()["unit"]) == (201, {"id": county, "name": "county"})
    village, town = small_city.units["shengli"].path, small_city.units["town"].path
    with schema_context(alpha.schema_name):
        with django_assert_num_queries(1):
            assert _may("interest_grids", village, date(2026, 6, 30))
        assert _may("interest_grids", town, date(2026, 1, 1))
        assert not _may("interest_grids", village, date(2026, 7, 1))
        assert not _may("wellness", village, date(2026, 1, 1))
        assert not _may("interest_grids", small_city.units["city"].path, date(2026, 1, 1))
        assert AuditEvent.objects.get(action="pilot.set").after["features"] == ["interest_grids"]  # type: ignore[index]
    for query, count in (
        ("as_of=2026-06-30", 1),
        ("as_of=2026-07-01", 0),
        ("feature=wellness", 0),
        (f"unit={county}", 1),
    ):
        assert len(bureau.get(f"pilots?{query}").json()["results"]) == count


@pytest.mark.parametrize(
    ("unit", "more", "status", "code"),
    [
        ("city", {}, 422, "PILOT_LEVEL"),
        ("town", {}, 422, "PILOT_LEVEL"),
        ("county", {"features": []}, 422, "PILOT_FEATURE"),
        ("county", {"features": ["网格"]}, 422, "PILOT_FEATURE"),
        ("county", {"ends_on": "2025-12-31"}, 422, "PILOT_PERIOD"),
        ("county", {"since": "x"}, 422, "UNKNOWN_FIELD"),
    ],
)
def test_what_is_no_pilot_is_refused(
    bureau: Any, small_city: Any, unit: str, more: Any, status: int, code: str
) -> None:
    refused = bureau.post("pilots", {**BODY, "unit_id": small_city.units[unit].pk, **more})
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_a_feature_is_tried_once_at_a_time_and_the_end_may_move(bureau: Any, county: int) -> None:
    first = bureau.post("pilots", {**BODY, "unit_id": county})
    twice = bureau.post("pilots", {**BODY, "unit_id": county, "starts_on": "2026-06-30", "ends_on": None})
    assert (twice.status_code, twice.json()["code"]) == (409, "PILOT_TWICE")
    assert twice.json()["message"]["zh"] == "county自2026-01-01起已试点：interest_grids"
    second = bureau.post("pilots", {**BODY, "unit_id": county, "starts_on": "2026-07-01", "ends_on": None})
    assert second.status_code == 201
    path = first["Location"]
    assert bureau.patch(path, {"ends_on": "2026-05-31"}).status_code == 428
    moved = bureau.patch(path, {"ends_on": "2026-05-31"}, If_Match='"1"')
    assert (moved.status_code, moved.json()["ends_on"], moved["ETag"]) == (200, "2026-05-31", '"2"')
    clash = bureau.patch(path, {"ends_on": "2026-07-01"}, If_Match='"2"')
    assert (clash.status_code, clash.json()["code"]) == (409, "PILOT_TWICE")
    early = bureau.patch(path, {"ends_on": "2025-07-01"}, If_Match='"2"')
    assert (early.status_code, early.json()["code"]) == (422, "PILOT_PERIOD")


def test_a_town_sees_the_pilot_it_lies_in_and_sets_none(
    alpha: Any, api: Any, bureau: Any, make_user: Any, small_city: Any, county: int
) -> None:
    bureau.post("pilots", {**BODY, "unit_id": county})
    town = api(alpha, make_user(alpha, "town-eyes", ["org.view"], unit=small_city.units["town"]))
    assert [row["unit"]["name"] for row in town.get("pilots").json()["results"]] == ["county"]
    assert town.post("pilots", {**BODY, "unit_id": county}).status_code == 403
    assert api(alpha).get("pilots").status_code == 401
