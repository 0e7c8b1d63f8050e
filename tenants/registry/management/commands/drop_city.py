"""Drop a city, after a time in which it can be taken back."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from tenants.registry.management.city_command import CityCommand
from tenants.registry.services.lifecycle import cancel_drop, drop_due_city, schedule_drop


class Command(CityCommand):
    """A last backup is taken before anything is dropped."""

    help = "注销城市（有宽限期） / drop a city after a grace period; a last backup is taken first"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which city, and how far to go."""
        parser.add_argument("slug")
        parser.add_argument(
            "--typed", metavar="SLUG", help="the short name once more, instead of being asked"
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--cancel", action="store_true", help="take the drop back; the city stays suspended"
        )
        what.add_argument("--now", action="store_true", help="drop it if its grace period is over")
        what.add_argument(
            "--without-grace", action="store_true", help="drop it now, whatever its grace period"
        )

    def act(self, options: dict[str, Any]) -> None:
        """Schedule, take back, or carry out."""
        city = self.city(options["slug"])
        if options["cancel"]:
            cancel_drop(city=city, acting_user=None)
            self.stdout.write(
                f"{city.name} 的注销已撤销，仍为只读 / will not be dropped; it is still suspended"
            )
            return
        self.confirm(city.slug, options["typed"], f"将注销城市 {city.name}", f"{city.slug} is to be dropped")
        now = timezone.now()  # the question may have stood for minutes
        if options["without_grace"] and city.drop_after is None:
            city = schedule_drop(city=city, typed_slug=city.slug, acting_user=None, now=now)
        if options["now"] or options["without_grace"]:
            backup = drop_due_city(
                city=city, acting_user=None, now=now, without_grace=options["without_grace"]
            )
            self.stdout.write(
                f"{city.name} 已注销，最后备份 {backup} / was dropped; its last backup is {backup}"
            )
            return
        city = schedule_drop(city=city, typed_slug=city.slug, acting_user=None, now=now)
        self.stdout.write(
            f"{city.name} 已设为只读，{city.drop_after:%Y-%m-%d} 之后注销；撤销用 --cancel"
            f" / is read-only and will be dropped after {city.drop_after:%Y-%m-%d}; --cancel takes it back"
        )
