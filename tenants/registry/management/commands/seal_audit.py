"""Seal audit rows now, or begin a new era after the database was moved."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.registry.services.audit_checks import audited_schemas, begin_eras, seal_schemas
from tenants.registry.services.audit_heads import keep_audit_heads, keep_head_of
from wangge.errors import RuleBroken


class Command(BaseCommand):
    """Seals public and every city, and keeps the ends of the chains."""

    help = "封存审计记录 / seal audit rows"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One city or all; a new era of transaction ids."""
        parser.add_argument("--city", help="短名 / slug of one city; without it public and all cities")
        parser.add_argument(
            "--begin-era",
            action="store_true",
            help="整库迁移后使用，须先停止服务 / after moving the whole database, with everything stopped",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal."""
        try:
            schemas = audited_schemas(options["city"])
        except RuleBroken as refused:
            raise CommandError(f"{refused.zh} / {refused.en}") from refused
        if options["begin_era"]:
            for schema, sequence in begin_eras(schemas):
                self.stdout.write(f"{schema}: 新纪元/new era #{sequence}")
        for schema, number in seal_schemas(schemas):
            self.stdout.write(f"{schema}: {number} 已封存/sealed")
        if options["city"] is None:
            keep_head_of("public")
            keep_audit_heads()
