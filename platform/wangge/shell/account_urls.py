"""Routes of signing in and of one's own account, the same at a city's host and at the operator's."""

from django.urls import path

from wangge.shell import account_pages, sign_in_pages

urlpatterns = [
    path("sign-in", sign_in_pages.sign_in_page, name="sign-in"),
    path("sign-in/code", sign_in_pages.code_page),
    path("sign-out", sign_in_pages.sign_out_page, name="sign-out"),
    path("account", account_pages.account_page, name="account"),
    path("account/second-factor", account_pages.enrolment_page),
    path("account/second-factor/confirm", account_pages.confirmation_page),
    path("account/second-factor/remove", account_pages.removal_page),
    path("account/second-factor/done", account_pages.done_page),
    path("account/recovery-codes", account_pages.recovery_codes_page),
    path("account/password", account_pages.password_page),
    path("account/sessions/end", account_pages.end_sessions_page),
    path("account/tokens", account_pages.issue_token_page),
    path("account/tokens/revoke", account_pages.revoke_token_page),
]
