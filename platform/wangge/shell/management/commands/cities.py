"""How every city is, at the terminal: the same figures as the operator's page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError
from django.utils import timezone
from rest_framework.utils.encoders import JSONEncoder
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.storage_quota import StorageState, said_bytes
from tenants.registry.models import City
from tenants.registry.rules.city_life import CityState
from wangge.shell.operator_api.documents import card_data
from wangge.shell.operator_cards import BACKUP_OLD_AFTER, CityCard
from wangge.shell.operator_list import cards_of

# name of the column, how it is justified; a terminal of 80 columns folds the texts and keeps the numbers whole.
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("城市 city", "left"),
    ("状态 state", "left"),
    ("占用 size", "right"),
    ("配额 quota", "right"),
    ("用户 users", "right"),
    ("任务 jobs 等/行/败", "right"),
    ("迁移 migrated", "left"),
    ("备份 backup", "left"),
    ("缺日历 calendar", "left"),
)
_STATES = {
    CityState.ACTIVE: Text("运行 active", "green"),
    CityState.SUSPENDED: Text("暂停 suspended", "yellow"),
    CityState.TO_BE_DROPPED: Text("待注销 to be dropped", "red"),
}
_STORAGE = {StorageState.FREE: "", StorageState.WARNING: "yellow", StorageState.OVER: "bold red"}
_WIDE = 150


class Command(BaseCommand):
    """Prints a table, or with --json what a script reads; exit status 0 whatever the figures say."""

    requires_system_checks = []
    help = "各城市概况 / every city: size, quota, users, jobs, last migration, last backup, missing calendars"

    def add_arguments(self, parser: CommandParser) -> None:
        """Only the form of the answer can be chosen."""
        parser.add_argument("--json", action="store_true", help="one JSON document, as the API writes it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the figures of all cities and print them."""
        try:
            rows = list(City.objects.prefetch_related("domains").order_by("id"))
        except ProgrammingError as missing:
            raise CommandError("数据库尚未准备 / the database is not prepared: ./dev up") from missing
        cards = cards_of(rows, now=timezone.now())
        if options["json"]:
            document = {"results": [card_data(card) for card in cards]}
            self.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, cls=JSONEncoder))
            return
        out: Any = self.stdout._out  # the stream itself: the wrapper ends every write with a new line
        # A pipe or a file has no width of its own: wide enough that nothing is cut.
        width = None if out.isatty() else _WIDE
        Console(file=out, width=width).print(_table(cards))


def _table(cards: Sequence[CityCard]) -> Table:
    waiting = sum(card.figures.jobs_waiting for card in cards)
    failed = sum(card.figures.jobs_failed_24h for card in cards)
    size = said_bytes(sum(card.figures.storage.used_bytes for card in cards))
    table = Table(
        caption=f"{len(cards)} 个城市 cities · {size} · {waiting} 个任务等待 jobs waiting"
        f" · {failed} 个 24 小时内失败 failed in 24 h",
        caption_justify="left",
    )
    for name, justify in _COLUMNS:
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for card in cards:
        table.add_row(*_row(card))
    return table


def _row(card: CityCard) -> list[str | Text]:
    city, figures = card.city, card.figures
    jobs = f"{figures.jobs_waiting}/{figures.jobs_running}/{figures.jobs_failed_24h}"
    return [
        f"{city.name} {city.slug}",
        _STATES[card.state],
        Text(said_bytes(figures.storage.used_bytes), _STORAGE[figures.storage.state]),
        said_bytes(city.storage_quota_bytes),
        "?" if figures.users is None else str(figures.users),
        Text(jobs, "red" if figures.jobs_failed_24h else ""),
        _migrated(card),
        _backup(city.backed_up_at, card.taken_at),
        Text(" ".join(map(str, figures.calendar_years_missing)) or "—", "yellow"),
    ]


def _migrated(card: CityCard) -> Text:
    if not card.figures.is_readable:
        return Text("读不出 unreadable", "bold red")
    day = str(local_date(card.city.migrated_at))
    return Text(day) if card.figures.is_migrated else Text(f"落后 behind ({day})", "red")


def _backup(at: datetime | None, now: datetime) -> Text:
    if at is None:
        return Text("从未 never", "red")
    return Text(str(local_date(at)), "red" if now - at > BACKUP_OLD_AFTER else "")
