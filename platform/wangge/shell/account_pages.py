"""The account page of whoever is signed in: second factor, password, sessions, access tokens; no JavaScript needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.accounts.api.second_factor import issuer_of
from tenants.accounts.api.signed_in import SignedInPageRequest
from tenants.accounts.queries import (
    password_set_at,
    recovery_codes_left,
    second_factor_since,
    sessions_visible_to,
    tokens_visible_to,
)
from tenants.accounts.rules.duties import Duty
from tenants.accounts.services import (
    begin_enrolment,
    change_own_password,
    confirm_enrolment,
    end_session,
    end_sessions,
    issue_token,
    new_codes,
    remove_second_factor,
    revoke_token,
)
from tenants.accounts.services.sessions import OWED, ask_anew_what_is_owed, go_on_under_new_password
from tenants.accounts.services.sign_in_policy import sign_in_policy
from wangge.errors import RuleBroken
from wangge.kernel.client_address import client_address
from wangge.shell.languages import in_chosen_language
from wangge.shell.sign_in_pages import CodeForm, answer_form, next_of

PageView = Callable[..., HttpResponse]
TOKEN_LIVES = {"30": 30, "90": 90, "365": 365}


class PasswordForm(forms.Form):
    """The old password, and the new one twice."""

    old_password = forms.CharField(max_length=256, strip=False)
    password = forms.CharField(max_length=256, strip=False)
    again = forms.CharField(max_length=256, strip=False)


class TokenForm(forms.Form):
    """What the token is for, and for how many days."""

    name = forms.CharField(max_length=64)
    days = forms.ChoiceField(choices=[(days, days) for days in TOKEN_LIVES])


def _page(view: PageView) -> PageView:
    """A page of one's own account, never kept by the browser: it may hold what is shown once."""
    return never_cache(in_chosen_language(login_required(view)))


def _fields_missing() -> RuleBroken:
    return RuleBroken("FIELDS_MISSING", zh="请填写所有字段", en="fill in every field", status=422)


def _account(request: SignedInPageRequest, refusal: RuleBroken | None = None, **more: Any) -> HttpResponse:
    user = request.user
    now = timezone.now()
    context = {
        "since": second_factor_since(user),
        "is_required": sign_in_policy().needs_second_factor(user, now),
        "codes_left": recovery_codes_left(user),
        "password_set_at": password_set_at(user),
        "sessions": [
            _shown_session(request, row) for row in sessions_visible_to(user).order_by("-seen_at")[:50]
        ],
        "tokens": tokens_visible_to(user)[:50],
        "saved": request.GET.get("saved", ""),
    }
    return answer_form(request, "shell/account.html", refusal, **context, **more)


def _shown_session(request: SignedInPageRequest, row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "device": device_name(row.agent),
        "address": row.remote_address,
        "opened_at": row.opened_at,
        "seen_at": row.seen_at,
        "is_current": row.session_id == request.session.session_key,
    }


_BROWSERS = (
    ("Edg/", "Edge"),
    ("MicroMessenger", "微信"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS X", "macOS"), ("Linux", "Linux"))  # fmt: skip


def device_name(agent: str) -> str:
    """Browser and system as a person would call them; the agent's own first word when they are unknown."""
    named = [next((name for mark, name in marks if mark in agent), None) for marks in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in named if name) or agent.partition(" ")[0][:40]


@require_safe
@_page
def account_page(request: SignedInPageRequest) -> HttpResponse:
    """How one signs in, and where one is signed in."""
    return _account(request)


# --- second factor ------------------------------------------------------------------------------------------------


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@_page
def enrolment_page(request: SignedInPageRequest) -> HttpResponse:
    """Begin to enrol an authenticator: what it is for, then its secret as a picture, in the answer to the form only."""
    user = request.user
    context = {"since": second_factor_since(user), "owed": request.session.get(OWED, [])}
    if request.method != "POST":
        return answer_form(request, "shell/second_factor.html", **context)
    try:
        begun = begin_enrolment(
            acting_user=user,
            issuer=issuer_of(request),
            now=timezone.now(),
            code=request.POST.get("code", "")[:32],
            remote_address=client_address(request),
        )
    except RuleBroken as refusal:
        return answer_form(request, "shell/second_factor.html", refusal, **context)
    picture = mark_safe(begun.qr_svg)  # made by the QR library from our own text
    return answer_form(request, "shell/second_factor_secret.html", begun=begun, picture=picture)


@sensitive_post_parameters("code")
@require_POST
@_page
def confirmation_page(request: SignedInPageRequest) -> HttpResponse:
    """The first code of a new authenticator; its answer shows the recovery codes."""
    form = CodeForm(request.POST)
    now = timezone.now()
    try:
        if not form.is_valid():
            raise _fields_missing()
        codes = confirm_enrolment(
            acting_user=request.user,
            now=now,
            remote_address=client_address(request),
            **form.cleaned_data,
        )
    except RuleBroken as refusal:
        return answer_form(request, "shell/second_factor_secret.html", refusal)
    ask_anew_what_is_owed(request=request, now=now)
    return answer_form(request, "shell/recovery_codes.html", codes=codes, is_new=True)


@require_safe
@_page
def done_page(request: SignedInPageRequest) -> HttpResponse:
    """Goes on to where the reader wanted to go before an authenticator was asked for."""
    return redirect(next_of(request))


def _proved(request: SignedInPageRequest, act: Callable[..., Any]) -> Any:
    """What the act returns that a code of one's own authenticator opens."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        raise _fields_missing()
    return act(
        acting_user=request.user,
        now=timezone.now(),
        remote_address=client_address(request),
        **form.cleaned_data,
    )


@sensitive_post_parameters("code")
@require_POST
@_page
def recovery_codes_page(request: SignedInPageRequest) -> HttpResponse:
    """New recovery codes in place of the old ones."""
    try:
        codes = _proved(request, new_codes)
    except RuleBroken as refusal:
        return _account(request, refusal, refused_at="codes")
    return answer_form(request, "shell/recovery_codes.html", codes=codes, is_new=False)


@sensitive_post_parameters("code")
@require_POST
@_page
def removal_page(request: SignedInPageRequest) -> HttpResponse:
    """Removes one's own second factor."""
    try:
        _proved(request, remove_second_factor)
    except RuleBroken as refusal:
        return _account(request, refusal, refused_at="removal")
    return redirect("/account?saved=removed")


# --- password -----------------------------------------------------------------------------------------------------


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@_page
def password_page(request: SignedInPageRequest) -> HttpResponse:
    """Changes one's own password."""
    context: dict[str, Any] = {
        "policy": sign_in_policy().password(timezone.now()),
        "is_owed": Duty.PASSWORD in request.session.get(OWED, []),
    }
    if request.method != "POST":
        return answer_form(request, "shell/password.html", **context)
    form = PasswordForm(request.POST)
    try:
        if not form.is_valid():
            raise _fields_missing()
        given = form.cleaned_data
        if given.pop("again") != given["password"]:
            raise RuleBroken(
                "PASSWORDS_DIFFER", zh="两次输入的新密码不一致", en="the two new passwords differ"
            )
        user = change_own_password(
            acting_user=request.user,
            session_key=request.session.session_key,
            remote_address=client_address(request),
            **given,
        )
    except RuleBroken as refusal:
        return answer_form(request, "shell/password.html", refusal, **context)
    go_on_under_new_password(request=request, user=user, now=timezone.now())
    wanted = next_of(request)
    return redirect(wanted if wanted != "/" else "/account?saved=password")


# --- sessions and tokens --------------------------------------------------------------------------------------------


@require_POST
@_page
def end_sessions_page(request: SignedInPageRequest) -> HttpResponse:
    """Ends one of one's own sessions, or all but this one."""
    user = request.user
    named = request.POST.get("session", "")
    if named.isdigit() and len(named) < 19:
        try:
            end_session(session_id=int(named), acting_user=user)
        except RuleBroken as refusal:
            return _account(request, refusal, refused_at="sessions")
    else:
        end_sessions(user=user, acting_user=user, but=request.session.session_key)
    return redirect("/account?saved=sessions#sessions")


@require_POST
@_page
def issue_token_page(request: SignedInPageRequest) -> HttpResponse:
    """Issues an access token, shown in this answer only."""
    form, now = TokenForm(request.POST), timezone.now()
    try:
        if not form.is_valid():
            raise _fields_missing()
        until = now + timedelta(days=TOKEN_LIVES[form.cleaned_data["days"]])
        token, secret = issue_token(
            acting_user=request.user,
            name=form.cleaned_data["name"],
            now=now,
            expires_at=until,
        )
    except RuleBroken as refusal:
        return _account(request, refusal, refused_at="tokens")
    return _account(request, new_token=token, new_secret=secret)


@require_POST
@_page
def revoke_token_page(request: SignedInPageRequest) -> HttpResponse:
    """Revokes one of one's own access tokens."""
    named = request.POST.get("token", "")
    try:
        revoke_token(
            token_id=int(named) if named.isdigit() and len(named) < 19 else 0, acting_user=request.user
        )
    except RuleBroken as refusal:
        return _account(request, refusal, refused_at="tokens")
    return redirect("/account?saved=tokens#tokens")
