"""What runs here: versions, migrations the database lacks, workers that beat, jobs that wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tenants.registry.models import CityStamp
from tenants.registry.queries import cities
from tenants.registry.services.receiving import own_receiving_key

WORKER_SILENT_AFTER = timedelta(seconds=30)

_DATABASE = """
SELECT current_setting('server_version'), postgis_lib_version(), pg_database_size(current_database()),
       (SELECT count(*) FROM public.procrastinate_jobs
         WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now())"""
_WORKERS = "SELECT id, last_heartbeat FROM public.procrastinate_workers ORDER BY id"


@dataclass(frozen=True, slots=True)
class InstallationState:
    """The installation as of a moment."""

    version: str
    postgresql_version: str
    postgis_version: str
    database_bytes: int
    jobs_waiting: int
    migrations_missing: list[str]
    stamp_dumped_at: datetime | None
    cities: int
    workers: list[dict[str, Any]]
    receiving_key: str


def installation_state(now: datetime) -> InstallationState:
    """Versions of code and database, and whether the one fits the other."""
    with connection.cursor() as cursor:
        cursor.execute(_DATABASE)
        server, postgis, size, waiting = cursor.fetchone()
        cursor.execute(_WORKERS)
        workers = [
            {"id": row[0], "last_heartbeat": row[1], "is_alive": now - row[1] <= WORKER_SILENT_AFTER}
            for row in cursor.fetchall()
        ]
    return InstallationState(
        version=version("wangge"),
        postgresql_version=server,
        postgis_version=postgis,
        database_bytes=size,
        jobs_waiting=waiting,
        migrations_missing=migrations_missing(),
        stamp_dumped_at=CityStamp.objects.filter(pk=1).values_list("dumped_at", flat=True).first(),
        cities=cities().count(),
        workers=workers,
        receiving_key=own_receiving_key(),
    )


def migrations_missing() -> list[str]:
    """Migrations that the code knows and public has not applied, as `app.name`."""
    loader = MigrationLoader(connection)
    return sorted(
        f"{app}.{name}" for app, name in loader.graph.nodes if (app, name) not in loader.applied_migrations
    )
