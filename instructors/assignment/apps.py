"""Who teaches where and when in one city."""

from django.apps import AppConfig


class AssignmentConfig(AppConfig):
    """Sites, bookings, and which instructor serves which site."""

    name = "instructors.assignment"
    label = "assignment"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the sites follow the layer they come from, and the communities they stand in; name whom that concerns."""
        from gis.layers.queries.naming import register_namer
        from gis.layers.services.following import register_follower
        from instructors.assignment.queries.names import findings_for
        from instructors.assignment.services.sites import follow_layer

        register_follower(("fitness_sites", "communities"), follow_layer)
        register_namer(findings_for)
