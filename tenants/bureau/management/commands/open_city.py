"""Open a city from the command line."""

from __future__ import annotations

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.bureau.services.cities import open_city
from wangge.errors import RuleBroken, RulesBroken

PASSWORD_VARIABLE = "WANGGE_FIRST_ADMIN_PASSWORD"


class Command(BaseCommand):
    """Creates schema, role, hosts, first administrator, policy and calendar: all of it or nothing."""

    # The checks import every page and map library; the server runs them, a single act need not wait.
    requires_system_checks = []
    help = (
        "开通一个城市 / open a city; the first administrator's password is asked for, or read from "
        + PASSWORD_VARIABLE
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What `open_city` takes."""
        parser.add_argument("slug", help="2–30 lower-case letters and digits, e.g. jiaozuo")
        parser.add_argument("name", help="e.g. 焦作市")
        parser.add_argument("--division-code", required=True, help="six digits, e.g. 410800")
        parser.add_argument("--epsg", type=int, required=True, help="CGCS2000 3-degree zone, 4534–4554")
        parser.add_argument(
            "--host", action="append", required=True, help="host name; may be given several times"
        )
        parser.add_argument("--centre", type=float, nargs=2, metavar=("LON", "LAT"))
        parser.add_argument("--data-label", default="", help="said wherever the data is shown")
        parser.add_argument("--admin", default="admin", help="user name of the first administrator")
        parser.add_argument("--admin-name", default="市体育局管理员", help="their display name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Open it, or say in both languages why not."""
        password = os.environ.get(PASSWORD_VARIABLE) or getpass.getpass("密码 / password: ")
        centre = options["centre"]
        try:
            city = open_city(
                slug=options["slug"],
                name=options["name"],
                division_code=options["division_code"],
                gauss_kruger_epsg=options["epsg"],
                hosts=options["host"],
                centre=(centre[0], centre[1]) if centre else None,
                data_label=options["data_label"],
                admin_username=options["admin"],
                admin_display_name=options["admin_name"],
                admin_password=password,
                acting_user=None,
            )
        except (RuleBroken, RulesBroken) as refused:
            raise CommandError(_told(refused)) from refused
        self.stdout.write(f"{city.name} 已开通 / is open: {', '.join(options['host'])}")


def _told(refused: RuleBroken | RulesBroken) -> str:
    listed = [refused] if isinstance(refused, RuleBroken) else refused.broken
    return "\n".join(f"{broken.code}: {broken.zh} / {broken.en}" for broken in listed)
