"""A city as its operator sees it: the registry's row with its figures, what about it needs somebody, and in what order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from tenants.bureau.rules.storage_quota import StorageState
from tenants.registry.models import City
from tenants.registry.queries import standing_of
from tenants.registry.rules.city_life import CityState
from wangge.shell.operator_figures import CityFigures

BACKUP_OLD_AFTER = timedelta(days=7)
STUCK_AFTER = timedelta(minutes=30)  # waiting so long, while a worker lives, means that something holds it up
_NEVER = datetime.min.replace(tzinfo=UTC)


class Concern(StrEnum):
    """Why an operator should look at a city."""

    UNREADABLE = "unreadable"
    BEHIND = "behind"
    BACKUP_OLD = "backup_old"
    STORAGE_OVER = "storage_over"
    STORAGE_WARNING = "storage_warning"
    JOBS_FAILED = "jobs_failed"
    JOBS_STUCK = "jobs_stuck"
    CALENDAR_MISSING = "calendar_missing"


@dataclass(frozen=True, slots=True)
class CityCard:
    """One city with its figures, and the moment at which they were taken."""

    city: City
    figures: CityFigures
    taken_at: datetime

    @property
    def state(self) -> CityState:
        """Active, suspended, or waiting for its drop."""
        return standing_of(self.city).state

    @property
    def hosts(self) -> list[str]:
        """The hosts at which it answers, the primary one first."""
        rows = sorted(self.city.domains.all(), key=lambda row: (not row.is_primary, row.pk))
        return [row.domain for row in rows]

    @property
    def concerns(self) -> list[Concern]:
        """What needs somebody, the gravest first."""
        figures, storage = self.figures, self.figures.storage.state
        backup, waiting = self.city.backed_up_at, figures.oldest_waiting_at
        present = {
            Concern.UNREADABLE: not figures.is_readable,
            Concern.BEHIND: figures.is_readable and not figures.is_migrated,
            Concern.BACKUP_OLD: backup is None or self.taken_at - backup > BACKUP_OLD_AFTER,
            Concern.STORAGE_OVER: storage is StorageState.OVER,
            Concern.STORAGE_WARNING: storage is StorageState.WARNING,
            Concern.JOBS_FAILED: figures.jobs_failed_24h > 0,
            Concern.JOBS_STUCK: waiting is not None and self.taken_at - waiting > STUCK_AFTER,
            Concern.CALENDAR_MISSING: bool(figures.calendar_years_missing),
        }
        return [concern for concern, is_so in present.items() if is_so]


# Orders that need no figure are had without reading every city.
ORDERS_OF_CITY: dict[str, Callable[[City], Any]] = {
    "opened": lambda city: city.pk,
    "name": lambda city: city.name,
    "slug": lambda city: city.slug,
    "migration": lambda city: city.migrated_at,
    "backup": lambda city: city.backed_up_at or _NEVER,
}
ORDERS_OF_CARD: dict[str, Callable[[CityCard], Any]] = {
    "size": lambda card: card.figures.storage.used_bytes,
    "quota": lambda card: card.figures.storage.share,
    "users": lambda card: card.figures.users or 0,
    "waiting": lambda card: card.figures.jobs_waiting,
    "failed": lambda card: card.figures.jobs_failed_24h,
    "oldest_waiting": lambda card: _age(card.figures.oldest_waiting_at, card.taken_at),
    "sign_in": lambda card: card.figures.last_sign_in_at or _NEVER,
    "calendar": lambda card: len(card.figures.calendar_years_missing),
    "concerns": lambda card: len(card.concerns),
}


def _age(since: datetime | None, now: datetime) -> timedelta:
    return now - since if since else timedelta(0)
