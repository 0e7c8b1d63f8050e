"""Routes of accounts."""

from django.urls import path

from tenants.accounts.api import second_factor, sessions, tokens

urlpatterns = [
    path("sessions", sessions.SessionsView.as_view()),
    path("sessions/current", sessions.CurrentSessionView.as_view()),
    path("me", sessions.MeView.as_view()),
    path("me/sessions", sessions.MySessionsView.as_view()),
    path("me/sessions/<int:id>", sessions.MySessionView.as_view()),
    path("me/password", second_factor.MyPasswordView.as_view()),
    path("me/second-factor", second_factor.SecondFactorView.as_view()),
    path("me/second-factor/confirmation", second_factor.SecondFactorConfirmationView.as_view()),
    path("me/second-factor/recovery-codes", second_factor.RecoveryCodesView.as_view()),
    path("me/second-factor/removal", second_factor.SecondFactorRemovalView.as_view()),
    path("tokens", tokens.TokensView.as_view()),
    path("tokens/<int:id>", tokens.TokenView.as_view()),
]
