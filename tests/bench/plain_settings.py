"""Settings of a server that answers one city's views without tenancy, role or sign-in. For benches only."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from rest_framework.authentication import BaseAuthentication

from wangge.shell.settings import *  # noqa: F403
from wangge.shell.settings import DATABASES, MIDDLEWARE, REST_FRAMEWORK

DATABASES["default"]["ENGINE"] = "plain_backend"
DATABASES["default"]["OPTIONS"]["options"] = f"-c search_path={os.environ['BENCH_SCHEMA']},public"
DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8, "max_lifetime": 600, "timeout": 20}
MIDDLEWARE[MIDDLEWARE.index("wangge.shell.middleware.CityMiddleware")] = "plain_settings.OneCity"
REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["plain_settings.KnownPerson"]


class OneCity:
    """Takes every request for the one city."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        """Let it pass."""
        request.tenant = None
        return self.get_response(request)


class KnownPerson(BaseAuthentication):
    """Everybody is the same person, read once."""

    person: Any = None

    def authenticate(self, request: Any) -> tuple[Any, None]:
        """A fresh copy of the person, who knows no rights yet."""
        import copy

        from tenants.accounts.models import User

        if KnownPerson.person is None:
            KnownPerson.person = User.objects.get(username=os.environ["BENCH_PERSON"])
        return copy.deepcopy(KnownPerson.person), None
