"""Bring uploads of an earlier version into the folders of their cities."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tenants.bureau.services.sorted_files import sort_files
from tenants.registry.queries import cities


class Command(BaseCommand):
    """Needed once after an upgrade; safe to run again."""

    requires_system_checks = []
    help = "将旧版本放在同一目录的上传文件归入各城市目录 / move uploads of an earlier version into their cities' folders"

    def handle(self, *args: Any, **options: Any) -> None:
        """Every city's files."""
        for city in cities():
            moved = sort_files(city)
            self.stdout.write(f"{city.slug}: {moved}")
