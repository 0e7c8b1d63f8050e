"""Make or update logins, extensions, public tables and the stamp."""

from typing import Any

from django.core.management.base import BaseCommand

from tenants.registry.services import prepare_installation


class Command(BaseCommand):
    """Safe to run again; needs the admin login."""

    help = "创建或更新数据库角色、扩展、公共表与城市模板（可重复执行）"

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring the database to this version."""
        prepare_installation()
        self.stdout.write("数据库已就绪 / the database is ready")
