"""The numbers of signing in as the city's dated policy has them; the product's own for the operators in public."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from tenants.accounts.models import User
from tenants.accounts.rules.passwords import PasswordPolicy
from tenants.accounts.rules.sessions import SessionPolicy
from tenants.accounts.rules.sign_in_throttle import ThrottlePolicy
from tenants.bureau.queries.policy import policy_value, policy_values
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.permission_catalogue import ADMINISTER
from wangge.kernel.database.current import city_connection
from wangge.kernel.permissions import holds

EVERYBODY = "everybody"


class DatedSignInPolicy:
    """The accounts' policy port over the policy in force on the day in Shanghai. Rule: X07"""

    def throttle(self, now: datetime) -> ThrottlePolicy:
        """How many wrong tries close a door, and for how long."""
        if _in_public():
            return ThrottlePolicy()
        values = _numbers(now, "sign_in.failures", "sign_in.lock_minutes", "sign_in.failures_of_address")
        return ThrottlePolicy(
            failures=values["sign_in.failures"],
            window=timedelta(minutes=values["sign_in.lock_minutes"]),
            address_failures=values["sign_in.failures_of_address"],
        )

    def session(self, now: datetime) -> SessionPolicy:
        """How long a session lives without a request, and how long at most."""
        if _in_public():
            return SessionPolicy()
        values = _numbers(now, "sign_in.idle_minutes", "sign_in.longest_hours")
        return SessionPolicy(
            idle=timedelta(minutes=values["sign_in.idle_minutes"]),
            longest=timedelta(hours=values["sign_in.longest_hours"]),
        )

    def password(self, now: datetime) -> PasswordPolicy:
        """How strong a password must be, and how old a privileged one may grow."""
        if _in_public():
            return PasswordPolicy()
        keys = ("shortest", "character_classes", "privileged_change_days", "no_reuse_of")
        values = _numbers(now, *(f"password.{key}" for key in keys))
        return PasswordPolicy(
            shortest=values["password.shortest"],
            character_classes=values["password.character_classes"],
            privileged_life=timedelta(days=values["password.privileged_change_days"]),
            no_reuse_of=values["password.no_reuse_of"],
        )

    def is_privileged(self, user: User) -> bool:
        """Who administers a city's accounts; in public every operator."""
        return holds(user, ADMINISTER)

    def needs_second_factor(self, user: User, now: datetime) -> bool:
        """Administrators and operators, or everybody where the city wants it; nobody where the installation does not."""
        if not settings.WANGGE_REQUIRE_SECOND_FACTOR:
            return False
        if self.is_privileged(user):
            return True
        return not _in_public() and policy_value("second_factor.required_of", local_date(now)) == EVERYBODY


def _in_public() -> bool:
    return bool(city_connection().schema_name == settings.PUBLIC_SCHEMA_NAME)


def _numbers(now: datetime, *keys: str) -> dict[str, int]:
    values = policy_values(keys, local_date(now))
    return {key: int(value) for key, value in values.items()}  # type: ignore[arg-type]
