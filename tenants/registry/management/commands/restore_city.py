"""Put one city back to a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from tenants.registry.management.city_command import CityCommand
from tenants.registry.queries import cities
from tenants.registry.services.export_file import check_export
from tenants.registry.services.imports import restore_city, restore_dropped_city
from tenants.registry.services.lifecycle import suspend_city


class Command(CityCommand):
    """Other cities are not touched; a restore that fails leaves the old state."""

    help = "从备份恢复一个城市（含已注销的） / put one city back to a backup, or bring a dropped one back"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which city, from which file."""
        parser.add_argument("slug")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--typed", metavar="SLUG", help="the short name once more, instead of being asked"
        )

    def act(self, options: dict[str, Any]) -> None:
        """Restore it; it stays suspended until `resume_city`."""
        slug, path = options["slug"], options["file"]
        city = cities().filter(slug=slug).first()
        if city is None:
            city = restore_dropped_city(slug=slug, path=path, acting_user=None, progress=self.progress)
            self.stdout.write(
                f"{city.name} 已找回 / is back: {', '.join(city.domains.values_list('domain', flat=True))}"
            )
            return
        # Before the question, and before anything is closed: a file that cannot be restored changes nothing.
        check_export(path=path, progress=self.progress)
        self.confirm(
            slug,
            options["typed"],
            f"{city.name} 的现有数据将被备份内容替换",
            f"what {slug} holds now is replaced by the backup",
        )
        if city.suspended_at is None:
            suspend_city(city=city, message="正在从备份恢复数据，暂停写入", acting_user=None)
        restore_city(city=city, path=path, acting_user=None, progress=self.progress)
        self.stdout.write(
            f"{city.name} 已恢复到备份时的状态，仍为只读；检查后运行 resume_city {slug}"
            f" / was restored and is still read-only: look at it, then run resume_city {slug}"
        )
