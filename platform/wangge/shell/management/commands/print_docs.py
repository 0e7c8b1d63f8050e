"""Print docs/rules.md and docs/api.md from the code."""

from typing import Any

from django.core.management.base import BaseCommand

from wangge.shell.api_book import printed_api
from wangge.shell.rule_book import ROOT, printed


class Command(BaseCommand):
    """Writes the two printed documents; a test holds that they are current."""

    help = "由代码生成 docs/rules.md 与 docs/api.md"

    def handle(self, *args: Any, **options: Any) -> None:
        """Write both."""
        (ROOT / "docs" / "rules.md").write_text(printed(), encoding="utf-8")
        (ROOT / "docs" / "api.md").write_text(printed_api(), encoding="utf-8")
