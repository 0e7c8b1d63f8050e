"""Routes of the bureau."""

from django.urls import path

from tenants.bureau.api.access import PersonsSessionsView, SecondFactorResetView, SignInLockView
from tenants.bureau.api.audit import AuditEventsView, AuditEventView, AuditExportView
from tenants.bureau.api.calendar import CalendarNoticesView, EarliestDateView, WorkCalendarYearView
from tenants.bureau.api.jobs import JobCancelView, JobsView, JobView
from tenants.bureau.api.messages import MessageReadView, MessagesView, OutboxRetryView, OutboxView
from tenants.bureau.api.org_units import OrgUnitsView, OrgUnitView
from tenants.bureau.api.personal import PurposesView, RevealView, UserLookUpView
from tenants.bureau.api.policy import PolicyParametersView, PolicyParameterView, PolicyVersionsView
from tenants.bureau.api.population import PopulationsView
from tenants.bureau.api.rights import MyRightsView, RightsCatalogueView
from tenants.bureau.api.storage import StorageView
from tenants.bureau.api.users import GrantView, UserGrantsView, UsersView, UserView

urlpatterns = [
    path("jobs", JobsView.as_view()),
    path("jobs/<int:id>", JobView.as_view()),
    path("jobs/<int:id>/cancel", JobCancelView.as_view()),
    path("personal-purposes", PurposesView.as_view()),
    path("me/rights", MyRightsView.as_view()),
    path("rights-catalogue", RightsCatalogueView.as_view()),
    path("org-units", OrgUnitsView.as_view()),
    path("org-units/<int:id>", OrgUnitView.as_view()),
    path("populations", PopulationsView.as_view()),
    path("policy-parameters", PolicyParametersView.as_view()),
    path("policy-parameters/<str:key>", PolicyParameterView.as_view()),
    path("policy-parameters/<str:key>/versions", PolicyVersionsView.as_view()),
    path("work-calendar/earliest-date", EarliestDateView.as_view()),
    path("work-calendar/notices", CalendarNoticesView.as_view()),
    path("work-calendar/<int:year>", WorkCalendarYearView.as_view()),
    path("storage", StorageView.as_view()),
    path("users", UsersView.as_view()),
    path("users/look-up", UserLookUpView.as_view()),
    path("users/<int:id>", UserView.as_view()),
    path("users/<int:id>/reveal", RevealView.as_view()),
    path("users/<int:id>/grants", UserGrantsView.as_view()),
    path("users/<int:id>/sessions", PersonsSessionsView.as_view()),
    path("users/<int:id>/sign-in-lock", SignInLockView.as_view()),
    path("users/<int:id>/second-factor-reset", SecondFactorResetView.as_view()),
    path("messages", MessagesView.as_view()),
    path("messages/<int:id>/read", MessageReadView.as_view()),
    path("outbox", OutboxView.as_view()),
    path("outbox/<int:id>/retry", OutboxRetryView.as_view()),
    path("grants/<int:id>", GrantView.as_view()),
    path("audit-events", AuditEventsView.as_view()),
    path("audit-events/export", AuditExportView.as_view()),
    path("audit-events/<int:id>", AuditEventView.as_view()),
]
