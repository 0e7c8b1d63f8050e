"""Routes of the operator's pages."""

from django.urls import path

from wangge.shell import operator_pages

urlpatterns = [
    path("", operator_pages.cities_page),
    path("open-city", operator_pages.open_city_page),
    path("cities/<slug:slug>", operator_pages.city_page),
]
