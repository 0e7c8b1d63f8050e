"""The operator's pages: all cities, one city, opening one. Their modules read and write through the operator's API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenants.accounts.api.signed_in import SignedInPageRequest
from tenants.registry.queries import cities
from wangge.shell.languages import in_chosen_language


@require_safe
@in_chosen_language
@login_required
def cities_page(request: SignedInPageRequest) -> HttpResponse:
    """First screen of an operator: how every city is."""
    return render(request, "shell/operator_cities.html")


@require_safe
@in_chosen_language
@login_required
def open_city_page(request: SignedInPageRequest) -> HttpResponse:
    """The form for a new city."""
    return render(request, "shell/operator_open.html")


@require_safe
@in_chosen_language
@login_required
def city_page(request: SignedInPageRequest, slug: str) -> HttpResponse:
    """One city: figures, backups, quotas, hosts, what operators did, and what is dangerous."""
    city = cities().filter(slug=slug).first()
    if city is None:
        raise Http404
    return render(request, "shell/operator_city.html", {"city": city})
