"""Signing in and out by page, at a city's host and at the operator's: name and password, then a code; no JavaScript needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tenants.accounts.models import User
from tenants.accounts.services import (
    SecondFactorRequired,
    close_session,
    finish_sign_in,
    open_session,
    sign_in,
)
from tenants.accounts.services.sign_in_policy import sign_in_policy
from wangge.errors import RuleBroken
from wangge.kernel.client_address import client_address
from wangge.kernel.problems import english_wanted
from wangge.shell.languages import in_chosen_language

# Between the right password and the code the server remembers who it was, in a session that is nobody's yet.
AWAITS_CODE = "awaits_code"
CODE_WITHIN = timedelta(minutes=5)


class SignInForm(forms.Form):
    """Name and password."""

    username = forms.CharField(max_length=64)
    password = forms.CharField(max_length=256, strip=False)


class CodeForm(forms.Form):
    """A code of the authenticator, or a recovery code."""

    code = forms.CharField(max_length=32)


def next_of(request: HttpRequest) -> str:
    """Where the reader wanted to go: a page of this host, or the first one."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if here else "/"


def shown_refusal(request: HttpRequest, refusal: RuleBroken | None) -> dict[str, str] | None:
    """The refusal in the reader's language, for a template."""
    if refusal is None:
        return None
    if english_wanted(request):
        return {"message": refusal.en, "fix": refusal.how_to_fix_en}
    return {"message": refusal.zh, "fix": refusal.how_to_fix_zh}


def answer_form(
    request: HttpRequest, template: str, refusal: RuleBroken | None = None, **context: Any
) -> HttpResponse:
    """A page with a form, and above it why what was sent is refused; locked doors say for how long."""
    context = {"refusal": shown_refusal(request, refusal), "next": next_of(request), **context}
    response = render(request, template, context, status=refusal.status if refusal else 200)
    if refusal is not None and "retry_after_s" in refusal.facts:
        response["Retry-After"] = str(refusal.facts["retry_after_s"])
    return response


def _sign_in_form(
    request: HttpRequest, refusal: RuleBroken | None = None, *, username: str = ""
) -> HttpResponse:
    idle = sign_in_policy().session(timezone.now()).idle
    minutes = int(idle.total_seconds() // 60)
    return answer_form(request, "shell/sign_in.html", refusal, username=username, idle_minutes=minutes)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@in_chosen_language
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """The form for name and password."""
    if request.method != "POST":
        return redirect(next_of(request)) if request.user.is_authenticated else _sign_in_form(request)
    form = SignInForm(request.POST)
    if not form.is_valid():
        refusal = RuleBroken(
            "FIELDS_MISSING", zh="请填写用户名和密码", en="enter both name and password", status=422
        )
        return _sign_in_form(request, refusal, username=request.POST.get("username", "")[:64])
    given, now, address = form.cleaned_data, timezone.now(), client_address(request)
    try:
        user = sign_in(**given, remote_address=address, now=now)
    except SecondFactorRequired as wanted:
        return _ask_for_code(request, User.objects.get(pk=wanted.user_id), now)
    except RuleBroken as refusal:
        return _sign_in_form(request, refusal, username=given["username"])
    open_session(request=request, user=user, remote_address=address, now=now)
    return HttpResponseRedirect(next_of(request))


def _ask_for_code(request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    """Remember on the server whose password was right, under a fresh session key, and go on to the code."""
    request.session.flush()
    request.session[AWAITS_CODE] = {
        "user_id": user.pk,
        "password_mark": user.get_session_auth_hash(),
        "until": (now + CODE_WITHIN).timestamp(),
        "next": next_of(request),
    }
    request.session.set_expiry(int(CODE_WITHIN.total_seconds()))
    return redirect("/sign-in/code")


def _who_is_awaited(request: HttpRequest, now: datetime) -> User | None:
    """Whose code is awaited; nobody's after five minutes, or when the password has changed since."""
    kept = request.session.get(AWAITS_CODE)
    if not kept or kept["until"] < now.timestamp():
        return None
    user = User.objects.filter(pk=kept["user_id"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), kept["password_mark"]):
        return None
    return user


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@in_chosen_language
def code_page(request: HttpRequest) -> HttpResponse:
    """The form for the code of the authenticator; `?recovery=1` asks for a recovery code."""
    now = timezone.now()
    user = _who_is_awaited(request, now)
    if user is None:
        return redirect("/sign-in")
    recovery = request.GET.get("recovery") == "1"
    if request.method != "POST":
        return answer_form(request, "shell/sign_in_code.html", recovery=recovery)
    form = CodeForm(request.POST)
    if not form.is_valid():
        refusal = RuleBroken("FIELDS_MISSING", zh="请填写验证码", en="enter the code", status=422)
        return answer_form(request, "shell/sign_in_code.html", refusal, recovery=recovery)
    address = client_address(request)
    try:
        finish_sign_in(user_id=user.pk, remote_address=address, now=now, **form.cleaned_data)
    except RuleBroken as refusal:
        return answer_form(request, "shell/sign_in_code.html", refusal, recovery=recovery)
    wanted = request.session.pop(AWAITS_CODE)["next"]
    open_session(request=request, user=user, remote_address=address, now=now)
    return HttpResponseRedirect(wanted)


@require_POST
def sign_out_page(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    close_session(request=request)
    return redirect("/sign-in")
