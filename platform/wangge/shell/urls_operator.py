"""Routes of the operator's host: cities, never a city's data."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from wangge.shell.documents import api_document, api_page

api: list[URLPattern | URLResolver] = [
    path("", include("tenants.accounts.api.urls")),
    path("", include("wangge.shell.operator_urls")),
    path("openapi.json", api_document, name="openapi"),
    path("docs", api_page, name="api-docs"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(api)),
    path("", include("wangge.shell.account_urls")),
    path("", include("wangge.shell.operator_page_urls")),
]
handler404 = "wangge.shell.documents.page_not_found"
handler500 = "wangge.shell.documents.server_error"
