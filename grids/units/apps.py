"""Base grids of one city."""

from django.apps import AppConfig


class UnitsConfig(AppConfig):
    """Grid plans, base grids, leaders, review and publishing."""

    name = "grids.units"
    label = "units"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the layers which of their imports published plans stand on."""
        from gis.layers.queries.bearing import register_bearing
        from grids.units.queries.standing_on_imports import published_plans_on

        register_bearing(published_plans_on)
