"""Routes of the bureau."""

from django.urls import path

from tenants.bureau.api.jobs import JobCancelView, JobsView, JobView

urlpatterns = [
    path("jobs", JobsView.as_view()),
    path("jobs/<int:id>", JobView.as_view()),
    path("jobs/<int:id>/cancel", JobCancelView.as_view()),
]
