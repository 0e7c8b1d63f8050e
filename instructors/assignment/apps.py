"""Who teaches where and when in one city."""

from django.apps import AppConfig


class AssignmentConfig(AppConfig):
    """Sites, bookings, and which instructor serves which site."""

    name = "instructors.assignment"
    label = "assignment"
    default_auto_field = "django.db.models.BigAutoField"
