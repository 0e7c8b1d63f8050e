"""Pages of sites, assignments and instructors: who may open them, who lands on which, and whose record is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import schema_context

pytestmark = pytest.mark.django_db
PATHS = ("/sites", "/sites/1", "/assignment", "/me/instructor")


@pytest.fixture
def signed_in(alpha: Any) -> Callable[[Any], Client]:
    def sign_in(user: Any) -> Client:
        visitor = Client(HTTP_HOST="alpha.test", HTTP_ACCEPT_LANGUAGE="zh-CN")
        with schema_context(alpha.schema_name):
            visitor.force_login(user)
        return visitor

    return sign_in


@pytest.fixture
def listed(alpha: Any, make_user: Callable[..., Any]) -> Callable[..., Any]:
    """`listed("zhang", ["site.view"])`: somebody with these rights who also stands in the register."""

    def make(username: str, rights: list[str]) -> Any:
        from instructors.people.models import Instructor
        from tenants.bureau.models import OrgUnit

        user = make_user(alpha, username, rights)
        with schema_context(alpha.schema_name):
            root = OrgUnit.objects.get(parent=None)
            Instructor.objects.create(name="测试甲", unit=root, user=user)
        return user

    return make


@pytest.mark.parametrize("path", PATHS)
def test_stranger_is_led_to_the_form(alpha: Any, path: str) -> None:
    answer = Client(HTTP_HOST="alpha.test").get(path)
    assert answer.status_code == 302
    assert answer.url == f"/sign-in?next={path}"


@pytest.mark.parametrize("path", PATHS)
def test_page_without_right_or_record_is_refused(
    alpha: Any, make_user: Callable[..., Any], signed_in: Callable[..., Client], path: str
) -> None:
    answer = signed_in(make_user(alpha, "nobody", [])).get(path)
    assert answer.status_code == 403
    assert "没有打开此页的权限" in answer.content.decode()


@pytest.mark.parametrize(
    ("rights", "screen"),
    [
        ([], "/me/instructor"),
        (["site.view", "layer.view", "grid.view"], "/me/instructor"),
        (["assignment.view", "assignment.run"], "/assignment"),
        (["grid_plan.publish"], "/bureau"),
    ],
)
def test_who_only_teaches_lands_on_the_own_screen(
    listed: Callable[..., Any], signed_in: Callable[..., Client], rights: list[str], screen: str
) -> None:
    visitor = signed_in(listed("zhang", rights))
    assert visitor.get("/").url == screen
    assert visitor.get("/me/instructor").status_code == 200


def test_dispatcher_without_a_record_has_no_own_screen(
    alpha: Any, make_user: Callable[..., Any], signed_in: Callable[..., Client]
) -> None:
    visitor = signed_in(make_user(alpha, "li", ["assignment.view", "assignment.run"]))
    assert visitor.get("/").url == "/assignment"
    assert "我的安排" not in visitor.get("/assignment").content.decode()
    assert visitor.get("/me/instructor").status_code == 403


def test_session_of_one_city_opens_no_page_of_another(
    beta: Any, listed: Callable[..., Any], signed_in: Callable[..., Client]
) -> None:
    visitor = signed_in(listed("zhang", ["site.view"]))
    for path in PATHS:
        assert visitor.get(path, HTTP_HOST="beta.test").status_code == 302
