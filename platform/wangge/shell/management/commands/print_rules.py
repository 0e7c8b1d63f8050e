"""Print docs/rules.md from the docstrings."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wangge.shell.rule_book import ROOT, printed


class Command(BaseCommand):
    """Writes the book of rules, or says whether the written one is stale."""

    help = "由规则文档字符串生成 docs/rules.md"

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check` writes nothing and fails when the file is stale."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or check."""
        target = ROOT / "docs" / "rules.md"
        text = printed()
        if not options["check"]:
            target.write_text(text, encoding="utf-8")
        elif not target.exists() or target.read_text(encoding="utf-8") != text:
            raise SystemExit("docs/rules.md is stale: run python manage.py print_rules")
