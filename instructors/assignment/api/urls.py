"""Routes of sites, bookings and assignments: each module of faces has its own list."""

from __future__ import annotations

from instructors.assignment.api.needs import urlpatterns as needs
from instructors.assignment.api.pins import urlpatterns as pins
from instructors.assignment.api.runs import urlpatterns as runs
from instructors.assignment.api.sites import urlpatterns as sites

urlpatterns = [*sites, *needs, *runs, *pins]
