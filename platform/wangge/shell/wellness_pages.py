"""The pages of fitness tests and exercise cases. Their modules read everything else from the API. Rules: J17, J18"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenants.accounts.api.signed_in import SignedInPageRequest
from wangge.shell.languages import in_chosen_language
from wangge.shell.navigation import CASES, INVITATIONS, TESTS, TOTALS, may_open


def _screen(request: SignedInPageRequest, url: str, template: str) -> HttpResponse:
    if not may_open(request.user, url):
        return render(request, "shell/not_allowed.html", status=403)
    return render(request, template)


@require_safe
@in_chosen_language
@login_required
def tests_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of a tester: find or invite, consents, measuring, results, re-tests that are due."""
    return _screen(request, TESTS, "shell/wellness_tests.html")


@require_safe
@in_chosen_language
@login_required
def cases_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of a prescriber: what each case still wants, and the next step of the one that is open."""
    return _screen(request, CASES, "shell/wellness_cases.html")


@require_safe
@in_chosen_language
@login_required
def totals_page(request: SignedInPageRequest) -> HttpResponse:
    """Totals by quarter for the bureau, small figures hidden, and the standards they rest on."""
    return _screen(request, TOTALS, "shell/wellness_totals.html")


@require_safe
@in_chosen_language
@login_required
def invitations_page(request: SignedInPageRequest) -> HttpResponse:
    """All that grid staff see of fitness tests: who was invited, and whether it is done."""
    return _screen(request, INVITATIONS, "shell/wellness_invitations.html")


@require_safe
@in_chosen_language
def own_record_page(request: HttpRequest) -> HttpResponse:
    """Where a code from the station opens one's own record; the code is typed there and is in no address."""
    answer = render(request, "shell/wellness_own.html")
    answer["Referrer-Policy"] = "no-referrer"
    return answer
