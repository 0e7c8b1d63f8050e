"""Export a city to one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from tenants.registry.management.city_command import CityCommand
from tenants.registry.services.export import export_city


class Command(CityCommand):
    """The file holds all personal data of the city; the act is audited."""

    help = "将城市导出为一个文件 / export a city to one file that describes itself"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which city, for whom, and where to."""
        parser.add_argument("slug")
        parser.add_argument("file", type=Path, help="e.g. jiaozuo.wangge; an existing file is replaced")
        parser.add_argument(
            "--for",
            dest="receiver",
            help="receiving key of the installation that will import it; without it only this one can",
        )

    def act(self, options: dict[str, Any]) -> None:
        """Export it."""
        city = self.city(options["slug"])
        manifest = export_city(
            city=city,
            target=options["file"].absolute(),
            receiver=options["receiver"],
            acting_user=None,
            progress=self.progress,
        )
        size = options["file"].stat().st_size / 1024**2
        rows = sum(table.rows for table in manifest.tables)
        self.stdout.write(
            f"{city.name} 已导出：{rows} 行、{len(manifest.files)} 个文件，{size:.1f} MiB"
            f" / exported: {rows} rows, {len(manifest.files)} files"
        )
        self.stdout.write(f"仅此接收方可导入 / only this receiver can import it: {manifest.receiver}")
