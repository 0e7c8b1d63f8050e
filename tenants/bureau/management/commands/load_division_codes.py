"""Load a year's code tables into a city's tree from the command line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import schema_context

from gis.compute.intake.encodings import decode_text
from gis.compute.refusal import InputRefused
from tenants.bureau.services.org_units import division_rows, load_division_codes
from tenants.registry.rules.city_name import schema_of
from wangge.errors import RuleBroken, RulesBroken


class Command(BaseCommand):
    """Reads CSV tables with the columns code and name; the same tables again change nothing."""

    # The checks import every page and map library; the server runs them, a single act need not wait.
    requires_system_checks = []
    help = "导入区划代码表（CSV，含 code、name 列）/ load division code tables"

    def add_arguments(self, parser: CommandParser) -> None:
        """City, day and tables."""
        parser.add_argument("slug", help="the city's short name")
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--valid-from", type=date.fromisoformat, required=True, help="e.g. 2023-01-01")
        parser.add_argument(
            "--partial", action="store_true", help="not the whole city's table: units it leaves out go on"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load them together, or say which lines are bad and write nothing."""
        try:
            tables = [decode_text(file.read_bytes(), file.name)[0] for file in options["files"]]
            rows = [row for table in tables for row in division_rows(table)]
            with schema_context(schema_of(options["slug"])):
                changes = load_division_codes(
                    rows=rows,
                    valid_from=options["valid_from"],
                    acting_user=None,
                    complete=not options["partial"],
                )
        except (InputRefused, RuleBroken, RulesBroken) as refused:
            listed = refused.broken if isinstance(refused, RulesBroken) else [refused]
            raise CommandError("\n".join(f"{broken.zh} / {broken.en}" for broken in listed)) from refused
        self.stdout.write(
            f"新增 {len(changes.new)}，更名 {len(changes.renamed)}，撤销 {len(changes.vanished)}，"
            f"未变 {changes.unchanged}"
        )
