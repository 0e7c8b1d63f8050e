"""Routes of activities, occurrences, presence, photos and calendars."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from grids.interest.api import (
    activities,
    activity_feeds,
    attendance,
    check_in,
    community_activities,
    occurrences,
    photos,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *activities.urlpatterns,
    *occurrences.urlpatterns,
    *attendance.urlpatterns,
    *check_in.urlpatterns,
    *photos.urlpatterns,
    *activity_feeds.urlpatterns,
    *community_activities.urlpatterns,
]
