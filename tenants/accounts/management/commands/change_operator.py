"""Give an operator a new password, open a locked door, shut somebody out or let them in again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tenants.accounts.management.asking import PASSWORD_VARIABLE, asked_password, operator_named, told
from tenants.accounts.services import change_password, let_in, unlock_sign_in
from wangge.errors import RuleBroken, RulesBroken


class Command(BaseCommand):
    """A new password and shutting out end the operator's sessions and tokens at once."""

    requires_system_checks = []
    help = f"维护运维账号 / look after an operator's account; a password is asked for or read from {PASSWORD_VARIABLE}"

    def add_arguments(self, parser: CommandParser) -> None:
        """The operator, and one thing to do."""
        parser.add_argument("username")
        act = parser.add_mutually_exclusive_group(required=True)
        act.add_argument("--password", action="store_true", help="a new password")
        act.add_argument("--unlock", action="store_true", help="forget wrong passwords and codes")
        act.add_argument("--shut-out", action="store_true")
        act.add_argument("--let-in", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say in both languages why not."""
        user = operator_named(options["username"])
        try:
            if options["password"]:
                change_password(user_id=user.pk, password=asked_password(), acting_user=None)
            elif options["unlock"]:
                unlock_sign_in(user=user, acting_user=None)
            else:
                let_in(user=user, is_active=bool(options["let_in"]), acting_user=None)
        except (RuleBroken, RulesBroken) as refused:
            raise told(refused) from refused
        self.stdout.write("完成 / done")
