"""The registry of cities."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Cities, domains, the stamp that new cities are made with."""

    name = "tenants.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"
