"""What the commands on a city have in common: finding it, telling progress, refusing in both languages."""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.registry.models import City
from tenants.registry.queries import cities
from tenants.registry.rules.city_life import check_confirmation
from wangge.errors import RuleBroken, RulesBroken, not_found

_TELL_EVERY_S = 2.0


class CityCommand(BaseCommand):
    """A command whose refusals are told in both languages, and whose long work says where it is."""

    # The checks import every page and map library; the server runs them, a single act need not wait.
    requires_system_checks = []
    _told_at = 0.0

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say in both languages why not."""
        try:
            self.act(options)
        except (RuleBroken, RulesBroken) as refused:
            listed = [refused] if isinstance(refused, RuleBroken) else refused.broken
            told = [f"{broken.code}: {broken.zh} / {broken.en}" for broken in listed]
            hints = [f"  {broken.how_to_fix_zh} / {broken.how_to_fix_en}" for broken in listed]
            raise CommandError("\n".join(told + [hint for hint in hints if hint.strip(" /")])) from refused

    @abstractmethod
    def act(self, options: dict[str, Any]) -> None:
        """The command's own work."""

    def city(self, slug: str) -> City:
        """The city of that short name; 404 when there is none."""
        found: City | None = cities().filter(slug=slug).first()
        if found is None:
            raise not_found("城市", "city")
        return found

    def progress(self, done: int, total: int, stage: str) -> None:
        """Say every two seconds how far the work is; sizes are KiB."""
        if time.monotonic() - self._told_at < _TELL_EVERY_S:
            return
        self._told_at = time.monotonic()
        share = 100 * done // max(total, 1)
        self.stderr.write(f"{share:3d} %  {done / 1024:.0f} / {total / 1024:.0f} MiB  {stage}", ending="\n")

    def confirm(self, slug: str, typed: str | None, what_zh: str, what_en: str) -> None:
        """Ask for the city's short name; raises 422 CONFIRMATION_MISMATCH for anything else."""
        if typed is None:
            question = f"{what_zh} / {what_en}\n请输入城市简称以确认 / type the short name to confirm: "
            try:
                typed = input(question)
            except EOFError as nobody_there:
                raise CommandError(
                    "请用 --typed 给出城市简称 / give the short name by --typed"
                ) from nobody_there
        check_confirmation(typed.strip(), slug)
