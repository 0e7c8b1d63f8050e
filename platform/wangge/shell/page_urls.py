"""Routes of a city's pages."""

from django.urls import path

from wangge.shell import pages

urlpatterns = [
    path("", pages.home),
    path("sign-in", pages.sign_in_page, name="sign-in"),
    path("sign-out", pages.sign_out_page, name="sign-out"),
    path("map", pages.map_page),
    path("gis", pages.gis_page),
    path("bureau", pages.bureau_page),
    path("grids/<str:code>", pages.grid_page),
]
