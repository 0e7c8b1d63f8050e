"""Take away the second factor of an operator who lost both phone and recovery codes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from tenants.accounts.management.asking import operator_named
from tenants.accounts.services import end_sessions, reset_second_factor


class Command(BaseCommand):
    """The next sign-in enrols a new authenticator. In a city an administrator does this for another person."""

    requires_system_checks = []
    help = "重置运维的两步验证 / reset an operator's second factor"

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and why."""
        parser.add_argument("--operator", required=True, metavar="NAME")
        parser.add_argument("--reason", default="", help="kept in the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it away, with the operator's sessions."""
        user = operator_named(options["operator"])
        with transaction.atomic():
            reset_second_factor(user=user, acting_user=None, reason=options["reason"])
            end_sessions(user=user, acting_user=None)
        self.stdout.write(f"{user.username} 下次登录须重新绑定 / enrols anew at the next sign-in")
