"""Let a suspended city be written again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from tenants.registry.management.city_command import CityCommand
from tenants.registry.services.lifecycle import resume_city


class Command(CityCommand):
    """Its waiting jobs go on."""

    help = "恢复一个已暂停的城市 / let a suspended city be written again"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which city."""
        parser.add_argument("slug")

    def act(self, options: dict[str, Any]) -> None:
        """Resume it."""
        city = resume_city(city=self.city(options["slug"]), acting_user=None)
        self.stdout.write(f"{city.name} 已恢复，5 秒内生效 / can be written again within 5 seconds")
