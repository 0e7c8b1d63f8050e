"""The first screens of a city. Their modules read everything else from the API."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tenants.accounts.api.signed_in import SignedInPageRequest
from wangge.kernel.problems import english_wanted
from wangge.shell.languages import in_chosen_language
from wangge.shell.navigation import ACTIVITIES, GRID, OWN, POST, first_screen, may_open, network_links


@require_safe
@login_required
def home(request: SignedInPageRequest) -> HttpResponse:
    """The first screen of whoever signed in, by rights and not by role."""
    return redirect(first_screen(request.user))


def _screen(request: SignedInPageRequest, url: str, template: str, **context: Any) -> HttpResponse:
    if not may_open(request.user, url):
        return render(request, "shell/not_allowed.html", status=403)
    return render(request, template, context)


@require_safe
@in_chosen_language
@login_required
def map_page(request: SignedInPageRequest) -> HttpResponse:
    """The city map: communities, grids, sites, coverage, and a card for every grid."""
    return _screen(request, "/map", "shell/map.html")


@require_safe
@in_chosen_language
@login_required
def gis_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of GIS staff: validation report, unplaced households, changed units, imports."""
    return _screen(request, "/gis", "shell/gis.html")


@require_safe
@in_chosen_language
@login_required
def bureau_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of the bureau: coverage, grids, plans by state, risks, exports."""
    return _screen(request, "/bureau", "shell/bureau.html")


@require_safe
@in_chosen_language
@login_required
def sites_page(request: SignedInPageRequest) -> HttpResponse:
    """Fitness sites as a list and on a map, narrowed by kind, town and item."""
    return _screen(request, "/sites", "shell/sites.html")


@require_safe
@in_chosen_language
@login_required
def site_page(request: SignedInPageRequest, site_id: int) -> HttpResponse:
    """One site: what it is, what it asks for each week and who serves it, its coming two weeks."""
    return _screen(request, "/sites", "shell/site.html", site_id=site_id)


@require_safe
@in_chosen_language
@login_required
def assignment_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of the dispatcher: who serves which site, what stays empty and why, where sites are missing."""
    return _screen(request, "/assignment", "shell/assignment.html")


@require_safe
@in_chosen_language
@login_required
def own_instructor_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of an instructor: the next duty, the week, the own free times and standing."""
    return _screen(request, OWN, "shell/instructor.html")


@require_safe
@in_chosen_language
@login_required
def own_grids_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of a grid leader: what waits, this week's activities, open demands, the grids and their people."""
    return _screen(request, GRID, "shell/own_grids.html")


@require_safe
@in_chosen_language
@login_required
def own_post_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of a grid member: today's activity with one large button, then what else the post needs."""
    return _screen(request, POST, "shell/own_post.html")


@require_safe
@in_chosen_language
@login_required
def network_page(request: SignedInPageRequest, view: str) -> HttpResponse:
    """The network's work by subject: interest grids, members and their import, the hotline, sports bodies, pilots."""
    links = network_links(request.user, request.path, english=english_wanted(request))
    return _screen(request, request.path, "shell/network.html", view=view, links=links)


@require_safe
@in_chosen_language
@login_required
def interest_grid_page(request: SignedInPageRequest, interest_grid_id: int) -> HttpResponse:
    """One interest grid: its time, place and people, and confirming, waking, approving and closing it.

    Who sees it and who may do what is decided by the API, grid by grid.
    """
    return render(request, "shell/interest_grid.html", {"interest_grid_id": interest_grid_id})


@require_safe
@in_chosen_language
@login_required
def activities_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of a citizen: this week's activities of a community, and how to take part and subscribe."""
    return _screen(request, ACTIVITIES, "shell/activities.html")


@require_safe
@in_chosen_language
def check_in_page(request: HttpRequest, token: str) -> HttpResponse:
    """Where the code at an activity leads a participant's phone: who and what is read with the token, by the API."""
    answer = render(request, "shell/check_in.html", {"token": token})
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_safe
def grid_page(request: HttpRequest, code: str) -> HttpResponse:
    """A grid's own address: the map with its card open."""
    return redirect("/map?" + urlencode({"grid": code}))
