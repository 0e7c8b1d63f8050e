"""Routes of a city's pages."""

from django.urls import include, path

from wangge.shell import pages, wellness_pages

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
    path("me/grid", pages.own_grids_page),
    path("me/post", pages.own_post_page),
    path("network", pages.network_page, {"view": "grids"}),
    path("network/members", pages.network_page, {"view": "members"}),
    path("network/demands", pages.network_page, {"view": "demands"}),
    path("network/hotline", pages.network_page, {"view": "hotline"}),
    path("network/bodies", pages.network_page, {"view": "bodies"}),
    path("network/pilots", pages.network_page, {"view": "pilots"}),
    path("interest-grids/<int:interest_grid_id>", pages.interest_grid_page),
    path("activities", pages.activities_page),
    path("check-in/<str:token>", pages.check_in_page),
    path("grids/<str:code>", pages.grid_page),
    path("wellness/tests", wellness_pages.tests_page),
    path("wellness/cases", wellness_pages.cases_page),
    path("wellness/totals", wellness_pages.totals_page),
    path("wellness/invitations", wellness_pages.invitations_page),
    path("wellness/own", wellness_pages.own_record_page),
]
