"""The types of a request whose sender is known.

They are names for the type checker alone: no request is made of these classes, which only say what a guard in front of
the handler or the page has already made sure of.
"""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request

from tenants.accounts.models import User


class SignedInRequest(Request):
    """What a handler of an `ApiView` is given unless its declared permission is PUBLIC: its user is one of ours.

    `DeclaredPermission` answers 401 to anybody else. The handler of a PUBLIC view takes a plain `Request`, whose user
    may be nobody.
    """

    user: User


class SignedInPageRequest(HttpRequest):
    """What a page behind `login_required` is given; anybody else is sent to sign in."""

    user: User
