"""The first screens of a city. Their modules read everything else from the API."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from wangge.shell.languages import in_chosen_language
from wangge.shell.navigation import OWN, first_screen, may_open


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The first screen of whoever signed in, by rights and not by role."""
    return redirect(first_screen(request.user))


def _screen(request: HttpRequest, url: str, template: str, **context: Any) -> HttpResponse:
    if not may_open(request.user, url):
        return render(request, "shell/not_allowed.html", status=403)
    return render(request, template, context)


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
@in_chosen_language
@login_required
def sites_page(request: HttpRequest) -> HttpResponse:
    """Fitness sites as a list and on a map, narrowed by kind, town and item."""
    return _screen(request, "/sites", "shell/sites.html")


@require_safe
@in_chosen_language
@login_required
def site_page(request: HttpRequest, site_id: int) -> HttpResponse:
    """One site: what it is, what it asks for each week and who serves it, its coming two weeks."""
    return _screen(request, "/sites", "shell/site.html", site_id=site_id)


@require_safe
@in_chosen_language
@login_required
def assignment_page(request: HttpRequest) -> HttpResponse:
    """First screen of the dispatcher: who serves which site, what stays empty and why, where sites are missing."""
    return _screen(request, "/assignment", "shell/assignment.html")


@require_safe
@in_chosen_language
@login_required
def own_instructor_page(request: HttpRequest) -> HttpResponse:
    """First screen of an instructor: the next duty, the week, the own free times and standing."""
    return _screen(request, OWN, "shell/instructor.html")


@require_safe
def grid_page(request: HttpRequest, code: str) -> HttpResponse:
    """A grid's own address: the map with its card open."""
    return redirect("/map?" + urlencode({"grid": code}))
