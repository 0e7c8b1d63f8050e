"""Routes of the operator's API."""

from django.urls import path

from wangge.shell.operator_api.cities import CitiesView, CityView
from wangge.shell.operator_api.installation import CalendarGapsView, InstallationView

urlpatterns = [
    path("cities", CitiesView.as_view()),
    path("cities/<slug:slug>", CityView.as_view()),
    path("calendar-gaps", CalendarGapsView.as_view()),
    path("installation", InstallationView.as_view()),
]
