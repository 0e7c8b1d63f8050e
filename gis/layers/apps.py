"""Map layers of one city."""

from django.apps import AppConfig


class LayersConfig(AppConfig):
    """Communities, buildings, compounds, streets, barriers, fitness sites. (`gis` is Django's own label.)"""

    name = "gis.layers"
    label = "citylayers"
    default_auto_field = "django.db.models.BigAutoField"
