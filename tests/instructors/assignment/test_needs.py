"""J12 and J13: what sites ask for each week, within their opening hours, and once."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.django_db

MORNING = {"item": "taiji", "weekday": 1, "from_minute": 360, "to_minute": 450}
HOURS = [(1, 360, 480), (1, 1110, 1260)]


@pytest.fixture
def speaker(alpha: Any, api: Any, staff: Any) -> Any:
    return api(alpha, staff.dispatcher)


def test_j12_a_need_is_added_changed_and_ended(speaker: Any, make_site: Any) -> None:
    site = make_site(hours=HOURS)
    made = speaker.post(f"sites/{site.pk}/needs", {**MORNING, "wanted": 2})
    assert made.status_code == 201, made.content
    need = made.json()
    assert (need["item"], need["wanted"], need["weight"]) == ({"code": "taiji", "name": "太极拳"}, 2, None)
    path = f"site-needs/{need['id']}"
    tag = speaker.get(path)["ETag"]
    assert speaker.patch(path, {"wanted": 3}).status_code == 428
    changed = speaker.patch(path, {"wanted": 3, "weight": 120, "item": "walking"}, if_match=tag)
    assert changed.status_code == 200, changed.content
    assert (changed.json()["wanted"], changed.json()["weight"], changed.json()["item"]["code"]) == (
        3,
        120,
        "walking",
    )
    assert speaker.patch(path, {"wanted": 4}, if_match=tag).status_code == 412
    ended = speaker.post(f"{path}/end", {"ends_on": "2026-12-31"})
    assert ended.json()["valid_to"] == "2026-12-31"
    again = speaker.post(f"{path}/end", {})
    assert (again.status_code, again.json()["code"]) == (409, "NEED_ENDED")
    assert [row["id"] for row in speaker.get(f"sites/{site.pk}/needs").json()["results"]] == [need["id"]]


def test_j13_a_need_outside_the_opening_hours_is_refused_with_both(speaker: Any, make_site: Any) -> None:
    site = make_site(hours=HOURS)
    late = speaker.post(f"sites/{site.pk}/needs", {**MORNING, "to_minute": 500})
    assert (late.status_code, late.json()["code"]) == (422, "OUTSIDE_OPENING_HOURS")
    assert "06:00–08:20" in str(late.json())
    closed = speaker.post(f"sites/{site.pk}/needs", {**MORNING, "weekday": 3})
    assert "当日不开放" in str(closed.json())
    unknown = make_site("S2")
    assert speaker.post(f"sites/{unknown.pk}/needs", MORNING).status_code == 201


def test_j12_the_same_item_at_the_same_time_is_asked_for_once(speaker: Any, make_site: Any) -> None:
    site = make_site()
    assert speaker.post(f"sites/{site.pk}/needs", MORNING).status_code == 201
    twice = speaker.post(f"sites/{site.pk}/needs", MORNING)
    assert (twice.status_code, twice.json()["code"]) == (409, "NEED_TWICE")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"item": "chess"}, 404, "NOT_FOUND"),
        ({"to_minute": 300}, 422, "TIME_SPAN"),
        ({"weekday": 8}, 400, None),
        ({"wanted": 0}, 400, None),
        ({"wanted": 21}, 400, None),
    ],
)
def test_j12_impossible_needs_are_refused(
    speaker: Any, make_site: Any, change: dict[str, Any], status: int, code: str | None
) -> None:
    answer = speaker.post(f"sites/{make_site().pk}/needs", {**MORNING, **change})
    assert answer.status_code == status, answer.content
    assert code is None or answer.json()["code"] == code


def test_j13_a_site_gone_from_the_layer_asks_for_nothing_new(speaker: Any, make_site: Any) -> None:
    site = make_site(valid_to="2025-01-01")
    answer = speaker.post(f"sites/{site.pk}/needs", MORNING)
    assert (answer.status_code, answer.json()["code"]) == (409, "SITE_RETIRED")


def test_j12_a_town_asks_for_its_own_sites_only(alpha: Any, api: Any, staff: Any, make_site: Any) -> None:
    own, other = make_site("S1"), make_site("S2", unit="xinhua")
    clerk = api(alpha, staff.clerk)
    assert clerk.post(f"sites/{own.pk}/needs", MORNING).status_code == 201
    assert clerk.post(f"sites/{other.pk}/needs", MORNING).status_code == 404
