"""The type by which a handler or a page says who asks it is true: whoever is promised a user stands behind a guard."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.accounts.api.signed_in import SignedInPageRequest, SignedInRequest
from wangge.kernel.permissions import PUBLIC
from wangge.kernel.views import ApiView

METHODS = ("get", "post", "put", "patch", "delete")
ANY_ARGUMENT = {"slug": "alpha", "site_id": 1, "view": "members", "interest_grid_id": 1}


def _callbacks(resolver: URLResolver) -> Iterator[Callable[..., Any]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield entry.callback
        else:
            yield from _callbacks(entry)


CALLBACKS = sorted(
    {
        callback
        for urlconf in ("wangge.shell.urls", "wangge.shell.urls_operator")
        for callback in _callbacks(get_resolver(urlconf))
    },
    key=lambda callback: f"{callback.__module__}.{callback.__qualname__}",
)
API_VIEWS = [
    found
    for found in (getattr(each, "cls", None) for each in CALLBACKS)
    if found and issubclass(found, ApiView)
]


def _wants(view: Callable[..., Any]) -> str:
    """The type of the request a view asks for, as it is written."""
    return str(getattr(inspect.unwrap(view), "__annotations__", {}).get("request", ""))


PAGES = [each for each in CALLBACKS if _wants(each) == SignedInPageRequest.__name__]


def _is_public(view: type[ApiView], method: str) -> bool:
    declared = inspect.getattr_static(view, "permission")
    return (declared[method.upper()] if isinstance(declared, dict) else declared) == PUBLIC


@pytest.mark.parametrize("is_public, wanted", [(True, "Request"), (False, SignedInRequest.__name__)])
def test_a_handler_is_promised_a_user_unless_it_is_public(is_public, wanted):
    told = {
        f"{view.__module__}.{view.__name__}.{method}": _wants(getattr(view, method))
        for view in API_VIEWS
        for method in METHODS
        if hasattr(view, method) and _is_public(view, method) is is_public
    }
    assert told
    assert {name: type_ for name, type_ in told.items() if type_ != wanted} == {}


def test_a_view_that_is_promised_a_user_as_a_whole_is_not_public():
    promised = [
        view
        for view in API_VIEWS
        if any(
            inspect.get_annotations(each).get("request") == SignedInRequest.__name__ for each in view.__mro__
        )
    ]
    assert promised
    public = [
        view for view in promised for method in METHODS if hasattr(view, method) and _is_public(view, method)
    ]
    assert public == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_a_page_that_is_promised_a_user_sends_a_stranger_to_sign_in(page):
    named = {name: ANY_ARGUMENT[name] for name in list(inspect.signature(page).parameters)[1:]}
    answers = []
    for method in ("GET", "POST"):
        request = RequestFactory().generic(method, "/")
        request.user = AnonymousUser()
        answers.append(page(request, **named))
    assert {answer.status_code for answer in answers} <= {302, 405}
    sent_to = [answer["Location"] for answer in answers if answer.status_code == 302]
    assert sent_to and all(place.startswith(settings.LOGIN_URL) for place in sent_to)
