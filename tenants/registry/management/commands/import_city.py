"""Make a new city of an export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from tenants.registry.management.city_command import CityCommand
from tenants.registry.services.imports import import_city


class Command(CityCommand):
    """Everything is verified first; a refused import leaves nothing."""

    help = "从导出文件建立城市 / make a city of an export, under a name and hosts of its own"

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and what the city is called here."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--slug", required=True, help="2–30 lower-case letters and digits")
        parser.add_argument("--name", required=True)
        parser.add_argument("--host", action="append", required=True, help="may be given several times")

    def act(self, options: dict[str, Any]) -> None:
        """Import it."""
        city = import_city(
            path=options["file"],
            slug=options["slug"],
            name=options["name"],
            hosts=options["host"],
            acting_user=None,
            progress=self.progress,
        )
        self.stdout.write(f"{city.name} 已导入 / was imported: {', '.join(options['host'])}")
