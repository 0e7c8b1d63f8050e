"""Fitness tests, screening, exercise prescriptions and sessions of one city."""

from django.apps import AppConfig


class WellnessConfig(AppConfig):
    """Fitness tests, screening, exercise prescriptions and sessions of one city."""

    name = "grids.wellness"
    label = "wellness"
    default_auto_field = "django.db.models.BigAutoField"
