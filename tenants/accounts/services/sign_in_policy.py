"""Who knows the numbers of signing in: the app above, which reads a city's dated policy."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from tenants.accounts.models import User
from tenants.accounts.rules.passwords import PasswordPolicy
from tenants.accounts.rules.sessions import SessionPolicy
from tenants.accounts.rules.sign_in_throttle import ThrottlePolicy


class SignInPolicy(Protocol):
    """Answers for the schema the connection stands in, at a moment. Rule: X07"""

    def throttle(self, now: datetime) -> ThrottlePolicy:
        """How many wrong tries close a door, and for how long."""
        ...

    def session(self, now: datetime) -> SessionPolicy:
        """How long a session lives."""
        ...

    def password(self, now: datetime) -> PasswordPolicy:
        """How strong a password must be, and how old it may grow."""
        ...

    def is_privileged(self, user: User) -> bool:
        """Whether the person administers accounts, so that the password has an age."""
        ...

    def needs_second_factor(self, user: User, now: datetime) -> bool:
        """Whether the person must have a second factor."""
        ...


class _Shipped:
    """The product's own numbers, until an app above installs a city's; nobody is privileged."""

    def throttle(self, now: datetime) -> ThrottlePolicy:
        return ThrottlePolicy()

    def session(self, now: datetime) -> SessionPolicy:
        return SessionPolicy()

    def password(self, now: datetime) -> PasswordPolicy:
        return PasswordPolicy()

    def is_privileged(self, user: User) -> bool:
        return False

    def needs_second_factor(self, user: User, now: datetime) -> bool:
        return False


_policy: SignInPolicy = _Shipped()


def register_sign_in_policy(policy: SignInPolicy) -> None:
    """Install who knows the numbers; called once by the app above."""
    global _policy
    _policy = policy


def sign_in_policy() -> SignInPolicy:
    """Who knows the numbers."""
    return _policy
