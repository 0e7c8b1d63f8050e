"""Make a city read-only."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from tenants.registry.management.city_command import CityCommand
from tenants.registry.services.lifecycle import suspend_city


class Command(CityCommand):
    """Every process knows within five seconds; the city's jobs wait."""

    help = "暂停一个城市（只读） / make a city read-only, with a message for its people"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which city, and what its people are told."""
        parser.add_argument("slug")
        parser.add_argument("--message", default="", help="what people read who want to write")

    def act(self, options: dict[str, Any]) -> None:
        """Suspend it."""
        city = suspend_city(city=self.city(options["slug"]), message=options["message"], acting_user=None)
        self.stdout.write(f"{city.name} 已暂停，5 秒内生效 / is read-only within 5 seconds")
