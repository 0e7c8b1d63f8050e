"""Routes of people, their standing, the catalogue of items and files of the register.

One person, the grades and the items are reached through `instructors.assignment`: a change may contradict a pin.
"""

from __future__ import annotations

from django.urls import path

from instructors.people.api.imports import (
    RegisterExportView,
    RegisterImportErrorsView,
    RegisterImportsView,
    RegisterImportView,
)
from instructors.people.api.instructors import (
    InstructorRevealView,
    InstructorsView,
    OwnInstructorView,
)
from instructors.people.api.items import ActivityItemsView, ActivityItemView
from instructors.people.api.standing import (
    InstructorMinorsChecksView,
    InstructorRegistrationsView,
    InstructorServicesView,
    InstructorServiceTotalsView,
    ServiceVerifyView,
)

urlpatterns = [
    path("instructors", InstructorsView.as_view()),
    path("instructors/me", OwnInstructorView.as_view()),
    path("instructors/export", RegisterExportView.as_view()),
    path("instructors/<int:id>/reveal", InstructorRevealView.as_view()),
    path("instructors/<int:id>/registrations", InstructorRegistrationsView.as_view()),
    path("instructors/<int:id>/services", InstructorServicesView.as_view()),
    path("instructors/<int:id>/service-totals", InstructorServiceTotalsView.as_view()),
    path("instructors/<int:id>/minors-checks", InstructorMinorsChecksView.as_view()),
    path("instructor-services/<int:id>/verify", ServiceVerifyView.as_view()),
    path("instructor-imports", RegisterImportsView.as_view()),
    path("instructor-imports/<int:id>", RegisterImportView.as_view()),
    path("instructor-imports/<int:id>/errors", RegisterImportErrorsView.as_view()),
    path("activity-items", ActivityItemsView.as_view()),
    path("activity-items/<int:id>", ActivityItemView.as_view()),
]
