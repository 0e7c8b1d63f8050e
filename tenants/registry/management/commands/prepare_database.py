"""Make or update logins, extensions, public tables and the stamp, and migrate every city."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.registry.management.commands.migrate_cities import Progress, summary
from tenants.registry.services import prepare_installation


class Command(BaseCommand):
    """Safe to run again; needs the admin login."""

    help = "创建或更新数据库角色、扩展、公共表与城市模板，并迁移所有城市（可重复执行）"

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring the database to this version; exit code 1 when a city could not be migrated."""
        outcome = prepare_installation(say=Progress(self.stderr))
        for failure in outcome.failures.values():
            self.stderr.write(f"{failure.city}: {failure.sqlstate} {failure.message}")
        if outcome.failures:
            raise CommandError(f"{summary(outcome)}; run again to take the cities that failed")
        self.stdout.write(f"数据库已就绪 / the database is ready ({summary(outcome)})")
