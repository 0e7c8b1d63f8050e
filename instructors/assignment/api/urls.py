"""Routes of sites, bookings and assignments: each module of faces has its own list."""

from __future__ import annotations

from instructors.assignment.api.bookings import urlpatterns as bookings
from instructors.assignment.api.calendars import urlpatterns as calendars
from instructors.assignment.api.feeds import urlpatterns as feeds
from instructors.assignment.api.free_times import urlpatterns as free_times
from instructors.assignment.api.gaps import urlpatterns as gaps
from instructors.assignment.api.leaving import urlpatterns as leaving
from instructors.assignment.api.need_imports import urlpatterns as need_imports
from instructors.assignment.api.needs import urlpatterns as needs
from instructors.assignment.api.own import urlpatterns as own
from instructors.assignment.api.pin_warnings import urlpatterns as pinned_people
from instructors.assignment.api.pins import urlpatterns as pins
from instructors.assignment.api.runs import urlpatterns as runs
from instructors.assignment.api.sites import urlpatterns as sites

urlpatterns = [
    *bookings,
    *calendars,
    *free_times,
    *sites,
    *needs,
    *runs,
    *pins,
    *pinned_people,
    *gaps,
    *own,
    *leaving,
    *feeds,
    *need_imports,
]
