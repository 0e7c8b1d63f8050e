"""Routes of the operator's API."""

from django.urls import path

from wangge.shell.operator_api.cities import CitiesView, CityView
from wangge.shell.operator_api.installation import CalendarGapsView, InstallationView
from wangge.shell.operator_api.life import (
    CityActsView,
    CityCancelDropView,
    CityDomainsView,
    CityDomainView,
    CityDropView,
    CityPrimaryDomainView,
    CityResumeView,
    CitySuspendView,
)
from wangge.shell.operator_api.operations import (
    CityBackupsView,
    CityBackupView,
    CityExportView,
    CityRestoreView,
    OperationFileView,
    OperationsView,
    OperationView,
)

urlpatterns = [
    path("cities", CitiesView.as_view()),
    path("cities/<slug:slug>", CityView.as_view()),
    path("cities/<slug:slug>/suspend", CitySuspendView.as_view()),
    path("cities/<slug:slug>/resume", CityResumeView.as_view()),
    path("cities/<slug:slug>/drop", CityDropView.as_view()),
    path("cities/<slug:slug>/cancel-drop", CityCancelDropView.as_view()),
    path("cities/<slug:slug>/domains", CityDomainsView.as_view()),
    path("cities/<slug:slug>/domains/<str:host>", CityDomainView.as_view()),
    path("cities/<slug:slug>/domains/<str:host>/primary", CityPrimaryDomainView.as_view()),
    path("cities/<slug:slug>/backup", CityBackupView.as_view()),
    path("cities/<slug:slug>/backups", CityBackupsView.as_view()),
    path("cities/<slug:slug>/export", CityExportView.as_view()),
    path("cities/<slug:slug>/restore", CityRestoreView.as_view()),
    path("cities/<slug:slug>/audit-events", CityActsView.as_view()),
    path("operations", OperationsView.as_view()),
    path("operations/<int:id>", OperationView.as_view()),
    path("operations/<int:id>/file", OperationFileView.as_view()),
    path("calendar-gaps", CalendarGapsView.as_view()),
    path("installation", InstallationView.as_view()),
]
