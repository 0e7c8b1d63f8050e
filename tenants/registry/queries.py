"""Reads of cities, of the operator's long work on them, and of their backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from tenants.registry.models import City, CityOperation, Domain
from tenants.registry.rules.city_life import Standing
from wangge.errors import not_found


def city_of_host(host: str) -> City | None:
    """The city that answers at this host (`name` or `name:port`); the exact host with port goes first."""
    names = [host, host.partition(":")[0]]
    rows = {d.domain: d.tenant for d in Domain.objects.select_related("tenant").filter(domain__in=names)}
    return next((rows[name] for name in names if name in rows), None)


def cities() -> QuerySet[City]:
    """All cities of the installation, for its operator."""
    rows: QuerySet[City] = City.objects.order_by("id")
    return rows


def city_for_update(slug: str) -> City:
    """The city of that short name, locked; 404 when there is none."""
    found: City | None = City.objects.select_for_update().filter(slug=slug).first()
    if found is None:
        raise not_found("城市", "city")
    return found


def standing_of(city: City) -> Standing:
    """What the rules of a city's life ask of its row."""
    return Standing(city.suspended_at, city.drop_after, city.suspension_message)


def operations() -> QuerySet[CityOperation]:
    """The operator's long work, the newest first."""
    return CityOperation.objects.order_by("-id")


def operation_file(operation: CityOperation) -> Path | None:
    """The file an operation has made, while it is there: an export's or a backup's."""
    result = operation.result or {}
    place = {"export": export_folder(operation.city_slug), "backup": backup_folder(operation.city_slug)}
    name = result.get("file")
    if operation.kind not in place or not isinstance(name, str) or Path(name).name != name:
        return None
    path = place[operation.kind] / name
    return path if path.is_file() else None


@dataclass(frozen=True)
class Backup:
    """A backup of a city that is on the disk."""

    name: str
    size_bytes: int
    taken_at: datetime


def backups_of(slug: str) -> list[Backup]:
    """The city's backups, the newest first; their names tell when they were taken."""
    found = []
    for path in sorted(backup_folder(slug).glob("*.wangge"), reverse=True):
        try:
            taken_at = datetime.strptime(path.stem, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
        except ValueError:  # put there by hand: not ours to count or remove
            continue
        found.append(Backup(path.name, path.stat().st_size, taken_at))
    return found


def backup_folder(slug: str) -> Path:
    """Where the city's backups are kept; they outlive the city."""
    return Path(settings.WANGGE_BACKUP_DIR) / slug


def export_folder(slug: str) -> Path:
    """Where exports of the city are kept until they are fetched."""
    return Path(settings.WANGGE_EXPORT_DIR) / slug
