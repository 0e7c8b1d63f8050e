"""Make an operator's account."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tenants.accounts.management.asking import PASSWORD_VARIABLE, asked_password, told
from tenants.accounts.services import create_user
from wangge.errors import RuleBroken, RulesBroken
from wangge.kernel.database.current import city_connection


class Command(BaseCommand):
    """The operator enrols an authenticator at the first sign-in, where the installation insists on it."""

    requires_system_checks = []
    help = f"新建运维账号 / make an operator; the password is asked for, piped in, or read from {PASSWORD_VARIABLE}"

    def add_arguments(self, parser: CommandParser) -> None:
        """Sign-in name and display name."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="display name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, or say in both languages why not."""
        city_connection().set_schema_to_public()
        username = options["username"]
        try:
            user = create_user(
                username=username,
                display_name=options["name"] or username,
                password=asked_password(),
                acting_user=None,
            )
        except (RuleBroken, RulesBroken) as refused:
            raise told(refused) from refused
        self.stdout.write(f"{user.username} 可在运维域名登录 / may sign in at the operator's host")
