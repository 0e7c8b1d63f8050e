"""A city's own backups: exports that only this installation opens, the last few of which are kept."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from tenants.accounts.models import User
from tenants.registry.models import City
from tenants.registry.queries import Backup, backup_folder, backups_of
from tenants.registry.services.export import SUFFIX, Progress, export_city, quiet
from wangge.errors import not_found

log = logging.getLogger(__name__)
EXPORT_KEPT_FOR = timedelta(days=7)


def backup_city(*, city: City, acting_user: User | None, progress: Progress = quiet) -> Backup:
    """Write the city into a new file of its backup folder; older ones than the last WANGGE_BACKUP_KEEP are removed.

    Not inside a transaction. A backup that fails removes nothing.
    """
    now = timezone.now()
    target = backup_folder(city.slug) / f"{now:%Y%m%dT%H%M%S.%fZ}{SUFFIX}"
    export_city(city=city, target=target, acting_user=acting_user, progress=progress, action="city.backup")
    City.objects.filter(pk=city.pk).update(backed_up_at=now)
    for old in backups_of(city.slug)[settings.WANGGE_BACKUP_KEEP :]:
        (target.parent / old.name).unlink(missing_ok=True)
    return Backup(target.name, target.stat().st_size, now)


def backup_cities(
    *, acting_user: User | None = None, slugs: list[str] | None = None
) -> dict[str, str | None]:
    """Back up every city, or those named; each short name with its file, or None where it failed."""
    outcome: dict[str, str | None] = {}
    for city in City.objects.order_by("id"):
        if slugs is not None and city.slug not in slugs:
            continue
        try:
            outcome[city.slug] = backup_city(city=city, acting_user=acting_user).name
        except Exception:
            log.exception("city %s was not backed up", city.slug)
            outcome[city.slug] = None
    return outcome


def put_backups_aside(slug: str) -> Path | None:
    """Let the backups of a dropped city stand where a new one of its name neither restores nor replaces them.

    Where that is, None when there are none; no short name holds a dash.
    """
    folder = backup_folder(slug)
    try:
        return folder.rename(folder.with_name(f"{slug}-before-{timezone.now():%Y%m%dT%H%M%S.%fZ}"))
    except FileNotFoundError:
        return None


def remove_old_exports(*, now: datetime) -> int:
    """Delete exports that nobody needs to fetch any more: each holds all personal data of a city; their number."""
    oldest = (now - EXPORT_KEPT_FOR).timestamp()
    old = [
        path
        for path in Path(settings.WANGGE_EXPORT_DIR).glob(f"*/*{SUFFIX}")
        if path.stat().st_mtime < oldest
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def backup_path(slug: str, name: str) -> Path:
    """The file of one of the city's backups; 404 for what is none of them."""
    if name not in {backup.name for backup in backups_of(slug)}:
        raise not_found("备份", "backup")
    return backup_folder(slug) / name
