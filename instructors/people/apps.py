"""The register of social sports instructors of one city."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Who may teach what: grades, certificates, registrations, services, free times."""

    name = "instructors.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
