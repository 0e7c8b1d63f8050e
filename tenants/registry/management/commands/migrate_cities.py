"""Bring every city to this version: recorded on one, replayed on the others."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from tenants.registry.services.replay import Outcome, migrate_cities
from tenants.registry.services.replay_preview import GroupPreview, preview_migrations
from wangge.errors import RuleBroken

_PAUSE_S = 2.0  # between lines of progress


class Command(BaseCommand):
    """Safe to run again; the admin or the operator login may run it."""

    help = "将模板与所有城市迁移到当前版本（录制一次，其余城市重放；可重复执行）"

    def add_arguments(self, parser: CommandParser) -> None:
        """The arguments."""
        parser.add_argument("--dry-run", action="store_true", help="只显示将执行的 SQL 与所涉城市")
        parser.add_argument("--city", help="只迁移一个城市（简称）")
        parser.add_argument("--no-wait", action="store_true", help="若另一迁移正在进行则立即报错")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        """Run or preview; exit code 1 when a city failed."""
        try:
            if options["dry_run"]:
                self._preview(options["city"])
            else:
                self._run(options["city"], wait=not options["no_wait"])
        except RuleBroken as refusal:
            raise CommandError(f"{refusal.zh} / {refusal.en}") from refusal

    def _run(self, slug: str | None, *, wait: bool) -> None:
        began = time.perf_counter()
        outcome = migrate_cities(slug=slug, wait=wait, say=Progress(self.stderr))
        self.stdout.write(f"{summary(outcome)} ({time.perf_counter() - began:.1f} s)")
        for failure in outcome.failures.values():
            self.stderr.write(f"{failure.city}: {failure.sqlstate} {failure.message}")
        if outcome.failures:
            raise CommandError(
                f"{len(outcome.failures)} cities failed and stand as before; run again to take them"
            )

    def _preview(self, slug: str | None) -> None:
        preview = preview_migrations(slug=slug)
        self.stdout.write(f"-- up to date: {preview.up_to_date} cities")
        if preview.stamp_would_change:
            self.stdout.write("-- the stamp for new cities would be refreshed first")
        for group in preview.groups:
            self._show(group)

    def _show(self, group: GroupPreview) -> None:
        way = f"the stock executor, because {group.obstacle}" if group.obstacle else "replay"
        source = (
            "as sqlmigrate prints it" if group.obstacle else "recorded in a transaction that was rolled back"
        )
        self.stdout.write(f"-- {', '.join(group.lacking)}")
        self.stdout.write(f"-- by {way}: {', '.join(group.cities)}")
        self.stdout.write(f"-- SQL of {group.shown_on}, {source}:")
        for statement in group.statements:
            self.stdout.write(statement if group.obstacle else f"{statement};")


class Progress:
    """Writes lines of progress, those of single cities at most every two seconds."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.last = 0.0

    def __call__(self, line: str) -> None:
        now = time.monotonic()
        if line.startswith("[") and "failed" not in line and now - self.last < _PAUSE_S:
            return
        self.last = now
        self.stream.write(line, lambda text: text)  # progress is no error: not in red


def summary(outcome: Outcome) -> str:
    """One line: how many cities went which way."""
    return (
        f"up to date {len(outcome.up_to_date)}, recorded {len(outcome.canaries)}, replayed {len(outcome.replayed)}, "
        f"by the stock executor {len(outcome.stock)}, repaired {len(outcome.repaired)}, failed {len(outcome.failures)}"
    )
