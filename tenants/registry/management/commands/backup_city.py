"""Back up one city, or all."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from tenants.registry.management.city_command import CityCommand
from tenants.registry.queries import backup_folder
from tenants.registry.services.backups import backup_cities, backup_city


class Command(CityCommand):
    """Older backups than the last few are removed."""

    help = "备份城市 / back up a city, or every city with --all"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which cities."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("slug", nargs="?")
        which.add_argument("--all", action="store_true")

    def act(self, options: dict[str, Any]) -> None:
        """Back up."""
        if not options["all"]:
            city = self.city(options["slug"])
            backup = backup_city(city=city, acting_user=None, progress=self.progress)
            self.stdout.write(f"{city.name} 已备份 / was backed up: {backup_folder(city.slug) / backup.name}")
            return
        outcome = backup_cities()
        for slug, name in outcome.items():
            self.stdout.write(f"{slug}: {name or '失败 / failed'}")
        if None in outcome.values():
            raise CommandError("部分城市备份失败，见日志 / some cities were not backed up; see the log")
