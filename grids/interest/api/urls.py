"""Routes of interest grids, members, activities, work and indicators."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from grids.interest.api import activity_urls, indicators, people_urls, work_urls

urlpatterns: list[URLPattern | URLResolver] = [
    *activity_urls.urlpatterns,
    *people_urls.urlpatterns,
    *indicators.urlpatterns,
    *work_urls.urlpatterns,
]
