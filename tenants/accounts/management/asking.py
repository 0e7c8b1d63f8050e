"""What the commands about operators ask for: a password that stands in no command line, and an operator by name."""

from __future__ import annotations

import getpass
import os
import sys

from django.core.management.base import CommandError

from tenants.accounts.models import User
from wangge.errors import RuleBroken, RulesBroken
from wangge.kernel.database.current import city_connection

PASSWORD_VARIABLE = "WANGGE_NEW_OPERATOR_PASSWORD"  # not that of the database login


def asked_password() -> str:
    """The password from the environment, from a pipe's first line, or typed twice unseen."""
    if given := os.environ.get(PASSWORD_VARIABLE):
        return given
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("密码 / password: ")
    if getpass.getpass("再输一次 / again: ") != password:
        raise CommandError("两次输入不一致 / the two differ")
    return password


def operator_named(name: str) -> User:
    """The operator of that name, in public; the connection stands there afterwards."""
    city_connection().set_schema_to_public()
    found = User.objects.filter(username=name.lower()).first()
    if found is None:
        raise CommandError(f"没有名为 {name} 的运维 / there is no operator {name}")
    return found


def told(refused: RuleBroken | RulesBroken) -> CommandError:
    """The refusal as a command says it, in both languages."""
    listed = [refused] if isinstance(refused, RuleBroken) else refused.broken
    return CommandError("\n".join(f"{broken.code}: {broken.zh} / {broken.en}" for broken in listed))
