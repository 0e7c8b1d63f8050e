"""The shell as a Django app, so that its management commands are found."""

from django.apps import AppConfig


class ShellConfig(AppConfig):
    """Wires the floors together; holds no table."""

    name = "wangge.shell"
    label = "shell"
