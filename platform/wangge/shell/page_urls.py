"""Routes of a city's pages."""

from django.urls import include, path

from wangge.shell import pages

urlpatterns = [
    path("", pages.home),
    path("", include("wangge.shell.account_urls")),
    path("map", pages.map_page),
    path("gis", pages.gis_page),
    path("bureau", pages.bureau_page),
    path("sites", pages.sites_page),
    path("sites/<int:site_id>", pages.site_page),
    path("assignment", pages.assignment_page),
    path("me/instructor", pages.own_instructor_page),
    path("grids/<str:code>", pages.grid_page),
]
