"""Verify an export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from tenants.registry.management.city_command import CityCommand
from tenants.registry.services.export_file import check_export


class Command(CityCommand):
    """Reads the whole file and writes nothing."""

    help = "校验导出文件并说明其内容 / read a whole export, verify every checksum, and say what is in it"

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def act(self, options: dict[str, Any]) -> None:
        """Verify it."""
        manifest, proven = check_export(path=options["file"], progress=self.progress)
        city = manifest.city
        self.stdout.write(f"城市 / city: {city.name} ({city.slug}), {', '.join(city.hosts)}")
        self.stdout.write(f"导出 / exported: {manifest.exported_at}, {manifest.installation}")
        self.stdout.write(f"产品版本 / product: {manifest.product_version}")
        rows = sum(table.rows for table in manifest.tables)
        self.stdout.write(f"表 / tables: {len(manifest.tables)}, {rows} 行 / rows")
        size = sum(kept.bytes for kept in manifest.files) / 1024**2
        self.stdout.write(f"文件 / files: {len(manifest.files)}, {size:.1f} MiB")
        self.stdout.write(f"未导出 / left out: {', '.join(manifest.left_out) or '-'}")
        self.stdout.write(f"接收方 / receiver: {manifest.receiver}")
        if proven:
            self.stdout.write("校验和全部相符，清单未被改动 / every checksum fits, the manifest is genuine")
        else:
            self.stdout.write(
                "校验和全部相符；清单须由接收方验证 / every checksum fits; only the receiver can prove the manifest"
            )
