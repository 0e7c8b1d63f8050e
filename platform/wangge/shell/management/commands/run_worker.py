"""Run background jobs."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from wangge.shell.runner import run_one_job
from wangge.shell.worker import run


class Command(BaseCommand):
    """A worker over the queues of its login: the worker's, or the operator's long work."""

    help = "运行后台任务 / run background jobs"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--job` is how a worker runs one job in a process of its own."""
        parser.add_argument("--job", type=int, default=None, help="for the worker itself")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGINT or SIGTERM, or run one job and say by the exit code how it went."""
        if options["job"] is not None:
            sys.exit(run_one_job(options["job"]))
        run(settings.WANGGE_LOGIN)
