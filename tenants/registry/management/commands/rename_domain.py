"""Let a city answer at another host."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from tenants.registry.management.city_command import CityCommand
from tenants.registry.services.cities import rename_domain


class Command(CityCommand):
    """The old host is nobody's afterwards."""

    help = "更换城市域名 / let a city answer at another host instead of one of its own"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which city, and the two hosts."""
        parser.add_argument("slug")
        parser.add_argument("old_host")
        parser.add_argument("new_host")

    def act(self, options: dict[str, Any]) -> None:
        """Rename it."""
        city = self.city(options["slug"])
        hosts = {"old_host": options["old_host"], "new_host": options["new_host"]}
        rename_domain(city=city, **hosts, acting_user=None)
        self.stdout.write(f"{city.name}: {hosts['old_host']} → {hosts['new_host']}")
