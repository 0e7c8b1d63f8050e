"""Ends sessions in time, and leads who owes a second factor or a new password to the page where it is done."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from tenants.accounts.rules.duties import Duty
from tenants.accounts.services import keep_session

Next = Callable[[HttpRequest], HttpResponse]

# Where each duty is done. The API refuses by itself, in `CitySessionAuthentication`; pages are led there.
_DONE_AT = {Duty.SECOND_FACTOR.value: "/account/second-factor", Duty.PASSWORD.value: "/account/password"}
_OPEN = ("/api/", "/static/", "/sign-in", "/sign-out", *_DONE_AT.values())


class SessionEndMiddleware:
    """Keeps a signed-in session alive while it is used, within the idle time and the longest life of the policy."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as a stranger once the session has come to its end."""
        if request.user.is_authenticated and not keep_session(request=request, now=timezone.now()):
            request.user = AnonymousUser()
        owed = request.session.get("owed") if request.user.is_authenticated else None
        if owed and not request.path.startswith(_OPEN):
            return HttpResponseRedirect(f"{_DONE_AT[owed[0]]}?{urlencode({'next': request.get_full_path()})}")
        return self.get_response(request)
