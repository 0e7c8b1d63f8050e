"""Base grids of one city."""

from django.apps import AppConfig


class UnitsConfig(AppConfig):
    """Grid plans, base grids, leaders, review and publishing."""

    name = "grids.units"
    label = "units"
    default_auto_field = "django.db.models.BigAutoField"
