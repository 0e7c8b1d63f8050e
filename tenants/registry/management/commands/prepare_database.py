"""Make or update logins, extensions, public tables and the stamp, and migrate every city."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.registry.management.commands.migrate_cities import Progress, summary
from tenants.registry.services import prepare_installation
from wangge.kernel.sealing import NotOpened

ANOTHER_KEY = (
    "本数据库是用另一把 WANGGE_DATA_KEY 建立的，其中加密的数据打不开：请放回原来的密钥（开发环境为原来的 .local/env）；"
    "不再需要这些数据时，用 ./dev clean 清除后重新开始 / this database was made under another WANGGE_DATA_KEY and what is "
    "sealed in it cannot be opened: put that key back (with ./dev: the .local/env of then), or, if its data are not wanted, "
    "begin anew after ./dev clean"
)


class Command(BaseCommand):
    """Safe to run again; needs the admin login."""

    help = "创建或更新数据库角色、扩展、公共表与城市模板，并迁移所有城市（可重复执行）"

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring the database to this version; exit code 1 when a city could not be migrated."""
        try:
            outcome = prepare_installation(say=Progress(self.stderr))
        except NotOpened as fault:
            raise CommandError(ANOTHER_KEY) from fault
        for failure in outcome.failures.values():
            self.stderr.write(f"{failure.city}: {failure.sqlstate} {failure.message}")
        if outcome.failures:
            raise CommandError(f"{summary(outcome)}; run again to take the cities that failed")
        self.stdout.write(f"数据库已就绪 / the database is ready ({summary(outcome)})")
