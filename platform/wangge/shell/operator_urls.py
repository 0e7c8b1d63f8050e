"""Routes of the operator's API."""

from django.urls import path

from wangge.shell.operator_api import CitiesView, CityView

urlpatterns = [path("cities", CitiesView.as_view()), path("cities/<slug:slug>", CityView.as_view())]
