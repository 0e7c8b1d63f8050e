"""Routes of a city's host."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from wangge.shell.documents import api_document, api_page

api: list[URLPattern | URLResolver] = [
    path("", include("tenants.accounts.api.urls")),
    path("", include("tenants.bureau.api.urls")),
    path("", include("gis.layers.api.urls")),
    path("", include("instructors.people.api.urls")),
    path("", include("instructors.assignment.api.urls")),
    path("", include("grids.units.api.urls")),
    path("", include("grids.interest.api.urls")),
    path("", include("grids.wellness.api.urls")),
    path("openapi.json", api_document, name="openapi"),
    path("docs", api_page, name="api-docs"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api)),
    path("", include("wangge.shell.page_urls")),
]
handler404 = "wangge.shell.documents.page_not_found"
handler500 = "wangge.shell.documents.server_error"
