"""Signing in by page, first screens by right, languages, and pages for what is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import schema_context

pytestmark = pytest.mark.django_db
PASSWORD = "shan-shui-2026"


@pytest.fixture
def visitor(alpha: Any) -> Client:
    """A browser at alpha's host that speaks Chinese."""
    return Client(HTTP_HOST="alpha.test", HTTP_ACCEPT_LANGUAGE="zh-CN,zh;q=0.9")


@pytest.fixture
def person(alpha: Any, make_user: Callable[..., Any]) -> Callable[..., Any]:
    """`person("li", ["grid.view"])`: somebody of alpha who can sign in with PASSWORD."""

    def make(username: str, rights: list[str]) -> Any:
        user = make_user(alpha, username, rights)
        with schema_context(alpha.schema_name):
            user.set_password(PASSWORD)
            user.save(update_fields=["password"])
        return user

    return make


def sign_in(visitor: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return visitor.post("/sign-in", {"username": username, "password": password, **more})


@pytest.mark.parametrize(
    ("rights", "screen"),
    [
        (["layer.view", "grid.view"], "/map"),
        (["layer.import", "grid_plan.draft", "layer.view"], "/gis"),
        (["layer.import", "grid_plan.publish"], "/bureau"),
        (["grid_plan.review", "grid.view"], "/bureau"),
        (["interest.view", "interest.edit", "grid.view"], "/network"),
        (["interest.view", "grid.view"], "/map"),
        (["site.view", "layer.view", "grid.view", "coverage.view"], "/activities"),
        ([], "/account"),
    ],
)
def test_first_screen_follows_from_rights(
    visitor: Client, person: Callable[..., Any], rights: list[str], screen: str
) -> None:
    person("li", rights)
    assert sign_in(visitor, "li").url == "/"
    assert visitor.get("/").url == screen


def test_form_says_what_is_wrong_and_keeps_the_name(visitor: Client, person: Callable[..., Any]) -> None:
    person("li", ["grid.view"])
    refused = sign_in(visitor, "li", "wrong-password")
    page = refused.content.decode()
    assert refused.status_code == 401
    assert "用户名或密码错误" in page
    assert "怎么办" in page
    assert 'value="li"' in page
    assert "wrong-password" not in page


def test_fifth_wrong_password_closes_the_door_and_says_for_how_long(
    visitor: Client, person: Callable[..., Any]
) -> None:
    person("li", ["grid.view"])
    for _ in range(5):
        assert sign_in(visitor, "li", "wrong-password").status_code == 401
    locked = sign_in(visitor, "li")
    assert locked.status_code == 429
    assert "分钟后再试" in locked.content.decode()
    assert 0 < int(locked["Retry-After"]) <= 15 * 60


@pytest.mark.parametrize("given", [{}, {"username": "li"}, {"username": "l\0i", "password": "x"}])
def test_unusable_form_is_refused_in_words(visitor: Client, given: dict[str, str]) -> None:
    refused = visitor.post("/sign-in", given)
    assert refused.status_code == 422
    assert "请填写用户名和密码" in refused.content.decode()


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [("/map?grid=1", "/map?grid=1"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("", "/")],
)
def test_sign_in_returns_to_pages_of_this_host_only(
    visitor: Client, person: Callable[..., Any], wanted: str, reached: str
) -> None:
    person("li", ["grid.view"])
    assert sign_in(visitor, "li", next=wanted).url == reached


def test_form_without_its_csrf_token_is_refused(alpha: Any, person: Callable[..., Any]) -> None:
    person("li", ["grid.view"])
    strict = Client(enforce_csrf_checks=True, HTTP_HOST="alpha.test")
    assert sign_in(strict, "li").status_code == 403


@pytest.mark.parametrize("path", ["/", "/map", "/gis", "/bureau"])
def test_stranger_is_led_to_the_form_and_back(visitor: Client, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 302
    assert answer.url == f"/sign-in?next={path}"


def test_page_without_the_right_says_so(visitor: Client, person: Callable[..., Any]) -> None:
    person("li", ["grid.view"])
    sign_in(visitor, "li")
    assert visitor.get("/map").status_code == 200
    for path in ("/gis", "/bureau"):
        answer = visitor.get(path)
        assert answer.status_code == 403
        assert "没有打开此页的权限" in answer.content.decode()


def test_navigation_holds_only_what_one_may_open(visitor: Client, person: Callable[..., Any]) -> None:
    person("li", ["grid.view", "layer.import"])
    sign_in(visitor, "li")
    page = visitor.get("/gis").content.decode()
    assert 'href="/map"' in page
    assert 'href="/gis" aria-current="page"' in page
    assert 'href="/bureau"' not in page


def test_a_page_of_the_network_names_only_those_beside_it_that_one_may_open(
    visitor: Client, person: Callable[..., Any]
) -> None:
    person("li", ["interest.view", "hotline.view"])
    sign_in(visitor, "li")
    page = visitor.get("/network").content.decode()
    assert 'href="/network/members"' in page
    assert 'href="/network/hotline"' in page
    for path in ("/network/bodies", "/network/pilots"):
        assert f'href="{path}"' not in page
        assert visitor.get(path).status_code == 403


def test_signing_out_ends_the_session(visitor: Client, person: Callable[..., Any]) -> None:
    person("li", ["grid.view"])
    sign_in(visitor, "li")
    assert visitor.get("/sign-out").status_code == 405
    assert visitor.post("/sign-out").url == "/sign-in"
    assert visitor.get("/map").status_code == 302


def test_session_of_one_city_is_nothing_in_another(
    visitor: Client, person: Callable[..., Any], beta: Any
) -> None:
    person("li", ["grid.view"])
    sign_in(visitor, "li")
    assert visitor.get("/map", HTTP_HOST="beta.test").status_code == 302


def test_english_by_header_and_by_choice(visitor: Client) -> None:
    assert '<html lang="zh-Hans">' in visitor.get("/sign-in").content.decode()
    by_header = visitor.get("/sign-in", HTTP_ACCEPT_LANGUAGE="en-GB,en;q=0.9").content.decode()
    assert '<html lang="en">' in by_header
    chosen = visitor.get("/sign-in?lang=en&next=/map")
    assert chosen.url == "/sign-in?next=%2Fmap"
    assert "Password" in visitor.get(chosen.url).content.decode()
    assert "密码" in visitor.get("/sign-in?lang=zh", follow=True).content.decode()


def test_unknown_address_is_a_page_for_readers_and_a_problem_for_programs(visitor: Client) -> None:
    page = visitor.get("/nowhere", HTTP_ACCEPT="text/html")
    assert page.status_code == 404
    assert "未找到这个页面" in page.content.decode()
    assert visitor.get("/nowhere", HTTP_ACCEPT="application/json").json()["code"] == "NOT_FOUND"


def test_address_of_a_grid_opens_the_map_on_it(visitor: Client) -> None:
    assert visitor.get("/grids/410802001001001").url == "/map?grid=410802001001001"


def test_api_page_lists_every_operation(visitor: Client) -> None:
    page = visitor.get("/api/v1/docs").content.decode()
    for path in ("/api/v1/sessions", "/api/v1/grids/{id}", "/api/v1/layer-imports"):
        assert path in page


def test_pages_load_from_their_own_host_only(visitor: Client) -> None:
    policy = visitor.get("/sign-in")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
