"""Run background jobs."""

from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app

from wangge.shell.runner import in_city


class Command(BaseCommand):
    """A worker over all queues, until it is told to stop."""

    help = "运行后台任务 / run background jobs"

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGINT or SIGTERM."""
        connector = app.connector.get_worker_connector()
        with app.replace_connector(connector) as worker_app:
            worker_app.run_worker(task_middleware=[in_city], install_signal_handlers=True)
