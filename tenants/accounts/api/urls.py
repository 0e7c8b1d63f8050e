"""Routes of accounts."""

from django.urls import path

from tenants.accounts.api.sessions import CurrentSessionView, MeView, SessionsView, TokensView, TokenView

urlpatterns = [
    path("sessions", SessionsView.as_view()),
    path("sessions/current", CurrentSessionView.as_view()),
    path("me", MeView.as_view()),
    path("tokens", TokensView.as_view()),
    path("tokens/<int:id>", TokenView.as_view()),
]
