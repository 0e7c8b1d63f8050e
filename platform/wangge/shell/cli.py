"""The `wangge` command: Django's management commands under the product's own name."""

import os
import sys


def main() -> None:
    """Run a management command of the installed product."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.shell.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
