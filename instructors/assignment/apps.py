"""Who teaches where and when in one city."""

from django.apps import AppConfig


class AssignmentConfig(AppConfig):
    """Sites, bookings, and which instructor serves which site."""

    name = "instructors.assignment"
    label = "assignment"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the sites follow the layer they come from, and the communities they stand in."""
        from gis.layers.services.following import register_follower
        from instructors.assignment.services.sites import follow_layer

        register_follower(("fitness_sites", "communities"), follow_layer)
