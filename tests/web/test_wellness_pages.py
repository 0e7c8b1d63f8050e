"""Pages of fitness tests and exercise cases: who may open which, who lands on which: J17, J18."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import schema_context

from tenants.bureau.rules.role_templates import ROLE_TEMPLATES

pytestmark = pytest.mark.django_db
TESTS, CASES, TOTALS, INVITATIONS = (
    "/wellness/tests",
    "/wellness/cases",
    "/wellness/totals",
    "/wellness/invitations",
)
PATHS = (TESTS, CASES, TOTALS, INVITATIONS)
# By the templates of the product; what is not listed is refused.
OPEN: dict[str, set[str]] = {
    "fitness_tester": {TESTS, CASES, INVITATIONS},
    "exercise_prescriber": {TESTS, CASES, INVITATIONS},
    "bureau_admin": {TOTALS, INVITATIONS},
    "district_officer": {TOTALS, INVITATIONS},
    "auditor": {TOTALS},
    "town_staff": {INVITATIONS},
    "grid_leader": set(),
    "grid_member": set(),
    "citizen": set(),
    "dispatcher": set(),
    "instructor": set(),
}


@pytest.fixture
def signed_in(alpha: Any) -> Callable[[Any], Client]:
    def sign_in(user: Any) -> Client:
        visitor = Client(HTTP_HOST="alpha.test", HTTP_ACCEPT_LANGUAGE="zh-CN")
        with schema_context(alpha.schema_name):
            visitor.force_login(user)
        return visitor

    return sign_in


@pytest.mark.parametrize("role", OPEN)
def test_j17_which_page_opens_to_which_role(
    alpha: Any, make_user: Callable[..., Any], signed_in: Callable[..., Client], role: str
) -> None:
    visitor = signed_in(make_user(alpha, f"one-{role}", sorted(ROLE_TEMPLATES[role].permissions)))
    assert {path for path in PATHS if visitor.get(path).status_code == 200} == OPEN[role]
    for path in set(PATHS) - OPEN[role]:
        answer = visitor.get(path)
        assert answer.status_code == 403
        assert "没有打开此页的权限" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "screen"),
    [
        ("fitness_tester", TESTS),
        ("exercise_prescriber", CASES),
        ("bureau_admin", "/bureau"),
        ("town_staff", "/network"),
    ],
)
def test_testers_and_prescribers_land_on_their_work(
    alpha: Any, make_user: Callable[..., Any], signed_in: Callable[..., Client], role: str, screen: str
) -> None:
    visitor = signed_in(make_user(alpha, f"one-{role}", sorted(ROLE_TEMPLATES[role].permissions)))
    assert visitor.get("/").url == screen


@pytest.mark.parametrize("path", PATHS)
def test_stranger_is_led_to_the_form(alpha: Any, path: str) -> None:
    answer = Client(HTTP_HOST="alpha.test").get(path)
    assert (answer.status_code, answer.url) == (302, f"/sign-in?next={path}")


def test_j17_the_page_for_codes_is_open_and_takes_none_in_its_address(alpha: Any) -> None:
    answer = Client(HTTP_HOST="alpha.test").get("/wellness/own?code=ABCDEFGHJK")
    assert answer.status_code == 200
    assert "ABCDEFGHJK" not in answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]


def test_a_leader_without_a_right_opens_invitations_and_nothing_else(
    alpha: Any,
    make_user: Callable[..., Any],
    signed_in: Callable[..., Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from wangge.shell import navigation

    leader = make_user(alpha, "leader", [])
    monkeypatch.setitem(navigation._OF_POSTS, INVITATIONS, lambda user: user.pk == leader.pk)
    visitor = signed_in(leader)
    assert [visitor.get(path).status_code for path in PATHS] == [403, 403, 403, 200]


def test_session_of_one_city_opens_no_page_of_another(
    alpha: Any, beta: Any, make_user: Callable[..., Any], signed_in: Callable[..., Client]
) -> None:
    visitor = signed_in(
        make_user(alpha, "tester", ["wellness.test", "wellness.aggregate", "wellness.invite"])
    )
    assert [visitor.get(path).status_code for path in PATHS] == [200] * len(PATHS)
    assert [visitor.get(path, HTTP_HOST="beta.test").status_code for path in PATHS] == [302] * len(PATHS)
