"""The pages of a city: signing in, and the first screens. Their modules read everything else from the API."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.accounts.services import sign_in
from wangge.errors import RuleBroken
from wangge.kernel.problems import english_wanted
from wangge.shell.navigation import first_screen, may_open

PageView = Callable[..., HttpResponse]


class SignInForm(forms.Form):
    """Name and password."""

    username = forms.CharField(max_length=64)
    password = forms.CharField(max_length=256, strip=False)


def in_chosen_language(view: PageView) -> PageView:
    """Keep `?lang=en` or `?lang=zh-hans` in a cookie and show the page again without it."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = request.GET.get("lang", "").lower()
        wanted = {"zh": "zh-hans", "zh-cn": "zh-hans"}.get(wanted, wanted)
        if request.method != "GET" or wanted not in dict(settings.LANGUAGES):
            return view(request, *args, **kwargs)
        rest = request.GET.copy()
        del rest["lang"]
        answer = redirect(request.path + (f"?{rest.urlencode()}" if rest else ""))
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=31_536_000, samesite="Lax")
        return answer

    return shown


def _next_of(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if here else "/"


def _sign_in_form(
    request: HttpRequest, refusal: RuleBroken | None = None, *, username: str = "", status: int = 200
) -> HttpResponse:
    english = english_wanted(request)
    shown = refusal and {
        "message": refusal.en if english else refusal.zh,
        "fix": refusal.how_to_fix_en if english else refusal.how_to_fix_zh,
    }
    context = {"refusal": shown, "username": username, "next": _next_of(request)}
    response = render(request, "shell/sign_in.html", context, status=status)
    if refusal is not None and "retry_after_s" in refusal.facts:
        response["Retry-After"] = str(refusal.facts["retry_after_s"])
    return response


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@in_chosen_language
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """The sign-in form; it works without JavaScript."""
    if request.method != "POST":
        return redirect(_next_of(request)) if request.user.is_authenticated else _sign_in_form(request)
    form = SignInForm(request.POST)
    if not form.is_valid():
        refusal = RuleBroken(
            "FIELDS_MISSING", zh="请填写用户名和密码", en="enter both name and password", status=422
        )
        return _sign_in_form(request, refusal, username=request.POST.get("username", "")[:64], status=422)
    given = form.cleaned_data
    address = str(request.META.get("REMOTE_ADDR", ""))[:45]
    try:
        user = sign_in(**given, remote_address=address, now=timezone.now())
    except RuleBroken as refusal:
        return _sign_in_form(request, refusal, username=given["username"], status=refusal.status)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(_next_of(request))


@require_POST
def sign_out_page(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect("/sign-in")


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The first screen of whoever signed in, by rights and not by role."""
    return redirect(first_screen(request.user))


def _screen(request: HttpRequest, url: str, template: str) -> HttpResponse:
    if not may_open(request.user, url):
        return render(request, "shell/not_allowed.html", status=403)
    return render(request, template)


@require_safe
@in_chosen_language
@login_required
def map_page(request: HttpRequest) -> HttpResponse:
    """The city map: communities, grids, sites, coverage, and a card for every grid."""
    return _screen(request, "/map", "shell/map.html")


@require_safe
@in_chosen_language
@login_required
def gis_page(request: HttpRequest) -> HttpResponse:
    """First screen of GIS staff: validation report, unplaced households, changed units, imports."""
    return _screen(request, "/gis", "shell/gis.html")


@require_safe
@in_chosen_language
@login_required
def bureau_page(request: HttpRequest) -> HttpResponse:
    """First screen of the bureau: coverage, grids, plans by state, risks, exports."""
    return _screen(request, "/bureau", "shell/bureau.html")


@require_safe
def grid_page(request: HttpRequest, code: str) -> HttpResponse:
    """A grid's own address: the map with its card open."""
    return redirect("/map?" + urlencode({"grid": code}))
